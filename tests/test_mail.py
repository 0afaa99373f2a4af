"""Mail about what members follow: what it says, how it ends, that none is lost, doubled, or says what was hidden."""

import re
import smtplib
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from members.actions import inbox, mailing as claims
from members.models import Member, Notification
from members.tokens import read_reply_address, reply_address, stop_token
from pmo_cmo import mailing
from tests import factories
from tests.factories import again, member, reply, start
from threads.actions import following, moderation, posting
from threads.models import Follow, Tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def thread(bea):
    return start(bea, title="Where does a PMO end?").thread


def sent():
    """What goes out now."""
    before = len(mail.outbox)
    mailing.send_due()
    return mail.outbox[before:]


def html_of(message):
    return message.alternatives[0][0]


# --- One by one -------------------------------------------------------------------------------------------------------
def test_a_reply_is_mailed_once_as_text_and_html(thread, carl, settings):
    post = reply(thread, carl, body="It ends where *change* begins. <b>Not bold</b>")
    (message,) = sent()
    assert message.to == ["bea@example.org"]
    assert message.subject == "Re: Where does a PMO end?"
    assert message.extra_headers["From"] == f'"Carl Cole · PMO/CMO" <{settings.DEFAULT_FROM_EMAIL}>'
    assert message.message()["From"].endswith(f" <{settings.DEFAULT_FROM_EMAIL}>")
    assert "It ends where change begins." in message.body
    assert f"{settings.SITE_URL}/posts/{post.pk}/" in message.body
    assert "<em>change</em>" in html_of(message)
    assert "&lt;b&gt;Not bold" in html_of(message)
    assert sent() == []


def test_mails_of_a_thread_stand_together_in_a_mail_program(bea, carl):
    following.follow(by=bea, level="all", person=carl)
    opening = start(carl, title="A new one")
    (first,) = sent()
    following.follow(by=bea, level="all", thread=opening.thread)
    second, third = reply(opening.thread, carl, body="One."), reply(opening.thread, carl, body="Two.")
    answers = sent()
    root = first.extra_headers["Message-ID"]
    assert first.subject == "A new one"
    assert "In-Reply-To" not in first.extra_headers
    assert [each.extra_headers["In-Reply-To"] for each in answers] == [root, root]
    assert [each.extra_headers["References"] for each in answers] == [root, root]
    ids = {each.extra_headers["Message-ID"] for each in [first, *answers]}
    assert len(ids) == 3
    assert {f"<post-{second.pk}.{bea.pk}@127.0.0.1>", f"<post-{third.pk}.{bea.pk}@127.0.0.1>"} < ids


def test_a_mail_says_to_machines_what_it_is(thread, carl):
    reply(thread, carl)
    headers = sent()[0].message()
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["List-Id"]


def test_a_mail_fetches_nothing(thread, carl):
    reply(thread, carl, body="See ![a plan](https://tracker.example/p.png) and /about/ and [here](/threads/1/).")
    html = html_of(sent()[0])
    assert not re.search(r"<(img|link|script|iframe|video)|src=|url\(|@import", html)
    assert 'href="/' not in html


def test_a_title_with_odd_characters_is_one_line_of_the_subject(bea, carl):
    following.follow(by=bea, level="all", person=carl)
    start(carl, title="Emoji 🦉 — and “quotes”, عربي")
    assert sent()[0].message()["Subject"]
    assert mail.outbox[0].subject == "Emoji 🦉 — and “quotes”, عربي"


@pytest.mark.parametrize(
    "change",
    [
        {"mail_rhythm": "none"},
        {"is_active": False},
        {"email": ""},
        {"mail_held_at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"is_sample": True},
    ],
)
def test_who_is_not_to_be_mailed_is_not(thread, bea, carl, change):
    reply(thread, carl, body="Before the change.")
    Member.objects.filter(pk=bea.pk).update(**change)
    reply(thread, carl, body="After the change.")
    assert sent() == []
    assert not Notification.objects.filter(member=bea, mailed_at=None, mailing_at=None).exclude(
        member__mail_rhythm="none"
    )


def test_samples_are_never_mailed(bea):
    sample = factories.sample_thread()
    following.follow(by=bea, level="all", thread=sample)
    reply(sample, member("carl"))
    assert sent() == []


# --- What may be seen by then -----------------------------------------------------------------------------------------
def test_what_is_hidden_before_it_is_sent_is_not_sent_and_not_later(thread, bea, carl):
    moderator = factories.moderator()
    post = reply(thread, carl, body="canary of a hidden post")
    moderation.hide_post(post, by=moderator, reason="x")
    withdrawn = reply(thread, carl, body="canary of a withdrawn post")
    posting.withdraw(withdrawn, by=carl)
    assert sent() == []
    moderation.restore_post(post, by=moderator, reason="x")
    assert sent() == []


def test_a_quotation_of_a_hidden_post_keeps_its_words(thread, bea, carl):
    dora = member("dora")
    source = reply(thread, dora, body="canary words")
    moderation.hide_post(source, by=factories.moderator(), reason="x")
    sent()
    reply(thread, carl, body=f"> [#{source.number}](/posts/{source.pk}/)\n> canary words\n\nI disagree.")
    (message,) = [each for each in sent() if each.to == [bea.email]]
    assert "canary" not in message.body + html_of(message)
    assert "I disagree." in message.body


def test_a_withheld_name_is_in_no_mail(thread, bea):
    carl = member("carl", name="Carl Canary", organisation="Canary Ltd", location="Canary Wharf", role="Canary keeper")
    posting.reply(thread, by=carl, body="Between us.", token=uuid4(), shown_as="withheld")
    (message,) = sent()
    whole = message.message().as_string() + html_of(message) + message.body
    assert "canary" not in whole.lower()
    assert "carl" not in whole.lower()


def test_role_and_organisation_of_that_day_stand_with_the_name_in_mail_digest_and_inbox(thread, bea, client):
    dora = member("dora", name="Dora Dahl", role="PMO Lead", organisation="Fjord Bank")
    reply(thread, dora)
    Member.objects.filter(pk=dora.pk).update(role="Director", organisation="Elsewhere")
    (message,) = sent()
    assert "Dora Dahl answered\nPMO Lead, Fjord Bank\n" in message.body
    assert ">PMO Lead, Fjord Bank<" in html_of(message)
    client.force_login(bea)
    assert ">PMO Lead, Fjord Bank<" in client.get("/me/inbox/").text
    Member.objects.filter(pk=bea.pk).update(mail_rhythm="weekly")
    reply(thread, again(dora), shown_as="role")
    (digest,) = sent()
    assert "\n  Director\n" in digest.body
    assert ">Director<" in html_of(digest)
    assert "Elsewhere" not in digest.body + html_of(digest)


def test_what_was_read_meanwhile_is_not_mailed(thread, bea, carl, client):
    reply(thread, carl)
    client.force_login(bea)
    client.get(thread.get_absolute_url())
    assert sent() == []


# --- Digests ----------------------------------------------------------------------------------------------------------
def test_a_digest_waits_for_its_morning_and_holds_everything_by_thread(thread, bea, carl):
    inbox.choose_mail(by=bea, mail_rhythm="daily", follows_started=True, follows_replied=True)
    other = start(bea, title="Another").thread
    for where in (thread, other, thread):
        post = reply(where, carl)
    assert sent() == []
    Member.objects.update(digest_at=timezone.now() - timedelta(minutes=1))
    (message,) = sent()
    assert message.subject == "3 new on PMO/CMO"
    when = f"{post.created_at:%H:%M} UTC"
    assert when in message.body
    assert when in html_of(message)
    assert html_of(message).count("Where does a PMO end?") == html_of(message).count("Another") == 1
    assert again(bea).digest_at > timezone.now()
    assert sent() == []


def test_a_digest_leaves_out_what_is_hidden_and_is_none_when_all_is(thread, bea, carl):
    Member.objects.filter(pk=bea.pk).update(mail_rhythm="weekly")
    posts = [reply(thread, carl, body=f"canary {number}") for number in range(2)]
    moderator = factories.moderator()
    for post in posts:
        moderation.hide_post(post, by=moderator, reason="x")
    assert sent() == []
    shown = reply(thread, carl, body="Shown.")
    Member.objects.filter(pk=bea.pk).update(digest_at=None)
    (message,) = sent()
    assert "canary" not in message.body + html_of(message)
    assert f"/posts/{shown.pk}/" in message.body


@pytest.mark.parametrize(
    ("rhythm", "zone", "after", "due"),
    [
        ("daily", "", "2026-11-23T06:59:00", "2026-11-23T07:00:00"),
        ("daily", "", "2026-11-23T07:00:00", "2026-11-24T07:00:00"),
        ("daily", "America/New_York", "2026-11-23T11:00:00", "2026-11-23T12:00:00"),
        ("daily", "Not/Known", "2026-11-23T06:00:00", "2026-11-23T07:00:00"),
        ("weekly", "", "2026-11-23T08:00:00", "2026-11-30T07:00:00"),
        ("weekly", "", "2026-11-25T08:00:00", "2026-11-30T07:00:00"),
    ],
)
def test_the_morning_of_a_digest(rhythm, zone, after, due):
    found = inbox.next_digest(
        Member(mail_rhythm=rhythm, time_zone=zone), after=datetime.fromisoformat(after).replace(tzinfo=UTC)
    )
    assert found == datetime.fromisoformat(due).replace(tzinfo=UTC)


# --- A worker that dies, a server that is away ------------------------------------------------------------------------
def make_old():
    """Let every claim run out."""
    Notification.objects.exclude(mailing_at=None).update(mailing_at=timezone.now() - timedelta(hours=1))


def test_a_worker_that_died_after_its_claim_loses_nothing(thread, bea, carl):
    reply(thread, carl)
    assert len(claims.claim_each("")) == 1
    assert sent() == [], "somebody else may be sending it"
    make_old()
    assert len(sent()) == 1


def test_a_mail_that_was_sent_but_not_noted_is_sent_again_under_the_same_id(thread, bea, carl, monkeypatch):
    class Killed(BaseException):
        pass

    def die(_rows):
        raise Killed

    reply(thread, carl)
    with monkeypatch.context() as patched:
        patched.setattr(claims, "note_mailed", die)
        with pytest.raises(Killed):
            mailing.send_due()
    make_old()
    mailing.send_due()
    assert len(mail.outbox) == 2
    assert len({message.extra_headers["Message-ID"] for message in mail.outbox}) == 1


def test_a_digest_whose_sender_died_is_the_same_digest_again_and_the_rest_comes_later(thread, bea, carl):
    Member.objects.filter(pk=bea.pk).update(mail_rhythm="daily")
    reply(thread, carl)
    (first,) = claims.claim_digest("")
    reply(thread, carl)
    assert claims.claim_digest("") == []
    make_old()
    assert [row.pk for row in claims.claim_digest("")] == [first.pk]


def test_a_worker_that_is_back_goes_on_at_once_where_it_was_killed(thread, bea, carl):
    reply(thread, carl)
    assert claims.claim_each("one")
    claims.take_over("two")
    mailing.send_due("two")
    assert mail.outbox == [], "the other one may be sending it"
    claims.take_over("one")
    mailing.send_due("one")
    assert len(mail.outbox) == 1


def test_a_digest_of_a_worker_that_is_back_is_made_of_the_same_rows(thread, bea, carl):
    Member.objects.filter(pk=bea.pk).update(mail_rhythm="daily")
    reply(thread, carl)
    (first,) = claims.claim_digest("one")
    reply(thread, carl)
    claims.take_over("one")
    assert [row.pk for row in claims.claim_digest("one")] == [first.pk]


class Away(EmailBackend):
    def send_messages(self, messages):
        raise ConnectionRefusedError("Connection refused")


class Refuses(EmailBackend):
    code = 550

    def send_messages(self, messages):
        raise smtplib.SMTPRecipientsRefused({messages[0].to[0]: (self.code, b"No such user")})


class RefusesForNow(Refuses):
    code = 451


def test_a_server_that_is_away_costs_no_mail(thread, bea, carl, settings):
    reply(thread, carl)
    settings.EMAIL_BACKEND = "tests.test_mail.Away"
    with pytest.raises(mailing.AwayError):
        mailing.send_due()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    make_old()
    assert len(sent()) == 1
    assert again(bea).mail_failures == 0


def test_what_cannot_be_sent_for_days_is_given_up(thread, bea, carl, settings, caplog):
    reply(thread, carl)
    Notification.objects.update(created_at=timezone.now() - timedelta(days=5))
    settings.EMAIL_BACKEND = "tests.test_mail.RefusesForNow"
    mailing.send_due()
    assert "given up" in caplog.text
    assert not Notification.objects.filter(mailed_at=None).exists()


def test_an_address_that_fails_again_and_again_is_held_back_until_its_owner_says_that_it_works(
    thread, bea, carl, settings, client
):
    settings.EMAIL_BACKEND = "tests.test_mail.Refuses"
    for number in range(5):
        assert again(bea).mail_held_at is None, number
        reply(thread, carl)
        mailing.send_due()
    assert again(bea).mail_held_at
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    reply(thread, carl)
    assert sent() == []
    client.force_login(bea)
    assert "send again" in client.get("/me/mail/").content.decode()
    client.post("/me/mail/", {"again": "yes"})
    assert sent() == [], "what happened meanwhile stands in the inbox"
    reply(thread, carl)
    assert len(sent()) == 1


def test_a_refused_address_is_locked_before_the_rows_of_its_inbox(thread, bea, carl):
    reply(thread, carl)
    rows = claims.claim_each("")
    with CaptureQueriesContext(connection) as queries:
        claims.note_refused(rows)
    writing = [query["sql"] for query in queries if "UPDATE" in query["sql"]]
    assert "members_member" in writing[0]
    assert "members_notification" in writing[-1]


@pytest.mark.parametrize(("days", "is_held"), [(59, True), (61, False)])
def test_failures_far_apart_are_not_added_up(bea, days, is_held):
    for _year in range(5):
        Member.objects.filter(pk=bea.pk).update(mail_failed_at=F("mail_failed_at") - timedelta(days=days))
        claims.note_bounced(bea.pk)
    assert (again(bea).mail_held_at is not None) is is_held
    assert again(bea).mail_failures == (5 if is_held else 1)


def test_a_mail_that_cannot_be_written_stops_no_other(thread, bea, carl, monkeypatch, caplog):
    dora = member("dora")
    following.follow(by=dora, level="all", thread=thread)
    reply(thread, carl)
    write = mailing.write_mail

    def fail_for_bea(rows):
        if rows[0].member == bea:
            raise ValueError("no")
        return write(rows)

    monkeypatch.setattr(mailing, "write_mail", fail_for_bea)
    assert [message.to for message in sent()] == [["dora@example.org"]]
    assert "left out" in caplog.text


# --- Ending it --------------------------------------------------------------------------------------------------------
def stop_link(message, settings):
    link = message.extra_headers["List-Unsubscribe"].strip("<>")
    assert link in message.body
    return link.removeprefix(settings.SITE_URL)


def test_one_click_of_a_mail_program_mutes_the_thread_without_signing_in(thread, bea, carl, settings):
    reply(thread, carl)
    link = stop_link(sent()[0], settings)
    strict = Client(enforce_csrf_checks=True)
    assert strict.get(link).status_code == 200
    assert bea.follows.get().level == "all", "looking changes nothing"
    assert strict.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert bea.follows.get().level == "muted"
    reply(thread, carl)
    assert sent() == []
    assert again(bea).mail_rhythm == "each"


def test_mail_of_a_private_portal_ends_without_signing_in(bea, settings):
    settings.PORTAL_PRIVATE = True
    answer = Client().post(f"/mail/stop/{stop_token(bea.pk, '')}/", {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert again(bea).mail_rhythm == "none"


def test_the_page_ends_all_mail_as_well(thread, bea, carl, settings, client):
    reply(thread, carl)
    client.post(stop_link(sent()[0], settings), {"stop": "all"})
    assert again(bea).mail_rhythm == "none"


def test_mail_that_a_tag_or_a_person_brought_ends_by_no_longer_following_these(bea, carl, settings, client):
    start(member("eva"), tags=["pmo"])
    following.follow(by=bea, level="all", tag=Tag.objects.get())
    following.follow(by=bea, level="all", person=carl)
    start(member("dora"), title="Tagged", tags=["pmo"])
    client.post(stop_link(sent()[0], settings), {"stop": "this"})
    assert set(Follow.objects.filter(member=bea).values_list("tag", "person")) == {(None, carl.pk)}
    start(carl)
    client.post(stop_link(sent()[0], settings), {"stop": "this"})
    assert not Follow.objects.filter(member=bea).exists()


def test_a_link_that_was_not_signed_here_ends_nothing(client, bea):
    token = stop_token(bea.pk, "")
    for wrong in (token[:-1], f"{bea.pk + 1}{token[len(str(bea.pk)) :]}", "x", f"{bea.pk}.~"):
        assert client.post(f"/mail/stop/{wrong}/").status_code == 404, wrong
    assert again(bea).mail_rhythm == "each"


# --- Where answers go -------------------------------------------------------------------------------------------------
def test_a_mail_is_answered_to_a_signed_address_where_one_is_set(thread, bea, carl, settings):
    settings.REPLY_ADDRESS = "reply@portal.example"
    reply(thread, carl)
    (message,) = sent()
    assert message.reply_to == [reply_address(bea.pk, thread.pk)]
    assert message.from_email == reply_address(bea.pk, 0), "what comes back says whose it was"
    assert "answer this mail above this line" in message.body
    meant = read_reply_address(message.reply_to[0].upper())
    assert (meant.member, meant.thread) == (bea.pk, thread.pk)
    for forged in (
        reply_address(bea.pk, thread.pk).replace(f".{thread.pk}.", f".{thread.pk + 1}."),
        "reply@portal.example",
        reply_address(bea.pk, thread.pk).replace("portal", "other"),
    ):
        assert read_reply_address(forged) is None


def test_without_such_an_address_no_mail_asks_for_an_answer(thread, bea, carl):
    reply(thread, carl)
    (message,) = sent()
    assert message.reply_to == []
    assert "answer this mail" not in message.body
