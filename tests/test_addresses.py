"""Every address as every kind of person: who gets in, what it costs, and what the answer carries."""

import re

import pytest
from django.apps import apps
from django.conf import settings as configured
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from glossary import lexicon
from tests import addresses
from tests.addresses import ADMIN_ITSELF, ADMIN_MOST, DELETE_MOST, REDIRECTED, RULES, STAFF, WITH_QUERY, address
from tests.world import KINDS, one_world

pytestmark = pytest.mark.django_db
PLACE = {"visitor": 0, "member": 1, "author": 1}  # in a rule's ceilings; staff stand last
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
PRIVATE = {"private, no-store", "max-age=0, no-cache, no-store, must-revalidate, private"}
# What visitors may keep: pages behind `kept_for_visitors`, and files for machines.
KEPT = {"home", "threads", "thread", "tag", "glossary", "term", "term_history", "compare"}
KEPT |= {"thread_markdown", "thread_feed", "tag_feed", "threads_feed", "person_feed"}
KEPT |= {"glossary_csv", "glossary_jsonld", "glossary_feed"}
FOR_ALL = {"sitemap": "public, no-cache", "robots": "public, max-age=3600"}
# Pages that search engines may find say which address is theirs.
CANONICAL = {"home", "threads", "thread", "tags", "tag", "glossary", "term", "compare", "person", "people"}
FORMS_FOR_VISITORS = {"thread_new", "reply"}
FORMS_FOR_VISITORS |= {
    "mail_stop",
    "display",
    "post_claim",
    "account_login",
    "account_signup",
    "account_reset_password",
}
SAVEPOINTS = re.compile("SAVEPOINT|RELEASE|ROLLBACK")


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """One world for all tests of this file; what a test does in it is rolled back."""
    with django_db_blocker.unblock(), one_world() as world:
        world.hide()
        lexicon.current()  # as in a process that has answered before
        ContentType.objects.get_for_models(*apps.get_models())
        yield world


def _client(world, kind):
    return world.sign_in(Client(raise_request_exception=False), kind)


def _measured(world, kind, path):
    """The answer to a GET when no page is kept, and its statements."""
    client = _client(world, kind)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path)
    return response, [query["sql"] for query in queries if not SAVEPOINTS.match(query["sql"])]


def _assert_headers(response):
    for name, value in HEADERS.items():
        assert response[name] == value
    policy = response["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "camera=()" in response["Permissions-Policy"]
    for cookie in response.cookies.values():
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"


def _assert_page(response):
    if not response.headers.get("Content-Type", "").startswith("text/html") or not response.content:
        return
    text = response.content.decode()
    assert len(re.findall(r"<h1[\s>]", text)) == 1
    assert re.search(r'<html lang="en-gb"', text)


def _assert_kept(name, kind, response):
    kept = response["Cache-Control"]
    if name in FOR_ALL:
        assert kept == FOR_ALL[name]
    elif name in KEPT and kind == "visitor" and response.status_code == 200:
        assert kept == "public, no-cache"
        assert response["ETag"]
        assert {"Cookie", "Accept-Language"} <= set(re.split(r",\s*", response["Vary"]))
    else:
        assert kept in PRIVATE
    if kind == "visitor" and name not in FORMS_FOR_VISITORS:
        assert not response.cookies
        assert b"csrfmiddlewaretoken" not in response.content


CASES = [(name, "", kind) for name in RULES for kind in KINDS]
CASES += [(name, query, kind) for name, query in WITH_QUERY for kind in KINDS]


@pytest.mark.parametrize(("name", "query", "kind"), CASES)
def test_an_address_answers_each_kind_of_person_as_its_rule_says(world, name, query, kind):
    rule = RULES[name]
    path = address(world, name) + (f"?{query}" if query else "")
    response, statements = _measured(world, kind, path)
    assert response.status_code == rule.get[KINDS.index(kind)]
    ceilings = WITH_QUERY.get((name, query), rule.most)
    assert len(statements) <= ceilings[PLACE.get(kind, 2)], statements
    _assert_headers(response)
    _assert_page(response)
    _assert_kept(name, kind, response)
    if name in CANONICAL and not query:
        assert f'<link rel="canonical" href="{configured.SITE_URL}{path}">' in response.content.decode()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", RULES)
def test_a_post_is_answered_as_the_rule_says(world, name, kind):
    response = _client(world, kind).post(address(world, name), {"unknown": "value"})
    assert response.status_code == RULES[name].post[KINDS.index(kind)]
    _assert_headers(response)
    _assert_page(response)
    assert response.get("Cache-Control") in PRIVATE


@pytest.mark.parametrize(("name", "kinds"), list(addresses.admin_names()))
def test_a_screen_of_the_admin_lets_in_whom_its_rule_names(world, name, kinds):
    for kind in KINDS:
        path = address(world, name)
        response, statements = _measured(world, kind, path)
        expected = 200 if kind in kinds else 403 if kind in STAFF else 302
        assert response.status_code == expected, kind
        assert len(statements) <= (DELETE_MOST if name.endswith("_delete") else ADMIN_MOST), statements
        _assert_headers(response)
        assert response["Cache-Control"] in PRIVATE
        if expected == 200 and response["Content-Type"].startswith("text/html"):
            assert response.content.count(b"<h1") == 1
        if expected == 302:
            assert response["Location"].startswith(reverse("admin:login"))


@pytest.mark.parametrize(("name", "kinds"), list(addresses.admin_names()))
def test_a_post_to_a_screen_of_the_admin_gets_nobody_in_who_may_not_see_it(world, name, kinds):
    for kind in set(KINDS) - set(kinds):
        response = _client(world, kind).post(address(world, name), {"unknown": "value"})
        assert response.status_code == (403 if kind in STAFF else 302), kind


def test_every_address_has_a_rule_and_every_rule_an_address():
    ruled = {*RULES, *(name for name, _kinds in addresses.admin_names()), *(f"admin:{name}" for name in ADMIN_ITSELF)}
    assert set(addresses.names()) == ruled


@pytest.mark.parametrize(("name", "query"), REDIRECTED)
def test_a_value_that_has_an_address_of_its_own_leads_there(world, client, name, query):
    response = client.get(f"{address(world, name)}?{query}")
    assert (response.status_code, response["Location"]) == (302, REDIRECTED[name, query])


def test_a_reply_costs_few_statements(world, client):
    """The 12 of `budgets.md` at most, all told: session and account, the draft that goes and those who hear of it."""
    world.sign_in(client, "member")
    path = reverse("reply", args=[world.thread.pk])
    client.post(path, {"body": "Warm."})
    with CaptureQueriesContext(connection) as queries:
        response = client.post(path, {"body": "So they say, and wombats agree."})
    assert response.status_code == 302
    statements = [query["sql"] for query in queries if not SAVEPOINTS.match(query["sql"])]
    assert len(statements) <= 12, statements
