"""A term's page beside the discussions: its order by use, the reader's marks, and what its kept page is named by."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from glossary.actions import comparisons, fields, senses, terms
from glossary.models import Sense, Term
from members.models import Marks, SiteVersion
from tests import factories, glossaries
from tests.factories import again, reply, start
from threads.actions import evidence, meanings, moderation, posting
from threads.models import Post, Thread

pytestmark = pytest.mark.django_db
NAMES = ("Change Management Office", "Chief Money Officer", "Current Mode Operator")


@pytest.fixture
def by():
    return factories.curator()


@pytest.fixture
def cmo(by):
    """A term with three senses of project work, numbered as here, and one from elsewhere."""
    for name in NAMES:
        glossaries.published(by, name=name, preferred=name, abbreviation="CMO")
    medicine = fields.save_field(None, by=by, name="medicine", is_foreign=True)
    glossaries.published(by, name="Chief Medical Officer", abbreviation="CMO", field=medicine)
    return Term.objects.get(key="cmo")


def sense(name):
    return Sense.objects.get(name=name)


def order(client, term):
    """The headings of the senses, as they stand."""
    headings = re.findall(
        r"<section class=\"sense\" id=\"sense-\d+\">.*?<h2[^>]*>(.*?)</h2>", page(client, term), re.DOTALL
    )
    return [" ".join(re.sub(r"<[^>]+>.*?</[^>]+>", "", heading).split()) for heading in headings]


def page(client, term):
    response = client.get(again(term).get_absolute_url())
    assert response.status_code == 200
    return response.content.decode()


def words(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def choose(term, name, thread=None):
    thread = thread or start(body="Our CMO decides.").thread
    meanings.choose(thread, by=thread.starter, term=term.pk, sense=sense(name).pk)
    return thread


def cite(post, name, by, **said):
    said = {"excerpt": post.body, "stance": "defines"} | said
    return evidence.propose(post, by=by, sense=sense(name), **said)


# --- The order --------------------------------------------------------------------------------------------------------


def test_nobody_has_used_any_so_they_stand_by_their_numbers(client, cmo):
    assert order(client, cmo) == [
        f"{number}. {name}" for number, name in enumerate([*NAMES, "Chief Medical Officer"], 1)
    ]
    assert "used most here" not in page(client, cmo)


def test_the_one_most_used_here_stands_first_under_its_own_number(client, cmo):
    choose(cmo, NAMES[2])
    assert order(client, cmo)[:3] == [f"3. {NAMES[2]}", f"1. {NAMES[0]}", f"2. {NAMES[1]}"]
    line = words(re.search(r'<nav aria-label="Senses">.*?</nav>', page(client, cmo), re.DOTALL)[0])
    assert line == (f"3. {NAMES[2]} (used most here) 1. {NAMES[0]} 2. {NAMES[1]} Elsewhere: 4. Chief Medical Officer")


def test_threads_come_before_cited_posts_and_a_spelled_out_word_is_a_thread(client, cmo, by):
    for number in range(2):
        cite(start(body=f"What we call number {number}."), NAMES[1], by)
    assert order(client, cmo)[0] == f"2. {NAMES[1]}"
    start(body=f"A {NAMES[2]} (CMO) is what we have.")
    assert order(client, cmo)[0] == f"3. {NAMES[2]}"
    for _number in range(2):
        choose(cmo, NAMES[0])
    assert order(client, cmo)[0] == f"1. {NAMES[0]}"


def test_a_thread_that_chose_and_spells_it_out_counts_once(client, cmo):
    choose(cmo, NAMES[2], start(body=f"A {NAMES[2]} (CMO) is what we have.").thread)
    choose(cmo, NAMES[1])
    assert order(client, cmo)[0] == f"2. {NAMES[1]}", "as often, so the smaller number"


def test_what_disputes_a_sense_is_no_use_of_it(client, cmo, by):
    cite(start(body="It is not that."), NAMES[2], by, stance="disputes")
    assert order(client, cmo)[0] == f"1. {NAMES[0]}"


def test_hidden_threads_and_retired_senses_are_not_used(client, cmo, by):
    thread = choose(cmo, NAMES[2])
    factories.hidden_thread(thread)
    assert order(client, cmo)[0] == f"1. {NAMES[0]}"
    choose(cmo, NAMES[2])
    senses.retire(sense(NAMES[2]), by=by, reason="Old.")
    assert order(client, cmo)[0] == f"1. {NAMES[0]}"
    assert f"3. {NAMES[2]} (retired)" in words(page(client, cmo))


def test_senses_from_elsewhere_stay_folded_however_often_they_are_meant(client, cmo):
    choose(cmo, "Chief Medical Officer")
    assert order(client, cmo)[0] == f"1. {NAMES[0]}"


def test_two_senses_stand_by_their_numbers(client, by):
    for name in NAMES[:2]:
        glossaries.published(by, name=name, preferred=name, abbreviation="CMO")
    term = Term.objects.get(key="cmo")
    choose(term, NAMES[1])
    assert order(client, term) == [f"1. {NAMES[0]}", f"2. {NAMES[1]}"]


def test_a_new_use_changes_no_number_and_a_new_sense_comes_last_of_its_kind(client, cmo, by):
    glossaries.published(by, name="Customer Migration Owner", abbreviation="CMO")
    choose(cmo, "Customer Migration Owner")
    numbers = sorted(order(client, cmo))
    assert numbers[:4] == [f"1. {NAMES[0]}", f"2. {NAMES[1]}", f"3. {NAMES[2]}", "4. Customer Migration Owner"]
    assert order(client, cmo)[0] == "4. Customer Migration Owner"


def test_a_term_whose_senses_are_all_retired_says_so(client, by):
    old, new = glossaries.published(by, name="Old office"), glossaries.published(by, name="New office")
    senses.retire(old, by=by, reason="Nobody says it.", successor=new)
    assert "1 sense Retired" in words(page(client, Term.objects.get(key="old office")))
    assert "Retired" not in words(page(client, Term.objects.get(key="new office")))


# --- Samples ----------------------------------------------------------------------------------------------------------


def test_samples_are_left_out_as_soon_as_a_member_uses_the_term(client, cmo, by):
    sample = factories.sample_thread(title="A sample of it", body=f"A {NAMES[2]} (CMO) and a CMO.")
    shown = words(page(client, cmo))
    assert "A sample of it" in shown
    assert "1 post in 1 discussion" in shown
    assert order(client, cmo)[0] == f"3. {NAMES[2]}"
    start(title="In earnest", body="A CMO.")
    start(title="Twice in earnest", body="A CMO.")
    shown = words(page(client, cmo))
    assert "A sample of it" not in shown
    assert "2 posts in 2 discussions" in shown
    choose(cmo, NAMES[1])
    assert order(client, cmo)[0] == f"2. {NAMES[1]}"
    assert again(sample).is_sample


def test_cited_samples_are_shown_and_not_counted_beside_others(client, by):
    term = factories.published_term("Risk", by=by)
    sample = factories.sample_thread(body="A sample says it.").posts.get()
    cite(sample, "Risk", by)
    assert "1 use by 1 person" in words(page(client, term))
    for number in range(2):
        cite(start(body=f"In earnest number {number}."), "Risk", by)
    shown = words(page(client, term))
    assert "A sample says it." in shown
    assert "2 uses by 2 people" in shown


# --- Marks ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def marked(by):
    """A term whose two definitions hold an acronym and a phrase."""
    glossaries.published(by, preferred="PMO")
    glossaries.published(by, preferred="change request")
    for number in (1, 2):
        said = f"Who gives number {number} to a PMO and a change request."
        glossaries.published(by, name=f"Meaning {number}", abbreviation="XYZ", definition=said)
    return Term.objects.get(key="xyz")


CHOICES = {"none": [], "page": ["PMO"], "post": ["PMO", "change request"] * 2}


def marks(client, term):
    return re.findall(r'data-term="\d+">([^<]*)</a>', page(client, term))


@pytest.mark.parametrize("chosen", CHOICES)
def test_definitions_are_marked_as_the_reader_chose(client, marked, chosen):
    client.post(reverse("display"), {"marks": chosen})
    assert marks(client, marked) == CHOICES[chosen]
    person = factories.member()
    client.force_login(person)
    assert marks(client, marked) == CHOICES["page"]
    type(person).objects.filter(pk=person.pk).update(marks=Marks(chosen))
    assert marks(client, marked) == CHOICES[chosen]


def test_a_word_that_a_member_knows_is_not_marked_in_definitions(client, marked):
    client.force_login(factories.member())
    client.post(reverse("my_words"), {"know": "pmo"})
    assert marks(client, marked) == []


# --- The kept page ----------------------------------------------------------------------------------------------------


@pytest.fixture
def scene(cmo, by):
    """A page with a row of everything that it may show."""

    class Scene:
        term, curator, boss = cmo, by, factories.moderator()
        author = factories.member("mona", name="Mona Lind", organisation="Acme")

    scene = Scene()
    scene.first = start(scene.author, title="Where is the CMO?", body="A CMO, as we call it.")
    scene.thread = scene.first.thread
    scene.other = start(title="Only cited", body="It leads people.")
    scene.cited = cite(scene.other, NAMES[0], by)
    scene.waiting = cite(scene.first, NAMES[0], factories.member("otto"))
    scene.second = reply(scene.thread, scene.author, body="The CMO again.")
    scene.older = start(title="Older", body="A CMO.")
    for number in range(5):
        scene.newest = start(title=f"Newer {number}", body="A CMO.")
    Thread.objects.filter(pk=scene.older.thread_id).update(last_posted_at=scene.older.created_at - timedelta(days=9))
    scene.pmo = factories.published_term("PMO", by=by)
    return scene


def _write_earlier(scene):
    Post.objects.filter(pk=scene.second.pk).update(created_at=scene.second.created_at - timedelta(days=400))


CHANGES = {
    "a thread that uses it": lambda _: start(title="Another", body="A CMO."),
    "a reply in a thread that uses it": lambda s: reply(s.thread, body="Yes."),
    "a title": lambda s: moderation.retitle(s.newest.thread, by=s.boss, title="Where does it end?"),
    "a hidden thread": lambda s: moderation.hide_thread(s.thread, by=s.boss, reason="A reason."),
    "a hidden post in a thread that is not listed": lambda s: moderation.hide_post(s.older, by=s.boss, reason="No."),
    "a post of another year": _write_earlier,
    "an edit that takes the word away": lambda s: posting.edit(s.older, by=s.older.author, body="None.", based_on=1),
    "evidence": lambda s: cite(s.second, NAMES[0], s.curator),
    "evidence that is decided": lambda s: evidence.decide(s.waiting, by=s.curator, publish=True),
    "evidence that is taken back": lambda s: evidence.decide(s.cited, by=s.curator, publish=False),
    "another stance": lambda s: cite(s.other, NAMES[0], s.curator, stance="uses"),
    "a cited post that is edited": lambda s: posting.edit(s.other, by=s.other.author, body="Else.", based_on=1),
    "a cited post that is withdrawn": lambda s: posting.withdraw(s.other, by=s.other.author),
    "a cited thread's title": lambda s: moderation.retitle(s.other.thread, by=s.boss, title="Otherwise?"),
    "a choice": lambda s: choose(s.term, NAMES[2], s.older.thread),
    "a word spelled out": lambda s: posting.edit(s.older, by=s.older.author, body=f"A {NAMES[1]} (CMO).", based_on=1),
    "a definition": lambda s: senses.save_sense(
        sense(NAMES[0]), by=s.curator, name=NAMES[0], definition="A bureau.", based_on=sense(NAMES[0]).revision
    ),
    "a sense": lambda s: glossaries.published(s.curator, abbreviation="CMO"),
    "a retired sense": lambda s: senses.retire(sense(NAMES[1]), by=s.curator, reason="Old."),
    "the usual sense": lambda s: terms.set_usual_sense(s.term, by=s.curator, sense=sense(NAMES[1])),
    "a comparison": lambda s: comparisons.publish_comparison(
        glossaries.compared(s.term, s.pmo, by=s.curator, is_published=False), by=s.curator
    ),
    "a field's name": lambda s: fields.save_field(
        sense("Chief Medical Officer").field, by=s.curator, name="health", is_foreign=True
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_kept_page_gets_a_new_name_with_every_row_that_it_shows(client, scene, change):
    before = client.get(scene.term.get_absolute_url())
    assert before["Cache-Control"] == "public, no-cache"
    same = client.get(scene.term.get_absolute_url(), headers={"if-none-match": before["ETag"]})
    assert same.status_code == 304
    CHANGES[change](scene)
    after = client.get(scene.term.get_absolute_url(), headers={"if-none-match": before["ETag"]})
    assert after.status_code == 200
    assert words(after.content.decode()) != words(before.content.decode()), "what changed is shown"


def test_what_other_threads_say_leaves_the_page_as_it_is(client, scene):
    before = client.get(scene.term.get_absolute_url())
    reply(start(title="Of something else", body="Nothing of it.").thread)
    same = client.get(scene.term.get_absolute_url(), headers={"if-none-match": before["ETag"]})
    assert same.status_code == 304


def test_an_unchanged_page_costs_two_statements(client, scene, django_assert_num_queries):
    etag = client.get(scene.term.get_absolute_url())["ETag"]
    with django_assert_num_queries(2):
        client.get(scene.term.get_absolute_url(), headers={"if-none-match": etag})


def test_an_address_of_earlier_and_a_term_that_is_not_there_are_not_kept(client, cmo, by):
    terms.save_term(cmo, by=by, text="CMO", address="office")
    assert client.get("/glossary/cmo/").status_code == 301
    assert client.get("/glossary/nothing/").status_code == 404
    assert SiteVersion.objects.get().version
