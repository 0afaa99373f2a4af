"""A preview shows its writer what the page shows them afterwards, to the letter: quotations, names, marks, panels."""

import json
import re
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from glossary.models import Term
from tests import factories, glossaries
from threads.actions import meanings, tagging
from threads.actions.words import know_word
from threads.models import Post, Tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def writer(client):
    writer = factories.member()
    client.force_login(writer)
    return writer


@pytest.fixture(autouse=True)
def words():
    """One term of two meanings, one of one, and a phrase."""
    curator = glossaries.curator()
    glossaries.published(curator, preferred="Change Management Office", abbreviation="CMO")
    glossaries.published(curator, preferred="Chief Marketing Officer", abbreviation="CMO")
    glossaries.published(curator, preferred="PMO")
    glossaries.published(curator, preferred="change request")


def prose(html, head):
    """The text in the first `.prose` after a place of a page; an acronym asked about has its address later only."""
    found = re.search(
        r'<div class="prose"[^>]*>(.*?)</div>\s*</?(section|form|div|p|ul|details|footer)',
        html[html.index(head) :],
        re.DOTALL,
    )
    return re.sub(r' href="/threads/\d+/words/#[^"]*" data-term="[^"]*" rel="nofollow"', "", found[1].strip())


def panels(html):
    """What is said at the marks of a text, by the word; links aside, which a thread that begins has fewer of."""
    found = re.search(r'id="terms"[^>]*>(.*?)</script>', html, re.DOTALL)
    said = json.loads(found[1]) if found else {}
    return {each["text"]: (each["said"], [sense["name"] for sense in each["senses"]]) for each in said.values()}


def previewed(client, address, **said):
    answer = client.post(address, {"token": uuid4(), **said, "preview": "1"})
    assert answer.status_code == 200
    return answer.content.decode()


def published(client, address, **said):
    answer = client.post(address, {"token": uuid4(), **said})
    assert answer.status_code == 302, answer.content.decode()
    post = Post.objects.get(pk=answer["Location"].rpartition("-")[2])
    return client.get(answer["Location"]).content.decode(), f'id="post-{post.pk}"'


def agree(client, address, **said):
    """Preview and post the same; returns the text as both show it."""
    before = previewed(client, address, **said)
    after, head = published(client, address, **said)
    shown = prose(before, 'id="preview-head"')
    assert shown == prose(after, head)
    assert panels(before).items() <= panels(after).items()
    assert {re.sub(r"<.*?>", "", word) for word in re.findall(r"<a class=\"term.*?</a>", shown)} <= {
        *panels(before),
        *(f"{word}s" for word in panels(before)),
    }
    return shown


BODY = """The PMO and the CMO, SOX and the DPIAs, a change request.

The Audit Risk Board (ARB) met; the ARB, SOX and PMO again.

> As the PMO said.

- `CMO` in code, [PMO](https://example.org/) in a link"""


def test_a_discussion_that_begins(client, writer):
    shown = agree(client, reverse("thread_new"), title="Who decides?", body=BODY)
    assert re.findall(r'class="term(?: undefined)?"[^>]*>([^<]*)', shown) == ["PMO", "CMO", "SOX", "DPIAs"]


def test_a_reply_whose_page_marks_some_of_its_words_already(client, writer):
    thread = factories.start(body="Our PMO asked SOX.").thread
    shown = agree(client, reverse("reply", args=[thread.pk]), body=BODY)
    assert re.findall(r'class="term(?: undefined)?"[^>]*>([^<]*)', shown) == ["CMO", "DPIAs"]


def test_a_reply_that_begins_a_page(client, writer):
    thread = factories.thread(posts=25, body="Our PMO.")
    assert thread.last_number == 25
    assert 'data-term="' in agree(client, reverse("reply", args=[thread.pk]), body="Your PMO.")


@pytest.mark.parametrize("marks", ["none", "post"])
def test_as_the_writer_wants_marks(client, writer, marks):
    client.post(reverse("display"), {"marks": marks})
    thread = factories.start(body="Our PMO asked SOX.").thread
    shown = agree(client, reverse("reply", args=[thread.pk]), body=BODY)
    assert ("change request</a>" in shown) == (marks == "post")
    assert ('class="term' in shown) == (marks == "post")


def test_what_the_writer_knows_is_not_marked(client, writer):
    for word in ("PMO", "SOX"):
        know_word(word, by=writer)
    thread = factories.start().thread
    for address, said in ((reverse("thread_new"), {"title": "Who?"}), (reverse("reply", args=[thread.pk]), {})):
        shown = agree(client, address, body=BODY, **said)
        assert re.findall(r'class="term(?: undefined)?"[^>]*>([^<]*)', shown) == ["CMO", "DPIAs"]


def test_an_edit_that_takes_a_meaning_away_and_spells_another_one_out(client, writer):
    thread = factories.start(body="The CMO.").thread
    post = factories.reply(thread, by=writer, body="A Chief Marketing Officer (CMO) and a Data Impact Note (DPIA).")
    factories.reply(thread, body="The PMO, the DPIA.")
    address = reverse("post_edit", args=[post.pk])
    assert "DPIA</a>" in agree(client, address, body="The DPIA, the PMO, the CMO.", based_on=1)
    text = "The Change Management Office (CMO), not the DPIA."
    assert panels(previewed(client, address, body=text, based_on=2))["CMO"][0] == f"spelled out in #{post.number}"
    agree(client, address, body=text, based_on=2)


def test_what_is_settled_for_the_thread_or_by_its_tags(client, writer):
    curator = glossaries.curator()
    thread = factories.start(by=curator, body="Who knows?").thread
    term = Term.objects.get(text="CMO")
    sense = term.senses.order_by("pk").first()
    meanings.choose(thread, by=curator, term=term.pk, sense=sense.pk)
    before = previewed(client, reverse("reply", args=[thread.pk]), body="The CMO.")
    assert panels(before)["CMO"][0] == "chosen for this thread"
    agree(client, reverse("reply", args=[thread.pk]), body="The CMO.")
    factories.start(by=curator, tags=["change"])
    tagging.save_tag(Tag.objects.get(), by=curator, name="change", description="", sense=sense)
    begun = previewed(client, reverse("thread_new"), title="Who decides?", body="The CMO.", tags=["Change"])
    assert panels(begun)["CMO"][0] == "from the tag change"
    agree(client, reverse("thread_new"), title="Who decides?", body="The CMO.", tags=["Change"])


def test_quotations_and_names(client, writer):
    thread = factories.start(body="The PMO decides what the SOX board reads.").thread
    first = thread.posts.get()
    body = f"> [#1](/posts/{first.pk}/)\n> The PMO decides\n\nAs @{first.author.username} said in #1: SOX."
    shown = agree(client, reverse("reply", args=[thread.pk]), body=body)
    assert "cited" in shown


def test_a_preview_costs_the_same_whatever_stands_on_its_page(client, writer):
    def cost(thread):
        with CaptureQueriesContext(connection) as asked:
            previewed(client, reverse("reply", args=[thread.pk]), body=BODY)
        return len(asked)

    first, few, many = (factories.thread(posts=posts, body="PMO and SOX.") for posts in (1, 2, 24))
    cost(first)  # of new acronyms the writer is told once
    assert cost(few) == cost(many)
