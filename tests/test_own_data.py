"""Taking one's data along, and closing one's account."""

import json
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client

from members.models import Member
from tests import factories
from tests.factories import again, reply, start
from tests.people import PASSWORD, a_member
from threads.actions import drafts, posting, upkeep, words
from threads.models import Post, ToldWord

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limits_from_other_tests(settings):
    settings.CACHES = settings.CACHES | {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    cache.clear()


def signed_in(username):
    """A browser whose member has just typed the password."""
    client = Client()
    client.post("/accounts/login/", {"login": username, "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return client


# --- The file --------------------------------------------------------------------------------------------------------


def test_the_file_holds_all_that_is_theirs_and_nothing_of_others(monkeypatch):
    monkeypatch.setattr("pmo_cmo.views.own_data.BATCH", 2)
    mona = a_member("mona", name="Mona “Mo” Lind", role="Head", organisation="Acme")
    posts = [
        start(mona, title="Mine", body="The first of mine."),
        start(mona, body="Without a name.", shown_as="withheld"),
    ]
    posts += [reply(posts[0].thread, mona, f"Answer {number}.") for number in range(3)]
    posting.edit(posts[0], by=mona, body="The first, edited.", based_on=1)
    posting.withdraw(posts[2], by=mona)
    factories.hidden_post(posts[3])
    reply(posts[0].thread, body="Somebody else’s words.")
    words.tell(["sox"], by=mona, token=uuid4())
    words.tell(["otto’s"], by=a_member("otto"), token=uuid4())
    drafted = {"title": "", "context": "", "tags": "", "shown_as": "all", "body": "Edited by half."}
    drafts.save(by=mona, thread=None, post=posts[0], token=uuid4(), based_on=0, begun_on=2, **drafted)
    answer = signed_in("mona").get("/me/data/file/")
    assert answer.streaming
    assert "attachment" in answer["Content-Disposition"]
    text = b"".join(answer.streaming_content).decode()
    told = json.loads(text)
    assert [post["id"] for post in told["posts"]] == [post.pk for post in posts]
    assert {post["state"] for post in told["posts"]} == {"published", "withdrawn", "hidden"}
    assert [(row["post"], row["body"]) for row in told["drafts"]] == [(posts[0].pk, "Edited by half.")]
    assert told["earlier_versions"][0]["body"] == "The first of mine."
    assert (told["account"]["name"], told["account"]["organisation"]) == ("Mona “Mo” Lind", "Acme")
    assert told["addresses"] == [{**told["addresses"][0], "email": "mona@example.org", "verified": True}]
    assert {"drafts", "bookmarks", "reactions", "follows", "inbox", "suggestions", "sessions"} <= told.keys()
    assert [row["key"] for row in told["acronyms_told_of"]] == ["sox"]
    for secret in (mona.password, "Somebody else", "otto"):
        assert secret not in text


def test_the_file_asks_for_the_password_first():
    client = Client()
    client.force_login(a_member("mona"))
    assert client.get("/me/data/file/")["Location"].startswith("/accounts/reauthenticate/")


# --- The end ---------------------------------------------------------------------------------------------------------


def close(username="mona", **said):
    form = {"posts": "without", "username": username} | said
    return signed_in(username).post("/me/data/close/", form, follow=True)


def test_an_account_is_closed_and_its_posts_stay_without_the_name(client):
    mona = a_member("mona", name="Mona Lind", role="Head", organisation="Acme", location="Leeds, UK", country="GB")
    first = start(mona, title="Mine", body="The first of mine.")
    answer = reply(start(title="Theirs").thread, mona, "An answer of mine.")
    withdrawn = posting.withdraw(reply(first.thread, mona, "Taken back."), by=mona)
    words.tell(["sox"], by=mona, token=uuid4())
    etag = client.get(first.thread.get_absolute_url())["ETag"]
    assert "Your account is closed" in close().text
    assert not Member.objects.filter(username="mona").exists()
    assert not ToldWord.objects.exists()
    for post in map(again, (first, answer, withdrawn)):
        assert post.author is None
        columns = [getattr(post, name) for name in vars(post) if name.startswith("author_") and name != "author_id"]
        assert not any(str(value) for value in columns), post
    for path in (first.thread.get_absolute_url(), answer.thread.get_absolute_url(), "/", "/threads/", "/people/"):
        page = client.get(path, headers={"if-none-match": etag})
        assert page.status_code == 200
        for word in ("Mona Lind", "Acme", "Leeds"):
            assert word not in page.text, path
    assert "The first of mine." in client.get(first.thread.get_absolute_url()).text
    assert list(upkeep.recount_all(repair=False, progress=lambda: None)) == []


def test_the_posts_may_stay_with_the_name():
    mona = a_member("mona", name="Mona Lind", role="Head")
    post = start(mona)
    close(posts="with")
    post = again(post)
    assert (post.author, post.author_name, post.author_role) == (None, "Mona Lind", "Head")


def test_a_click_too_many_closes_nothing():
    a_member("mona")
    assert "This is not your username" in close(**{"username": "mona"} | {"posts": ""}).text or Member.objects.exists()
    browser = signed_in("mona")
    answer = browser.post("/me/data/close/", {"posts": "without", "username": "monica"})
    assert answer.status_code == 422
    assert "This is not your username" in answer.text
    assert Member.objects.filter(username="mona").exists()


def test_staff_do_not_close_their_own_account():
    factories.moderator("molly")
    assert "staff rights" in close("molly").text
    assert Member.objects.filter(username="molly").exists()


def test_a_long_membership_is_taken_apart_in_steps_and_the_account_stays_until_the_last(monkeypatch):
    mona = a_member("mona", name="Mona Lind")
    posts = [start(mona, title=f"Thread {number}") for number in range(3)]
    monkeypatch.setattr("pmo_cmo.views.own_data.TIME_FOR_NAMES", -1)
    browser = signed_in("mona")
    answer = browser.post("/me/data/close/", {"posts": "without", "username": "mona"})
    assert answer.status_code == 422
    assert "3 discussions are left" in answer.text
    assert Member.objects.filter(username="mona").exists()
    monkeypatch.setattr("pmo_cmo.views.own_data.TIME_FOR_NAMES", 6)
    browser.post("/me/data/close/", {"posts": "without", "username": "mona"})
    assert not Post.objects.filter(pk__in=[post.pk for post in posts]).exclude(author_name="").exists()
    assert not Member.objects.filter(username="mona").exists()
