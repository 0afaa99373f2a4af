"""Mail as it travels: over real SMTP and IMAP, by the real worker and the real command of a mail server."""

import contextlib
import imaplib
import os
import re
import signal
import smtplib
import socket
import ssl
import subprocess
import time
from email.message import EmailMessage
from email.utils import format_datetime, localtime

import pytest
from django.core import mail as django_mail
from django.core.management import CommandError, call_command
from django.db import OperationalError

from members.tokens import read_reply_address, reply_address
from pmo_cmo import mailbox, mailing
from pmo_cmo.mail_in import LARGEST, Outcome
from tests.factories import again, member, reply, start
from tests.mail_servers import HOST, PASSWORD, USER, Certificate, Mailbox, MailServer, manage
from tests.people import run_jobs
from threads.models import Post

PATIENCE = 60  # seconds until a step that never comes fails the test
SITE = "http://127.0.0.1:8000"


@pytest.fixture(autouse=True)
def _has_an_address(settings):
    settings.REPLY_ADDRESS = "reply@portal.example"


@pytest.fixture
def thread(bea):
    return start(bea, title="Where does a PMO end?").thread


@pytest.fixture
def certificate(tmp_path):
    return Certificate.made_in(tmp_path)


@contextlib.contextmanager
def worker(folder, **given):
    """`manage.py worker`, as `make run` and process managers start it."""
    with subprocess.Popen(**manage(folder, "worker", **given)) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)


def until(is_so):
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def pipe(folder, **given):
    """`manage.py read_mail`, as a mail server calls it: returns the code it ends with."""

    def hand_over(raw, recipient):
        command = manage(folder, "read_mail", "--to", recipient, **{"REPLY_ADDRESS": "reply@portal.example", **given})
        done = subprocess.run(**command, input=raw, capture_output=True, check=False, timeout=PATIENCE)
        return done.returncode

    return hand_over


def answer_to(mail, body, *, sender="Bea Bell <bea@example.org>"):
    """What a mail program makes of “Reply”: the text above, the mail that is answered below, a signature."""
    answer = EmailMessage()
    answer["From"], answer["To"] = sender, mail["Reply-To"]
    answer["Subject"] = "Re: " + mail["Subject"].removeprefix("Re: ")
    answer["Date"], answer["Message-ID"] = format_datetime(localtime()), "<answer-1@example.org>"
    answer["In-Reply-To"] = mail["Message-ID"]
    answer["References"] = f"{mail['References'] or ''} {mail['Message-ID']}".strip()
    quoted = "".join(f"> {line}\n" for line in text_of(mail).splitlines())
    answer.set_content(f"{body}\n\n-- \nBea Bell\nHead of PMO\n\nOn Mon, 23 Nov 2026 at 09:12, Carl wrote:\n\n{quoted}")
    return answer


def text_of(mail):
    return mail.get_body(["plain"]).get_content()


def post_by_smtp(port, mail):
    with smtplib.SMTP(HOST, port, timeout=PATIENCE) as server:
        server.send_message(mail)


# --- There and back ---------------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_a_notification_leaves_by_smtp_and_the_answer_to_it_arrives_as_a_post(thread, bea, carl, certificate, tmp_path):
    first = reply(thread, carl, body="It ends where *change* begins, in Zürich as well.")
    outgoing = MailServer()
    with outgoing.listening(certificate) as port:
        operator_sets = {
            "EMAIL_HOST": HOST,
            "EMAIL_PORT": str(port),
            "EMAIL_HOST_USER": USER,
            "EMAIL_HOST_PASSWORD": PASSWORD,
            "SSL_CERT_FILE": str(certificate.path),
            "DEFAULT_FROM_EMAIL": "portal@portal.example",
            "REPLY_ADDRESS": "reply@portal.example",
        }
        with worker(tmp_path, **operator_sets):
            until(lambda: outgoing.received)
    (came,) = outgoing.received
    assert came.login == USER
    assert came.recipients == ["bea@example.org"]
    assert read_reply_address(came.sender).thread == 0, "what comes back says whose it was"
    check_notification(came.mail, thread, first)

    incoming = MailServer(pipe=pipe(tmp_path))
    with incoming.listening() as port:
        answer = answer_to(came.mail, "With the mandate – and never “before” it.")
        post_by_smtp(port, answer)
        post_by_smtp(port, answer)
    assert incoming.codes == [os.EX_OK, os.EX_OK]
    post = Post.objects.get(thread=thread, number=3)
    assert (post.author, post.body) == (bea, "With the mandate – and never “before” it.")
    assert thread.posts.count() == 3, "a mail that is delivered twice is one post"


def check_notification(mail, thread, post):
    bea = thread.starter
    (sender,) = mail["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("Carl Cole · PMO/CMO", "portal@portal.example")
    assert mail["Subject"] == "Re: Where does a PMO end?"
    assert mail["Message-ID"] == f"<post-{post.pk}.{bea.pk}@127.0.0.1>"
    assert mail["In-Reply-To"] == mail["References"] == f"<thread-{thread.pk}.{bea.pk}@127.0.0.1>"
    assert mail["Reply-To"] == reply_address(bea.pk, thread.pk)
    assert re.fullmatch(rf"<{SITE}/mail/stop/[^>\s]+/>", mail["List-Unsubscribe"].strip())
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"]
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert "It ends where change begins, in Zürich as well." in text_of(mail)
    assert "<em>change</em> begins, in Zürich" in mail.get_body(["html"]).get_content()
    assert f"{SITE}/posts/{post.pk}/" in text_of(mail)


# --- What the command tells a mail server -----------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_a_mail_server_tries_again_while_the_database_is_away(thread, bea, carl, tmp_path):
    with socket.create_server((HOST, 0)) as nobody:
        away = {"DATABASE_URL": f"postgresql://nobody@{HOST}:{nobody.getsockname()[1]}/none"}
    server = MailServer(pipe=pipe(tmp_path, **away))
    mail = EmailMessage()
    mail["Message-ID"], mail["Reply-To"], mail["Subject"] = "<x@y>", reply_address(bea.pk, thread.pk), "Where?"
    mail.set_content("Where does it end?")
    answer = answer_to(mail, "At the handover.")
    with server.listening() as port:
        with pytest.raises(smtplib.SMTPDataError) as later:
            post_by_smtp(port, answer)
        assert (later.value.smtp_code, server.codes) == (451, [os.EX_TEMPFAIL])
        server.pipe = pipe(tmp_path)
        post_by_smtp(port, answer)
    assert Post.objects.get(thread=thread, number=2).body == "At the handover."


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"From": "Mallory <mallory@example.org>"}, os.EX_OK),
        ({"To": "reply+1.1.aaaaaaaaaaaaaaaa@portal.example"}, os.EX_NOUSER),
        ({"Subject": "x" * LARGEST}, os.EX_DATAERR),
    ],
    ids=["forged", "unknown", "too large"],
)
def test_what_is_done_with_is_not_given_again(thread, bea, tmp_path, change, code):
    mail = {"From": "bea@example.org", "To": reply_address(bea.pk, thread.pk), "Message-ID": "<1@example.org>"} | change
    raw = "".join(f"{name}: {said}\n" for name, said in mail.items()) + "\nAt the handover.\n"
    assert pipe(tmp_path)(raw.encode(), mail["To"]) == code
    assert thread.posts.count() == 1


@pytest.mark.parametrize(
    "given",
    [
        {"REPLY_ADDRESS": ""},
        {"SITE_URL": "http://portal.example"},
        {"DATABASE_URL": "", "PORTAL_VAR": "/dev/null/nowhere"},
    ],
)
def test_a_portal_that_is_set_up_wrongly_sends_no_answer_back_as_undeliverable(tmp_path, given):
    assert pipe(tmp_path, **given)(b"From: a@example.org\n\nHello.\n", "reply+1.1.a@portal.example") == os.EX_TEMPFAIL


# --- Addresses that fail ----------------------------------------------------------------------------------------------
@pytest.fixture
def mail_server(settings):
    server = MailServer()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with server.listening() as port:
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = HOST, port, False
        yield server


@pytest.mark.django_db
def test_an_address_that_the_server_refuses_for_good_is_held_back_after_five_times(thread, bea, carl, mail_server):
    mail_server.refuses["bea@example.org"] = "550 5.1.1 no such user"
    for failures in range(5):
        assert (again(bea).mail_failures, again(bea).mail_held_at) == (failures, None)
        reply(thread, carl)
        mailing.send_due()
    assert again(bea).mail_held_at
    mail_server.refuses.clear()
    reply(thread, carl)
    mailing.send_due()
    assert mail_server.received == []


@pytest.mark.django_db
def test_an_address_that_the_server_refuses_for_now_gets_its_mail_later_and_costs_no_other(
    thread, bea, carl, mail_server
):
    mail_server.refuses["bea@example.org"] = "451 4.7.1 greylisted, come again"
    reply(thread, carl)
    reply(start(member("dora")).thread, carl)
    mailing.send_due()
    assert [came.recipients for came in mail_server.received] == [["dora@example.org"]]
    assert (again(bea).mail_failures, again(bea).mail_held_at) == (0, None)
    mail_server.refuses.clear()
    bea.notifications.update(mailing_at=None)
    mailing.send_due()
    assert mail_server.received[-1].recipients == ["bea@example.org"]
    assert again(bea).mail_failures == 0


# --- A mailbox --------------------------------------------------------------------------------------------------------
def raw_answer(bea, thread, number, body=None):
    body = body or f"Answer {number}."
    heads = f"From: bea@example.org\r\nTo: {reply_address(bea.pk, thread.pk)}\r\nMessage-ID: <{number}@example.org>\r\n"
    return f"{heads}\r\n{body}\r\n".encode()


@contextlib.contextmanager
def reading(box, settings, *, certificate=None):
    with box.listening(certificate) as port:
        settings.REPLY_MAILBOX = {
            "host": HOST,
            "port": port,
            "user": USER,
            "password": PASSWORD,
            "folder": "INBOX",
            "tls": certificate is not None,
        }
        yield


def answers(thread):
    return list(thread.posts.filter(number__gt=1).order_by("number").values_list("body", flat=True))


@pytest.mark.django_db
def test_answers_in_a_mailbox_become_posts_each_once(thread, bea, settings):
    box = Mailbox(raw_answer(bea, thread, 1), b"\x00\xff no mail at all", raw_answer(bea, thread, 2))
    with reading(box, settings):
        assert mailbox.read_mailbox() == {Outcome.POSTED: 2, Outcome.UNKNOWN: 1}
        assert mailbox.read_mailbox() == {}
    assert answers(thread) == ["Answer 1.", "Answer 2."]
    assert box.flags() == [["\\Seen"]] * 3


@pytest.mark.django_db
@pytest.mark.parametrize("command", ["UID SEARCH", "UID FETCH 8 (RFC", "UID FETCH 8 (BODY", "UID STORE 8"])
def test_a_line_that_is_cut_loses_and_doubles_nothing(thread, bea, settings, command):
    forged = raw_answer(bea, thread, 2).replace(b"From: bea", b"From: mallory")
    box = Mailbox(raw_answer(bea, thread, 1), forged, raw_answer(bea, thread, 3))
    box.hangs_up[command] = 1
    with reading(box, settings):
        with pytest.raises((OSError, imaplib.IMAP4.error)):
            mailbox.read_mailbox()
        assert ["\\Seen"] not in box.flags()[1:]
        mailbox.read_mailbox()
    assert answers(thread) == ["Answer 1.", "Answer 3."]
    assert box.flags() == [["\\Seen"]] * 3
    run_jobs()
    assert len(django_mail.outbox) == 1, "she is told once of what was not posted"


@pytest.mark.django_db
def test_a_mail_that_is_too_large_or_odd_is_left_and_flagged(thread, bea, settings, monkeypatch, caplog):
    box = Mailbox(raw_answer(bea, thread, 1, "x" * 5000), raw_answer(bea, thread, 2), raw_answer(bea, thread, 3))
    take = mailbox.receive

    def odd(raw):
        if b"Answer 2" in raw:
            raise ValueError("odd")
        return take(raw)

    monkeypatch.setattr(mailbox, "LARGEST", 4000)
    monkeypatch.setattr(mailbox, "receive", odd)
    with reading(box, settings):
        assert mailbox.read_mailbox() == {Outcome.IGNORED: 2, Outcome.POSTED: 1}
    assert box.flags() == [["\\Flagged", "\\Seen"], ["\\Flagged", "\\Seen"], ["\\Seen"]]
    assert "too large" in caplog.text
    assert "could not be read" in caplog.text


@pytest.mark.django_db
def test_a_mail_stays_unseen_while_the_database_is_away(thread, bea, settings, monkeypatch):
    def away(_raw):
        raise OperationalError("gone")

    box = Mailbox(raw_answer(bea, thread, 1))
    with reading(box, settings), monkeypatch.context() as patched:
        patched.setattr(mailbox, "receive", away)
        with pytest.raises(OperationalError):
            mailbox.read_mailbox()
    assert box.flags() == [[]]


@pytest.mark.django_db
def test_the_command_says_what_became_of_each_mail_or_what_is_missing(thread, bea, settings, capsys):
    with pytest.raises(CommandError, match="REPLY_IMAP_HOST"):
        call_command("read_mailbox")
    with reading(Mailbox(raw_answer(bea, thread, 1)), settings):
        call_command("read_mailbox")
    assert "1 posted" in capsys.readouterr().out


@pytest.mark.django_db
def test_a_mail_that_the_server_does_not_give_stays_unseen_and_keeps_no_other_waiting(
    thread, bea, settings, monkeypatch
):
    monkeypatch.setattr(mailbox, "MOST", 1)
    box = Mailbox(raw_answer(bea, thread, 1), raw_answer(bea, thread, 2))
    box.refuses = {"UID FETCH 7 (BODY"}
    with reading(box, settings):
        mailbox.read_mailbox()
        assert box.flags() == [[], ["\\Seen"]]
        box.refuses.clear()
        mailbox.read_mailbox()
    assert answers(thread) == ["Answer 2.", "Answer 1."]


@pytest.mark.django_db
def test_a_mailbox_that_cannot_be_searched_is_not_taken_for_an_empty_one(thread, bea, settings):
    box = Mailbox(raw_answer(bea, thread, 1))
    box.refuses = {"UID SEARCH"}
    with reading(box, settings), pytest.raises(imaplib.IMAP4.error, match="cannot be searched"):
        mailbox.read_mailbox()


@pytest.mark.django_db
def test_a_password_goes_only_to_a_mail_server_that_says_who_it_is(thread, bea, settings, certificate, monkeypatch):
    box = Mailbox(raw_answer(bea, thread, 1))
    with reading(box, settings, certificate=certificate):
        with pytest.raises(ssl.SSLCertVerificationError):
            mailbox.read_mailbox()
        assert box.commands == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
        assert mailbox.read_mailbox() == {Outcome.POSTED: 1}
    assert any(command.startswith("LOGIN") for command in box.commands)
