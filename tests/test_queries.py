"""What pages cost does not grow with what they show."""

import pytest
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from glossary import lexicon
from glossary.actions import fields, known, suggestions
from glossary.models import Term
from tests import factories, glossaries
from tests.addresses import ADMIN
from tests.world import kept_for_a_file
from threads.actions import evidence, moderation, posting, tagging
from threads.models import Tag

pytestmark = pytest.mark.django_db
KINDS = ("visitor", "member", "administrator")
LISTS = {
    "home": "/",
    "threads": "/threads/",
    "unanswered": "/threads/?order=unanswered",
    "tag": "/tags/many/",
    "tags": "/tags/",
    "glossary": "/glossary/",
    "compare": "/compare/bword/bword-two/",
    "glossary, filtered": "/glossary/?q=word",
    "search": "/search/?q=beaver",
    "person": "/people/writer/",
    "feed": "/feeds/threads.atom",
    "feed of a tag": "/tags/many/feed.atom",
    "sitemap": "/sitemap.xml",
}
LISTS |= {screen: f"/admin/{screen.replace('_', '/')}/" for screen in ADMIN}


class Crowd:
    """People and a portal whose lists hold so many rows."""

    def __init__(self):
        self.writer = factories.member("writer", role="Head of PMO", location="Leeds, United Kingdom")
        self.curator, self.moderator = factories.curator(), factories.moderator()
        self.people = {
            "visitor": None,
            "member": factories.member("reader"),
            "administrator": factories.administrator(),
        }
        self.rows = 0

    def grow(self, rows):
        while self.rows < rows:
            self.rows += 1
            self._one_more(f"{chr(ord('a') + self.rows)}word")

    def _one_more(self, word):
        author = factories.member(f"author-{word}", role="Planner", location="Oslo, Norway")
        factories.published_term(
            word, f"sense of {word}", f"What beavers say when they mean {word[0]}.", by=self.curator
        )
        first = factories.start(
            author, title=f"A beaver says {word}", body=f"A beaver and {word}.", tags=["many", word]
        )
        thread = first.thread
        post = factories.reply(thread, self.writer, body=f"My beaver never says {word}.")
        factories.start(self.writer, title=f"Alone with {word}", body=f"No beaver with {word}.")
        sense = Term.objects.get(text=word).senses.get()
        evidence.propose(post, by=author, sense=sense, excerpt="My beaver", stance="uses")
        suggestions.suggest(by=author, kind="sense", text=word, term=sense.terms.get(), note=word, name=word)
        moderation.report(post, by=author, reason="spam", note=word)
        moderation.lock(thread, by=self.moderator, reason=word)
        imported = factories.imported_thread(f"A beaver: {word}\nSaving Changes...\n", title=f"Copied {word}")
        moderation.claim(imported.posts.get(), by=author, kind="mine", contact="", note=word)
        tag = tagging.save_tag(Tag.objects.get(key=word), by=self.curator, name=word, description=f"About {word}.")
        tagging.add_alias(tag, by=self.curator, name=f"{word} too")
        other = factories.published_term(f"{word} two", by=self.curator)
        glossaries.compared(Term.objects.get(key=word), other, by=self.curator)
        known.add_known_acronym(by=self.curator, text=f"{word}Q")
        fields.save_field(None, by=self.curator, name=f"field of {word}", is_foreign=False)


def _client(person):
    client = Client()
    if person:
        client.force_login(person)
    return client


def _cost(person, path):
    """Statements of a page that is not kept, in a process that has answered before."""
    lexicon.current()
    ContentType.objects.get_for_models(*apps.get_models())
    client = _client(person)
    caches["pages"].clear()
    with CaptureQueriesContext(connection) as queries:
        response = client.get(path)
    assert response.status_code == 200, path
    return len(queries)


@pytest.fixture(scope="module")
def crowd(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock(), kept_for_a_file():
        yield Crowd()


@pytest.fixture(scope="module")
def costs(crowd):
    """What each list costs each kind of person, with two rows and with twenty."""

    def all_costs():
        return {(name, kind): _cost(crowd.people[kind], path) for name, path in LISTS.items() for kind in _kinds(name)}

    crowd.grow(2)
    few = all_costs()
    crowd.grow(20)
    return {key: (few[key], many) for key, many in all_costs().items()}


def _kinds(name):
    return ("administrator",) if name in ADMIN else KINDS


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name in LISTS for kind in _kinds(name)])
def test_a_list_costs_the_same_for_two_rows_and_for_twenty(costs, name, kind):
    few, many = costs[name, kind]
    assert few == many


@pytest.mark.parametrize("kind", KINDS)
def test_a_thread_costs_the_same_with_two_posts_and_with_twenty_five(crowd, kind):
    authors = [factories.member(f"voice-{number}", location="Cairo, Egypt") for number in range(25)]
    short = factories.start(authors[0], body="cword and dword").thread
    long = factories.start(authors[0], body="cword and dword").thread
    factories.reply(short, authors[1])
    for author in authors[1:]:
        factories.reply(long, author, body="dword and eword")
    for few in authors[2:9]:
        factories.reply(short, few)  # from eight people on it is asked who is speaking
    person = crowd.people[kind]
    crowd.grow(4)
    assert _cost(person, short.get_absolute_url()) == _cost(person, long.get_absolute_url())
    assert _cost(person, reverse("thread_feed", args=[short.pk])) == _cost(
        person, reverse("thread_feed", args=[long.pk])
    )


def test_a_history_costs_the_same_for_two_versions_and_for_ten(crowd):
    few, many = factories.start(crowd.writer), factories.start(crowd.writer)
    for post, versions in ((few, 2), (many, 10)):
        for number in range(1, versions):
            posting.edit(post, by=crowd.writer, body=f"Version {number} after.", based_on=number)
    costs = [_cost(None, reverse("post_history", args=[post.pk])) for post in (few, many)]
    assert costs[0] == costs[1]
