"""Answers by mail: what mail programs send becomes a post of what was written, once; machines and forgers get none."""

from email import message_from_bytes, policy
from pathlib import Path
from uuid import uuid4

import pytest
from django.core import mail
from hypothesis import given, strategies as st

from markup.replies import text_of_html, written
from members.models import Member
from members.tokens import reply_address
from pmo_cmo.mail_in import LONGEST_TEXT, Outcome, receive
from tests import factories
from tests.factories import again, member, reply, start
from tests.people import run_jobs
from threads.actions import moderation, posting
from threads.models import Post

pytestmark = pytest.mark.django_db
SAMPLES = Path(__file__).parent / "data" / "mail"


@pytest.fixture(autouse=True)
def _has_an_address(settings):
    settings.REPLY_ADDRESS = "reply@portal.example"


@pytest.fixture
def thread(bea):
    thread = start(bea, title="Where does a PMO end?").thread
    reply(thread, member("carl"))
    return thread


def sample(name, bea, thread):
    return (SAMPLES / f"{name}.eml").read_bytes().replace(b"REPLY", reply_address(bea.pk, thread.pk).encode())


def a_mail(bea, thread, body="It ends at the handover.", **heads):
    message = message_from_bytes(b"", policy=policy.default)
    heads = {
        "From": "Bea Bell <bea@example.org>",
        "To": reply_address(bea.pk, thread.pk),
        "Subject": "Re: Where does a PMO end?",
        "Message-ID": "<one@example.org>",
    } | {name.replace("_", "-"): value for name, value in heads.items()}
    for name, value in heads.items():
        message[name] = value
    message.set_content(body)
    return message.as_bytes()


def last(thread):
    return thread.posts.order_by("-number").first()


def told():
    """What senders were told by mail."""
    run_jobs()
    return [message.body for message in mail.outbox]


# --- What mail programs send ------------------------------------------------------------------------------------------
WRITTEN = {
    "gmail": (
        "I think it ends at the handover. In our house the PMO keeps the plan and the change office keeps the people."
        "\n\n- first the plan\n- then the people"
    ),
    "outlook": (
        "It ends where the budget ends. We tried to move the line twice and both times finance moved it back."
        "\n\nWhat did you do about reporting?"
    ),
    "outlook_html": "Nur in HTML geschrieben.\n\nZweiter Absatz mit & und <spitzen> Klammern.",
    "apple": "We ask the sponsor. Nobody else can say it – and “nobody else” means nobody.",
    "german": (
        "Bei uns endet es mit der Übergabe an die Linie, und zwar schriftlich, sonst fängt jeder wieder von vorne an."
        "\n\nEin zweiter Absatz."
    ),
    "interleaved": ("> Where does it begin?\n\nWith the mandate.\n\n> And where does it end?\n\nWith the handover."),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_an_answer_becomes_a_post_of_what_was_written(name, bea, thread):
    if name == "interleaved":
        WRITTEN[name] = WRITTEN[name].removeprefix("> Where does it begin?\n\n")
    assert receive(sample(name, bea, thread)) is Outcome.POSTED
    post = last(thread)
    assert post.body == WRITTEN[name]
    assert (post.author, post.author_name) == (bea, "Bea Bell")
    assert told() == []


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Yes.\n\nEl lun, 23 nov 2026 a las 9:58, Carl (<p@x.example>) escribió:\n\n> No?", "Yes."),
        ("Oui.\n\nLe lun. 23 nov. 2026 à 09:58, Carl <p@x.example> a écrit :\n\n> Non ?", "Oui."),
        ("Yes.\n\n-----Original Message-----\nFrom: Carl\nSent: today\n\nNo?", "Yes."),
        ("Ja.\n\n-----Ursprüngliche Nachricht-----\nVon: Carl\n\nNein?", "Ja."),
        ("Ja.\n\nVon meinem iPhone gesendet", "Ja."),
        ("Yes.\n\n--\nBea Bell\nHead of PMO", "Yes."),
        ("Yes.\n\nOn a line by itself we wrote:\nnothing", "Yes.\n\nOn a line by itself we wrote:\nnothing"),
        ("From: a point of view\nI would say no.", "From: a point of view\nI would say no."),
        ("Two lines\nof a poem", "Two lines\nof a poem"),
        ("```\ncode that is long enough to reach the end of what a mail program takes for a\nline\n```", None),
        ("* one\n* two", "* one\n* two"),
        ("――――――――\nabove is nothing", ""),
        ("> only a quotation", ""),
        ("", ""),
    ],
)
def test_what_is_taken_for_written(text, kept):
    assert written(text) == (text if kept is None else kept)


@given(st.text(alphabet="ab >\n-:Onwrote_", max_size=300))
def test_no_word_is_made_up_and_no_mail_is_too_odd(text):
    kept = written(text)
    assert set(kept.split()) <= set(text.split())
    assert written(text, is_flowed=True) is not None


@given(st.text(alphabet="<>/divpabr \n&lt;blockquote", max_size=200))
def test_no_html_is_too_odd(html):
    assert isinstance(text_of_html(html), str)


@pytest.mark.parametrize("piece", ["<!--", "<?", "</", "</a ", '<a b="', "<![<![", "<blockquote>x", "&#", "<div>x"])
def test_long_html_of_one_piece_is_read_to_its_end(piece):
    """Python's own reader, which once read it, takes minutes for some and stops at others."""
    assert len(text_of_html(piece * (LONGEST_TEXT // len(piece)))) < 10 * LONGEST_TEXT


# --- Once ---------------------------------------------------------------------------------------------------------
def test_a_second_delivery_makes_no_second_post_even_with_other_words_around(bea, thread):
    first = a_mail(bea, thread)
    assert receive(first) is Outcome.POSTED
    assert receive(first) is Outcome.POSTED
    assert receive(a_mail(bea, thread, body="It ends at the handover.\n\nA footer of a server.")) is Outcome.POSTED
    assert Post.objects.filter(author=bea, message_id="<one@example.org>").count() == 1
    assert thread.posts.count() == 3


def test_a_very_long_message_id_and_none_are_kept_apart_all_the_same(bea, thread):
    for number in range(2):
        long = a_mail(bea, thread, body=f"Long {number}.", Message_ID=f"<{'x' * 300}{number}@example.org>")
        none = a_mail(bea, thread, body=f"None {number}.", Message_ID="")
        for raw in (long, long, none, none):
            assert receive(raw) is Outcome.POSTED
    assert thread.posts.count() == 6


# --- Who may not ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "heads",
    [
        {"Auto-Submitted": "auto-replied"},
        {"Auto-Submitted": "auto-generated (vacation)"},
        {"Precedence": "bulk"},
        {"Precedence": "list"},
        {"List-Id": "<a.list.example>"},
        {"Return-Path": "<>"},
        {"X-Autoreply": "yes"},
    ],
)
def test_a_machines_mail_makes_no_post_and_no_answer(bea, thread, heads):
    raw = "".join(f"{name}: {value}\n" for name, value in heads.items()).encode() + a_mail(bea, thread)
    assert receive(raw) is Outcome.IGNORED
    assert (thread.posts.count(), told()) == (2, [])


@pytest.mark.parametrize(
    "sender",
    [
        "mallory@example.org",
        "Bea Bell <mallory@example.org>",
        "bea@example.org, m@example.org",
        "bea@example.orgg",
        "",
    ],
)
def test_a_mail_from_another_address_is_not_posted_and_the_member_is_told(bea, thread, sender):
    assert receive(a_mail(bea, thread, body="canary", From=sender)) is Outcome.TOLD
    assert thread.posts.count() == 2
    (words,) = told()
    assert mail.outbox[0].to == ["bea@example.org"]
    assert "not from your own address" in words
    assert "canary" not in words


def test_an_address_is_bound_to_its_member_and_thread(bea, thread):
    other = start(member("dora")).thread
    address = reply_address(bea.pk, thread.pk).replace(f".{thread.pk}.", f".{other.pk}.")
    assert receive(a_mail(bea, thread, To=address)) is Outcome.UNKNOWN
    assert receive(a_mail(bea, thread, To="reply@portal.example")) is Outcome.UNKNOWN
    Member.objects.filter(pk=bea.pk).update(is_active=False)
    assert receive(a_mail(bea, thread)) is Outcome.UNKNOWN
    assert Post.objects.count() == 3


def test_whom_the_mail_server_has_it_for_counts_before_what_stands_in_it(bea, thread):
    raw = a_mail(bea, thread, To="somebody@example.org")
    assert receive(raw) is Outcome.UNKNOWN
    assert receive(raw, recipient=reply_address(bea.pk, thread.pk)) is Outcome.POSTED


def test_a_capital_letter_somewhere_in_an_address_changes_nothing(bea, thread):
    raw = a_mail(bea, thread, To=reply_address(bea.pk, thread.pk).upper(), From="BEA@Example.org")
    assert receive(raw) is Outcome.POSTED


# --- What cannot be posted --------------------------------------------------------------------------------------------
def _lock(thread, _bea):
    moderation.lock(thread, by=factories.moderator(), reason="Enough.")


def _hide(thread, _bea):
    Post.objects.filter(thread=thread, number=1).update(author=None)
    type(thread).objects.filter(pk=thread.pk).update(starter=None)
    moderation.hide_thread(thread, by=factories.moderator(), reason="Enough.")


def _withhold(thread, bea):
    posting.reply(thread, by=bea, body="Between us.", token=uuid4(), shown_as="withheld")


@pytest.mark.parametrize(
    ("before", "said"),
    [(_lock, "has locked"), (_hide, "no longer shown"), (_withhold, "not show all of who you are")],
)
def test_who_cannot_post_is_told_why_and_gets_the_text_back(bea, thread, before, said):
    before(thread, bea)
    count = thread.posts.count()
    assert receive(a_mail(bea, thread, body="Words of mine.")) is Outcome.TOLD
    (words,) = told()
    assert said in words
    assert "Words of mine." in words
    assert thread.posts.count() == count


@pytest.mark.parametrize(
    ("body", "said"),
    [("", "no text of its own"), ("> all quoted\n", "no text of its own"), ("far too long " * 6000, "not posted")],
)
def test_what_is_empty_or_too_long_is_told(bea, thread, body, said):
    assert receive(a_mail(bea, thread, body=body)) is Outcome.TOLD
    assert said in told()[0]
    assert thread.posts.count() == 2


def test_a_mail_that_is_given_twice_is_answered_once(bea, thread):
    raw = a_mail(bea, thread, From="mallory@example.org")
    assert receive(raw) is receive(raw) is Outcome.TOLD
    assert len(told()) == 1


def test_attachments_are_left_out_with_a_word(bea, thread):
    message = message_from_bytes(a_mail(bea, thread), policy=policy.default)
    message.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="plan.pdf")
    assert receive(message.as_bytes()) is Outcome.POSTED
    assert last(thread).body == "It ends at the handover."
    assert "without 1 attachment." in told()[0]


def test_an_unknown_encoding_is_read_as_far_as_it_goes(bea, thread):
    raw = a_mail(bea, thread).replace(b'charset="utf-8"', b'charset="x-nobody-knows"')
    assert receive(raw) is Outcome.POSTED


def test_script_in_a_mail_is_text(bea, thread):
    receive(a_mail(bea, thread, body="<script>alert(1)</script> & more"))
    assert "<script>" not in last(thread).body_html


# --- What comes back --------------------------------------------------------------------------------------------------
BOUNCE = """Return-Path: <>
From: MAILER-DAEMON@example.org
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I could not deliver it.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; bea@example.org
Action: {action}
Status: 5.1.1
--b--
"""


def test_mails_that_come_back_are_counted_until_no_more_go_there(bea, thread):
    for number in range(5):
        raw = BOUNCE.format(to=reply_address(bea.pk, 0), action="failed").encode()
        raw = f"Message-ID: <{number}@mx.example.org>\n".encode() + raw
        assert receive(raw) is receive(raw) is Outcome.BOUNCED
        assert again(bea).mail_failures == number + 1, "one that is given twice is counted once"
    assert again(bea).mail_held_at
    assert told() == []


def test_a_mail_that_is_only_late_is_not_counted(bea, thread):
    raw = BOUNCE.format(to=reply_address(bea.pk, 0), action="delayed").encode()
    assert receive(raw) is Outcome.IGNORED
    assert again(bea).mail_failures == 0
