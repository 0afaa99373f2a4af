"""Which words posts use: found when they are written, and anew when the glossary changes."""

import threading

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from glossary.actions import senses, terms
from glossary.actions.terms import Spelled
from glossary.models import SpellingChange, Term
from markup.render import RENDERER_VERSION, render
from pmo_cmo import mentions
from tests import factories, glossaries
from tests.races import at_once
from threads.actions import posting
from threads.actions.words import index_posts
from threads.models import Mention, Post

pytestmark = pytest.mark.django_db


def words_of(post):
    rows = Mention.objects.filter(post=post).select_related("term").order_by("key")
    return [(row.text, row.term.text if row.term else row.words or None) for row in rows]


def test_a_post_is_indexed_as_it_is_written_and_as_it_is_edited():
    factories.published_term("PMO", "Project office")
    author = factories.member()
    post = factories.start(author, body="Our PMOs and the SOX board.\n\n> A CMO was quoted.")
    assert words_of(post) == [("PMO", "PMO"), ("SOX", None)]
    posting.edit(post, by=author, body="The SRO and the Audit Risk Board (ARB).", based_on=1)
    assert words_of(post) == [("ARB", "Audit Risk Board"), ("SRO", None)]


def test_imported_and_sample_threads_are_indexed():
    factories.published_term("budget")
    assert words_of(factories.imported_thread().posts.get(number=1)) == [("budget", "budget")]
    assert words_of(factories.sample_thread(body="A budget.").posts.get()) == [("budget", "budget")]


def test_publishing_fills_the_mentions_of_posts_that_are_there_and_retiring_takes_them_out():
    post = factories.start(body="SOX here, twice: SOX. Also an orphan.")
    curator = glossaries.curator()
    sense = glossaries.published(curator, preferred="SOX")
    assert words_of(post) == [("SOX", None)]
    assert mentions.catch_up()
    assert words_of(post) == [("SOX", "SOX")]
    senses.retire(glossaries.again(sense), by=curator, reason="Not ours.")
    mentions.catch_up()
    assert words_of(post) == [("SOX", None)]
    assert not SpellingChange.objects.filter(done_at=None).exists()


def test_a_spelling_that_comes_or_goes_is_found_in_old_posts():
    post = factories.start(body="The wombat office decides; as is.")
    term = factories.published_term("PMO", "Project office")
    mentions.catch_up()
    curator = glossaries.curator()
    given = [Spelled("PMO"), Spelled("PMOs")]
    terms.save_term(term, by=curator, text="PMO", spellings=[*given, Spelled("wombat office"), Spelled("as is")])
    mentions.catch_up()
    assert words_of(post) == [("PMO", "PMO")]
    terms.save_term(Term.objects.get(pk=term.pk), by=curator, text="PMO", spellings=given)
    mentions.catch_up()
    assert words_of(post) == []


def test_a_name_given_to_a_published_sense_is_found_in_old_posts():
    post = factories.start(body="The gate keeper decides.")
    curator = glossaries.curator()
    sense = glossaries.published(curator, preferred="PMO")
    mentions.catch_up()
    said = {"name": sense.name, "definition": sense.definition}
    names = [glossaries.Naming("PMO"), glossaries.Naming("gate keeper", "synonym")]
    senses.save_sense(glossaries.again(sense), by=curator, namings=names, **said)
    mentions.catch_up()
    assert words_of(post) == [("gate keeper", "gate keeper")]


def test_very_many_changes_are_one_walk_over_all_posts(monkeypatch):
    post = factories.start(body="SOX and a wombat office.")
    curator = glossaries.curator()
    for preferred in ("SOX", "wombat office", "orphan"):
        glossaries.published(curator, preferred=preferred)
    walks = []
    monkeypatch.setattr(mentions, "index_posts", lambda ids: walks.append(ids) or index_posts(ids))
    monkeypatch.setattr(mentions, "CHANGES", 1)
    assert mentions.catch_up()
    assert words_of(post) == [("SOX", "SOX"), ("wombat office", "wombat office")]
    assert walks == [[post.pk]]


def test_every_kind_of_change_of_the_glossary_leaves_the_mentions_as_a_fresh_index_has_them():
    curator = glossaries.curator()
    factories.start(body="PMO, the big office, SOX and offices; PMO lead.")
    for preferred in ("PMO", "big office", "PMO lead"):
        glossaries.published(curator, preferred=preferred)
    terms.save_term(Term.objects.get(key="big office"), by=curator, text="office")
    terms.save_term(Term.objects.get(key="pmo"), by=curator, text="SOX", case_rule="exact")
    mentions.catch_up()
    found = sorted(Mention.objects.values_list("post", "key", "term", "words"))
    Mention.objects.all().delete()
    call_command("index_words", verbosity=0)
    assert sorted(Mention.objects.values_list("post", "key", "term", "words")) == found
    assert [row[1] for row in found] == ["office", "pmo", "pmo lead", "sox"]


def test_indexing_twice_changes_nothing():
    factories.start(body="SOX and an Audit Risk Board (ARB).")
    before = list(Mention.objects.order_by("pk").values())
    call_command("index_words", verbosity=0)
    assert list(Mention.objects.order_by("pk").values()) == before


def _many(thread, author, count):
    last = thread.last_number
    html = render("Post about SOX.")
    Post.objects.bulk_create(
        Post(
            thread=thread,
            number=last + place,
            author=author,
            author_name="A",
            body="Post about SOX.",
            body_html=html,
            renderer_version=RENDERER_VERSION,
        )
        for place in range(1, count + 1)
    )
    thread.last_number = last + count
    thread.save()


@pytest.mark.django_db(transaction=True)
def test_two_thousand_posts_are_indexed_anew_while_people_post_and_edit(monkeypatch):
    monkeypatch.setattr(posting, "MOST_A_MINUTE", 10_000)  # faster than people may write
    author = factories.member()
    first = factories.start(author, body="SOX first.")
    thread = first.thread
    _many(thread, author, 2000)
    glossaries.published(glossaries.curator(), preferred="SOX")

    def write():
        for number in range(15):
            factories.reply(thread, author, body=f"SOX again, number {number}.")
            posting.edit(first, by=author, body=f"SOX first, version {number}.", based_on=number + 1)
            first.refresh_from_db()
        return True

    assert at_once(write, mentions.catch_up, mentions.catch_up) == [True, True, True]
    assert Mention.objects.filter(key="sox", term__text="SOX").count() == 2016
    assert Mention.objects.count() == 2016
    assert not SpellingChange.objects.filter(done_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_who_writes_with_the_glossary_of_before_is_waited_for():
    author = factories.member()
    thread = factories.start(author, body="Nothing yet.").thread
    began, published = threading.Event(), threading.Event()
    outcome = []

    def write_slowly():
        try:
            with transaction.atomic():
                html = render("SOX, slowly.")
                post = Post.objects.create(
                    thread=thread, number=90, body="SOX, slowly.", body_html=html, renderer_version=RENDERER_VERSION
                )
                Mention.objects.create(post=post, key="sox", text="SOX")  # as the glossary of before has it
                began.set()
                published.wait(20)
        finally:
            connection.close()

    slow = threading.Thread(target=write_slowly)
    slow.start()
    began.wait(20)
    glossaries.published(glossaries.curator(), preferred="SOX")

    def catch_up():
        outcome.append(mentions.catch_up())
        connection.close()

    catching = threading.Thread(target=catch_up)
    catching.start()
    published.set()
    slow.join(20)
    catching.join(30)
    assert outcome == [True]
    assert Mention.objects.get(key="sox").term.text == "SOX"


@pytest.mark.django_db(transaction=True)
def test_mentions_are_written_while_a_moderator_or_its_author_holds_the_post():
    post = factories.start(body="SOX one.")
    Mention.objects.all().delete()
    with transaction.atomic():
        Post.objects.select_for_update(no_key=True).get(pk=post.pk)
        assert at_once(lambda: index_posts([post.pk])) == [None]
    assert words_of(post) == [("SOX", None)]


def test_a_walk_that_was_broken_off_goes_on_where_it_was():
    early = factories.start(body="SOX early.")
    late = factories.start(body="SOX late.")
    glossaries.published(glossaries.curator(), preferred="SOX")
    SpellingChange.objects.update(done_up_to=early.pk)
    mentions.catch_up()
    assert words_of(early) == [("SOX", None)]
    assert words_of(late) == [("SOX", "SOX")]
