"""Pages kept for visitors: the same while nothing changed, new as soon as any row that they show does."""

import gzip
import re
from contextlib import suppress
from datetime import timedelta

import pytest
from django.core.cache import caches
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from glossary.actions import senses
from members.actions.accounts import delete_member, update_profile
from members.views import visitors
from tests import factories
from tests.factories import again, member, moderator, reply, start
from threads.actions import moderation, posting, reacting, tagging
from threads.models import Tag, Thread
from threads.templatetags import pieces

pytestmark = pytest.mark.django_db


def etag_of(client, address):
    response = client.get(address)
    assert response.status_code == 200
    assert response["Cache-Control"] == "public, no-cache"
    return response["ETag"]


def test_a_known_etag_is_answered_with_304_and_one_query(client, django_assert_num_queries):
    address = start().thread.get_absolute_url()
    etag = etag_of(client, address)
    with django_assert_num_queries(1):
        response = client.get(address, headers={"if-none-match": etag})
    assert (response.status_code, response.content) == (304, b"")
    assert response["ETag"] == etag


def test_a_page_that_was_written_once_costs_one_query(client, django_assert_num_queries):
    address = start().thread.get_absolute_url()
    once = client.get(address)
    with django_assert_num_queries(1):
        twice = client.get(address)
    assert once.content == twice.content


def test_a_kept_page_is_compressed_once_and_unpacked_for_who_does_not_take_that(client):
    address = start(body="Words about offices. " * 20).thread.get_absolute_url()
    plain = client.get(address)
    assert "Content-Encoding" not in plain
    zipped = [client.get(address, headers={"accept-encoding": "br, gzip"}) for _ in range(2)]
    assert zipped[0].content == zipped[1].content  # GZipMiddleware would have put random bytes into each
    for response in zipped:
        assert response["Content-Encoding"] == "gzip"
        assert gzip.decompress(response.content) == plain.content
        assert response["ETag"] == f"W/{plain['ETag']}"
        assert response["Content-Length"] == str(len(response.content))
        assert "Accept-Encoding" in response["Vary"]
        assert "Accept-Encoding" in plain["Vary"]
    known = {"if-none-match": zipped[0]["ETag"], "accept-encoding": "gzip"}
    assert client.get(address, headers=known).status_code == 304


def test_a_long_page_is_kept_as_well(client, django_assert_num_queries):
    thread = start(body="A long answer about offices. " * 1500).thread
    for _ in range(3):
        reply(thread, body="Another long answer. " * 1500)
    address = thread.get_absolute_url()
    assert len(client.get(address).content) > visitors.LARGEST_KEPT
    with django_assert_num_queries(1):
        client.get(address)


def test_who_is_signed_in_gets_a_page_of_their_own(client):
    address = start().thread.get_absolute_url()
    client.force_login(member())
    response = client.get(address)
    assert "ETag" not in response
    assert response["Cache-Control"] == "private, no-store"


def test_pages_for_visitors_set_no_cookie_and_hold_no_token(client):
    for address in ("/", "/threads/", start(tags=["risk"]).thread.get_absolute_url(), "/tags/risk/", "/glossary/"):
        response = client.get(address)
        assert not response.cookies
        assert b"csrfmiddlewaretoken" not in response.content
        assert "Cookie" in response["Vary"]


@pytest.fixture
def scene():
    """A thread with a term in it, everything that a page may show, and who may change it."""

    class Scene:
        author = member("mona", name="Mona Lind")
        boss = moderator()
        curator = factories.curator()

    scene = Scene()
    scene.term = factories.published_term("CMO", by=scene.curator)
    scene.first = start(scene.author, body="A CMO and its PMO.", tags=["risk"])
    scene.thread = scene.first.thread
    scene.second = reply(scene.thread, by=scene.author)
    scene.withdrawn = posting.withdraw(reply(scene.thread, by=scene.author), by=scene.author)
    scene.hidden = moderation.hide_post(reply(scene.thread), by=scene.boss, reason="A reason.")
    return scene


def _another_tag():
    start(tags=["hazard"])
    return Tag.objects.get(key="hazard")


def _hide_and_restore(scene):
    moderation.hide_thread(scene.thread, by=scene.boss, reason="A reason.")
    moderation.restore_thread(scene.thread, by=scene.boss, reason="A reason.")


def _retire(scene):
    sense = scene.term.senses.get()
    senses.retire(sense, by=scene.curator, reason="Out of use.")


CHANGES = {
    "a merged tag": lambda s: tagging.merge(Tag.objects.get(), into=_another_tag(), by=s.curator),
    "a restored thread": _hide_and_restore,
    "a reply": lambda s: reply(s.thread),
    "a reaction": lambda s: reacting.react(s.second, by=s.boss, kind="agree", on=True),
    "an edit": lambda s: posting.edit(s.second, by=s.author, body="Otherwise.", based_on=1),
    "a withdrawal": lambda s: posting.withdraw(s.second, by=s.author),
    "a return": lambda s: posting.bring_back(s.withdrawn, by=s.author),
    "a hidden post": lambda s: moderation.hide_post(s.second, by=s.boss, reason="A reason."),
    "a restored post": lambda s: moderation.restore_post(s.hidden, by=s.boss, reason="A reason."),
    "a lock": lambda s: moderation.lock(s.thread, by=s.boss, reason="A reason."),
    "a title": lambda s: moderation.retitle(s.thread, by=s.boss, title="Where does it end?"),
    "a tag's name": lambda s: tagging.save_tag(Tag.objects.get(), by=s.curator, name="hazard", description=""),
    "a new term": lambda s: factories.published_term("PMO", by=s.curator),
    "a retired term": _retire,
    "a member's name": lambda s: update_profile(s.author, by=s.author, name="Mona Stein"),
    "a member who left": lambda s: delete_member(s.author, by=factories.administrator()),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_thread_page_changes_its_etag_with_everything_it_shows(client, scene, change):
    before = etag_of(client, scene.thread.get_absolute_url())
    CHANGES[change](scene)
    assert etag_of(client, again(scene.thread).get_absolute_url()) != before


def _posts_for(client, thread):
    page = client.get(again(thread).get_absolute_url()).text
    return re.findall(r'<article class="post".*?</article>', page, re.DOTALL)


def _set(**columns):
    return lambda s: type(s.reader).objects.filter(pk=s.reader.pk).update(**columns)


OWN_CHANGES = {
    "one's own reaction": lambda s: reacting.react(s.first, by=s.reader, kind="helped", on=True),
    "a saved post": lambda s: reacting.save_post(s.first, by=s.reader, note=""),
    "one's own zone": _set(time_zone="Asia/Tokyo"),
    "one's own language": _set(language="de"),
    "one's own marks": _set(marks="none"),
}


@pytest.mark.parametrize("reader", ["member", "author", "moderator"])
@pytest.mark.parametrize("change", [*CHANGES, *OWN_CHANGES])
def test_posts_kept_for_members_are_those_that_would_be_written_anew(client, scene, change, reader):
    scene.reader = {"member": member("nora"), "author": scene.author, "moderator": scene.boss}[reader]
    client.force_login(scene.reader)
    before = _posts_for(client, scene.thread)
    assert _posts_for(client, scene.thread) == before
    with suppress(PermissionDenied):  # nobody reacts to their own post
        (CHANGES | OWN_CHANGES)[change](scene)
    kept = _posts_for(client, scene.thread)
    caches["articles"].clear()
    assert _posts_for(client, scene.thread) == kept


def test_posts_are_kept_for_members_to_whom_they_look_alike(client, scene, monkeypatch):
    written = []
    monkeypatch.setattr(pieces, "_written", lambda post, user: written.append((post.pk, user.pk)) or "")
    client.force_login(member("nora"))
    client.get(scene.thread.get_absolute_url())
    written.clear()
    client.force_login(member("nina"))
    client.get(scene.thread.get_absolute_url())
    assert not written
    client.force_login(scene.author)
    client.get(scene.thread.get_absolute_url())
    assert [pk for pk, _user in written] == [scene.first.pk, scene.second.pk, scene.withdrawn.pk]


def test_long_posts_are_not_kept_for_members(client, scene):
    long = reply(scene.thread, scene.author, body="A word or two. " * 2000)
    client.force_login(member("nora"))
    client.get(scene.thread.get_absolute_url())
    kept = caches["articles"]._cache
    assert any(f"article:{scene.first.pk}:" in name for name in kept)
    assert not any(f"article:{long.pk}:" in name for name in kept)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("address", ["/", "/threads/"])
def test_a_list_changes_its_etag_with_everything_it_shows(client, scene, change, address):
    before = etag_of(client, address)
    CHANGES[change](scene)
    assert etag_of(client, address) != before


@pytest.mark.parametrize("change", [c for c in CHANGES if "tag" not in c])
def test_a_tags_page_changes_with_its_threads(client, scene, change):
    before = etag_of(client, "/tags/risk/")
    CHANGES[change](scene)
    assert etag_of(client, "/tags/risk/") != before


def test_lists_change_when_a_thread_comes_or_goes_or_is_pinned(client, scene):
    seen = {etag_of(client, "/threads/")}
    other = start(title="Another").thread
    seen.add(etag_of(client, "/threads/"))
    moderation.pin(scene.thread, by=scene.boss, reason="First.", until=timezone.now() + timedelta(hours=1))
    seen.add(etag_of(client, "/threads/"))
    moderation.hide_thread(other, by=scene.boss, reason="A reason.")
    seen.add(etag_of(client, "/threads/"))
    assert len(seen) == 4


def test_a_hidden_thread_is_gone_although_it_was_kept(client, scene):
    address = scene.thread.get_absolute_url()
    etag = etag_of(client, address)
    moderation.hide_thread(scene.thread, by=scene.boss, reason="A reason.")
    assert client.get(address).status_code == 404
    assert client.get(address, headers={"if-none-match": etag}).status_code == 404


def test_a_new_release_answers_no_old_etag(client, scene, settings):
    before = etag_of(client, "/threads/")
    settings.RELEASE_ID = "another"
    assert etag_of(client, "/threads/") != before


def test_a_private_portal_keeps_nothing_for_visitors(client, scene, settings):
    etag = etag_of(client, scene.thread.get_absolute_url())
    settings.PORTAL_PRIVATE = True
    assert client.get(scene.thread.get_absolute_url(), headers={"if-none-match": etag}).status_code == 302
    page = client.get("/threads/", follow=True).content.decode()
    assert scene.thread.title not in page


def test_a_pin_that_has_ended_is_shown_nowhere(client, scene):
    moderation.pin(scene.thread, by=scene.boss, reason="First.", until=timezone.now() + timedelta(hours=1))
    for address in ("/", "/tags/risk/", "/threads/?order=unanswered"):
        assert "Pinned" not in client.get(address).content.decode()
    assert "Pinned" in client.get("/threads/").content.decode()
    Thread.objects.update(pinned_until=timezone.now() - timedelta(seconds=1))  # time passes
    assert "Pinned" not in client.get("/threads/").content.decode()


def test_an_imported_post_that_found_its_author_links_to_them(client, scene):
    thread = factories.imported_thread()
    before = etag_of(client, thread.get_absolute_url())
    claim = moderation.claim(thread.posts.get(number=1), by=scene.author, kind="mine", contact="", note="")
    moderation.decide_claim(claim, by=scene.boss, granted=True, reason="Known.")
    assert etag_of(client, thread.get_absolute_url()) != before
    assert "/people/mona/" in client.get(thread.get_absolute_url()).content.decode()


def test_a_kept_page_holds_nothing_of_another_visitors_address(client, scene):
    client.get("/threads/?zz=POISON")
    assert "POISON" not in client.get("/threads/").content.decode()
    client.get(scene.thread.get_absolute_url() + "?zz=POISON")
    assert "POISON" not in client.get(scene.thread.get_absolute_url()).content.decode()


def test_a_kept_feed_stays_a_feed(client, scene):
    kinds = {client.get("/feeds/threads.atom")["Content-Type"] for _ in range(2)}
    assert kinds == {"application/atom+xml; charset=utf-8"}


@pytest.mark.parametrize("query", ["?page=0&page=1", "?page=x&page=1"])
def test_values_that_the_view_does_not_read_make_no_other_page(client, scene, query):
    address = scene.thread.get_absolute_url()
    assert etag_of(client, address + query) == etag_of(client, address + "?page=1")


def test_the_first_page_has_one_address(client, scene):
    assert client.get(scene.thread.get_absolute_url() + "?page=01").status_code == 404


def test_large_pages_are_not_kept(client, scene, monkeypatch):
    monkeypatch.setattr("members.views.visitors.LARGEST_KEPT", 10)
    client.get("/threads/")
    with CaptureQueriesContext(connection) as again_written:
        client.get("/threads/")
    assert len(again_written) > 1
