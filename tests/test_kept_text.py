"""Nothing typed is lost: whatever comes between, the next page holds the text, and sending it again posts it once."""

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.factories import again, member, moderator, start
from threads.actions import moderation, posting
from threads.models import Post, Thread

pytestmark = pytest.mark.django_db
HERE = "http://testserver"
TEXT = "A long text,\nin <b>two</b> lines."
KEPT = "A long text,\nin &lt;b&gt;two&lt;/b&gt; lines."


@pytest.fixture(autouse=True)
def _this_host(settings):
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture
def mona():
    return member("mona", name="Mona Lind")


@pytest.fixture
def browser():
    """A client that is held to CSRF tokens, as browsers are."""
    return Client(enforce_csrf_checks=True)


def a_start(author):
    said = {"title": "Where does a PMO end?", "context": "A bank", "tags": ["risk", "PMO, AI"], "shown_as": "role"}
    return reverse("thread_new"), {**said, "body": TEXT, "token": str(uuid4()), "draft": "0"}


def a_reply(author):
    return reverse("reply", args=[start().thread.pk]), {"body": TEXT, "token": str(uuid4()), "shown_as": "role"}


def an_edit(author):
    return reverse("post_edit", args=[start(author).pk]), {"body": TEXT, "based_on": "1"}


def a_title(author):
    thread = start(author).thread
    said = {"title": "Where does an office end?", "context": "A bank", "tags": ["risk", "PMO, AI"], "based_on": "1"}
    return reverse("thread_edit", args=[thread.pk]), said


SENT = [a_start, a_reply, an_edit, a_title]


def token_on(page):
    return re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[1]


def sent_again(browser, page, address):
    """What “Send again” of the kept page sends: its own fields, hidden and shown."""
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text)
    shown = re.findall(r'name="([^"]+)" rows="\d" readonly>\n(.*?)</textarea>', page.text, re.DOTALL)
    typed = {}
    for name, value in [*hidden, *shown]:
        value = value.replace("&lt;", "<").replace("&gt;", ">")  # noqa: PLW2901 as a browser reads it
        typed.setdefault(name, []).append(value)
    return browser.post(address, typed, headers={"Origin": HERE})


def is_done(sent, typed):
    if sent is not a_title:
        post = Post.objects.latest("edited_at" if sent is an_edit else "pk")
        assert post.body == TEXT
        assert post.shown_as == typed.get("shown_as", "all")
    if sent in {a_start, a_title}:
        thread = Thread.objects.latest("pk")
        assert thread.title == typed["title"]
        assert thread.context == "A bank"
        assert [tag.name for tag in thread.tags.order_by("key")] == ["AI", "PMO", "risk"]


@pytest.mark.parametrize("sent", SENT)
def test_a_session_that_ended_costs_nothing(browser, mona, sent):
    address, typed = sent(mona)
    browser.get("/accounts/login/")
    page = browser.post(address, typed, headers={"Origin": HERE})
    assert page.status_code == 403
    assert KEPT in page.text or sent is a_title
    browser.force_login(mona)
    page.cookies = browser.cookies
    assert sent_again(browser, page, address).status_code == 302
    is_done(sent, typed)


@pytest.mark.parametrize("sent", SENT)
def test_a_page_that_was_open_for_too_long_costs_nothing(browser, mona, sent):
    address, typed = sent(mona)
    browser.force_login(mona)
    page = browser.post(address, typed | {"csrfmiddlewaretoken": "x" * 32}, headers={"Origin": HERE})
    assert page.status_code == 403
    assert sent_again(browser, page, address).status_code == 302
    is_done(sent, typed)


WRONG = {
    a_start: {"title": " "},
    a_reply: {"shown_as": "king"},
    an_edit: {"based_on": "none"},
    a_title: {"title": " "},
}


@pytest.mark.parametrize("sent", SENT)
def test_what_is_wrong_with_a_form_costs_nothing_of_the_rest(client, mona, sent):
    address, typed = sent(mona)
    client.force_login(mona)
    page = client.post(address, typed | WRONG[sent])
    assert page.status_code == 422
    for value in typed.keys() & {"body", "context"}:
        assert (KEPT if value == "body" else typed[value]) in page.text
    if "tags" in typed:
        assert 'value="risk, PMO, AI"' in page.text or ('value="risk" checked' in page.text)
        assert "PMO, AI" in page.text


@pytest.mark.parametrize("sent", [a_reply, an_edit, a_title])
def test_a_thread_that_is_locked_meanwhile_keeps_the_text_in_the_form(client, mona, sent):
    address, typed = sent(mona)
    moderation.lock(Thread.objects.latest("pk"), by=moderator(), reason="Settled.")
    client.force_login(mona)
    page = client.post(address, typed)
    assert page.status_code == 422
    assert (typed["title"] if sent is a_title else KEPT) in page.text


@pytest.mark.parametrize("sent", [a_reply, an_edit, a_title])
def test_a_thread_that_is_hidden_meanwhile_keeps_the_text_to_be_copied(client, mona, sent):
    address, typed = sent(mona)
    factories.hidden_thread(Thread.objects.latest("pk"))
    client.force_login(mona)
    page = client.post(address, typed)
    assert page.status_code in {403, 404} or sent is an_edit
    assert (typed["title"] if sent is a_title else KEPT) in page.text or page.status_code == 302


@pytest.mark.parametrize("sent", SENT)
def test_sending_the_same_form_twice_does_it_once(client, mona, sent):
    address, typed = sent(mona)
    client.force_login(mona)
    before = Post.objects.count()
    first, second = client.post(address, typed), client.post(address, typed)
    assert first["Location"] == second["Location"]
    is_done(sent, typed)
    assert Post.objects.count() - before == (0 if sent in {an_edit, a_title} else 1)
    if sent is an_edit:
        assert again(Post.objects.get(author=mona)).revision == 2
    if sent is a_title:
        assert Thread.objects.latest("pk").revisions.version() == 2


def test_a_text_sent_again_after_its_draft_was_saved_meanwhile_is_one_post(client, mona):
    address, typed = a_reply(mona)
    client.force_login(mona)
    client.post(reverse("save_draft"), {**typed, "thread": address.split("/")[2]})
    client.post(address, {**typed, "draft": "1"})
    client.post(address, {**typed, "draft": "1"})
    assert Post.objects.filter(author=mona).count() == 1
    assert not mona.drafts.exists()


def test_the_back_button_after_posting_and_the_same_words_are_one_post(mona):
    thread = start().thread
    for _time in range(2):
        posting.reply(thread, by=mona, body=TEXT, token=uuid4())
    assert Post.objects.filter(author=mona).count() == 1
