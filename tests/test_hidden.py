"""What is hidden, withdrawn or a draft is said nowhere: no page, feed, search, sitemap, redirect, meta tag or cache."""

import pytest
from django.test import Client
from django.urls import reverse

from tests import addresses
from tests.addresses import RULES, WITH_QUERY, address
from tests.world import CANARIES, CONTENT, DRAFT, HIDDEN_TAG, one_world

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """One world in which nothing is hidden yet; what a test does in it is rolled back."""
    with django_db_blocker.unblock(), one_world() as world:
        yield world


def _client(world, kind):
    return world.sign_in(Client(raise_request_exception=False), kind)


def _public_paths(world):
    """Every address that people read, of what is shown and of what is not."""
    paths = [address(world, name) for name in RULES]
    paths += [f"{address(world, name)}?{query}" for name, query in WITH_QUERY]
    paths += [
        f"{path}?{query}"
        for path, query in (
            (reverse("search"), "q=zebra"),
            (reverse("search"), "q=wombats"),
            (reverse("search"), f"q={CONTENT}"),
            (reverse("search"), "q=drawn"),
            (reverse("glossary"), "q=can"),
            (reverse("glossary"), "letter=C"),
        )
    ]
    for thread in (world.hidden_thread, world.imported, world.sample, world.thread, world.unnamed_first.thread):
        paths += [thread.get_absolute_url(), reverse("thread_short", args=[thread.pk])]
        paths += [reverse(name, args=[thread.pk]) for name in ("reply", "thread_feed")]
    for post in (world.hidden_post, world.withdrawn, world.hidden_first, world.second):
        names = ("post", "post_edit", "post_history", "post_withdraw", "post_report", "post_claim")
        paths += [reverse(name, args=[post.pk]) for name in names]
    paths += [reverse(name, args=[world.hidden_tag.slug]) for name in ("tag", "tag_feed")]
    paths += [reverse(name, args=[world.draft_term.slug]) for name in ("term", "term_history")]
    paths += [reverse("person", args=[name]) for name in ("hugo", "otto", "mona")]
    return dict.fromkeys(paths)


def _said(response):
    """Everything an answer says: its headers too; where it leads, and what it is asked for is not its own."""
    return "\n".join([*map(str, response.headers.items()), response.getvalue().decode(errors="replace").lower()])


def _echoed(path):
    """What a page may say because its own address does."""
    return path.lower()


@pytest.mark.parametrize("kind", ["visitor", "member", "author", "moderator", "curator"])
def test_what_is_hidden_is_said_nowhere_to_who_may_not_see_it(world, kind):
    world.hide()
    unseen = {DRAFT} if kind == "moderator" else set(CANARIES)
    client = _client(world, kind)
    for path in _public_paths(world):
        for _twice in range(2):  # written, and kept
            said = _said(client.get(path))
            assert not {canary for canary in unseen if canary in said.replace(_echoed(path), "")}, path


@pytest.mark.parametrize("kind", ["moderator", "curator"])
def test_staff_see_in_the_admin_what_their_group_keeps_and_nothing_else(world, kind):
    world.hide()
    unseen = {DRAFT} if kind == "moderator" else set(CANARIES) - {DRAFT, HIDDEN_TAG}
    client = _client(world, kind)
    for name, kinds in addresses.admin_names():
        if kind in kinds:
            said = _said(client.get(address(world, name)))
            assert not {canary for canary in unseen if canary in said}, name


def test_who_may_see_what_is_hidden_does(world):
    world.hide()
    page, hidden = world.thread.get_absolute_url(), world.hidden_thread.get_absolute_url()
    said = _said(_client(world, "moderator").get(page)) + _said(_client(world, "moderator").get(hidden))
    assert {canary for canary in CANARIES if canary in said} == set(CANARIES) - {DRAFT}
    assert DRAFT in _said(_client(world, "curator").get(reverse("admin:glossary_sense_changelist")))


def test_what_was_kept_before_it_was_hidden_is_said_no_more(world):
    client, known, shown = Client(raise_request_exception=False), {}, set()
    for path in _public_paths(world):
        response = client.get(path)
        known[path] = response.headers.get("ETag")
        shown |= {canary for canary in CANARIES if canary in _said(response)}
    assert shown == set(CANARIES) - {DRAFT}, "so that hiding takes something away"
    spoke = {path for path in known if any(canary in _said(client.get(path)) for canary in CANARIES)}
    world.hide()
    for path, etag in known.items():
        response = client.get(path, headers={"if-none-match": etag} if etag else {})
        assert not (response.status_code == 304 and path in spoke), path
        assert not [canary for canary in CANARIES if canary in _said(response).replace(_echoed(path), "")], path


def test_a_private_portal_says_nothing_of_its_content_to_visitors(world, settings):
    world.hide()
    settings.PORTAL_PRIVATE = True
    client = _client(world, "visitor")
    names = {"mona", "otto", "wombat", "hugo", *CANARIES, CONTENT}
    for path in _public_paths(world):
        response = client.get(path)
        assert response.status_code < 500, path
        # A property of the linked data has the letters of a member's name: notToBeConfusedWith.
        said = _said(response).replace(_echoed(path), "").replace("nottobe", "")
        asked = [word for word in path.lower().replace("=", "/").replace("+", "/").split("/") if word]
        assert not [name for name in names if name in said and not any(name in word for word in asked)], path


def test_a_private_portal_shows_its_content_to_members(world, settings):
    settings.PORTAL_PRIVATE = True
    assert CONTENT in _said(_client(world, "member").get(reverse("threads")))
