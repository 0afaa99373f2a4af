"""Two terms side by side: what curators write, what readers find, and what they find no more."""

import re

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from glossary import lexicon
from glossary.actions import comparisons, senses, terms
from glossary.actions.comparisons import Row
from glossary.models import Comparison, ComparisonRow
from members.permissions import Refused
from tests import factories, glossaries
from tests.factories import again, published_term, reply, start
from tests.races import at_once
from threads.actions import moderation, posting
from threads.actions.citations import cite_cells
from threads.models import CellEvidence

pytestmark = pytest.mark.django_db


@pytest.fixture
def by():
    return factories.curator()


@pytest.fixture
def pair(by):
    """Two terms: PMO with the smaller id, CMO first in the alphabet."""
    return (
        published_term("PMO", "Project office", "A unit that keeps delivery in order.", by=by),
        published_term("CMO", "Change office", "A unit that leads people.", by=by),
    )


def sense(term):
    return term.senses.order_by("pk").first()


def save(pair, *rows, by, comparison=None, **said):
    one, other = pair
    given = {"term_a": one, "term_b": other, "sense_a": sense(one), "sense_b": sense(other), "rows": rows} | said
    return comparisons.save_comparison(comparison, by=by, **given)


def rows_of(comparison):
    return list(comparison.rows.order_by("position").values_list("aspect", "left", "right"))


# --- Writing ----------------------------------------------------------------------------------------------------------
def test_the_smaller_term_stands_first_whichever_way_it_was_said(by, pair):
    made = save(pair[::-1], Row("Looks after", "Adoption", "Delivery"), by=by)
    assert (made.term_a, made.term_b, made.sense_a) == (pair[0], pair[1], sense(pair[0]))
    assert rows_of(made) == [("Looks after", "Delivery", "Adoption")]


def test_rows_keep_their_citations_when_they_are_moved_renamed_and_exchanged(by, pair):
    made = save(pair, Row("One", "a", "b"), Row("Two", "c", "d"), Row("Three", "e"), by=by)
    one, two, three = made.rows.order_by("position")
    post = start()
    cite_cells(one, by=by, left_posts=[post.pk], right_posts=[])
    save(pair, Row("One", "c", "d", two.pk), Row("Two", "a", "b", one.pk), by=by, comparison=made)
    assert rows_of(made) == [("One", "c", "d"), ("Two", "a", "b")]
    assert CellEvidence.objects.get().row == one
    assert not ComparisonRow.objects.filter(pk=three.pk).exists()
    save(pair, Row("two", "z", "b"), by=by, comparison=made)
    assert CellEvidence.objects.get().row == one, "found by its aspect"


def test_what_cannot_be_compared_is_refused_in_a_sentence(by, pair):
    one, _other = pair
    made = save(pair, Row("One", "a"), by=by)
    refused = [
        (ValidationError, "different terms", {"term_b": one, "sense_b": sense(one)}),
        (ValidationError, "different senses", {"sense_b": sense(one)}),
        (ValidationError, "does not name", {"sense_a": glossaries.published(by)}),
        (ValidationError, "twice", {"rows": [Row("One", "a"), Row("ONE", "b")]}),
        (ValidationError, "at least one", {"rows": [Row("One")]}),
        (ValidationError, "blank", {"rows": [Row(" ", "a")]}),
        (ValidationError, "at most 400", {"rows": [Row("One", "a" * 401)]}),
        (ValidationError, "at most 30", {"rows": [Row(f"Row {number}", "a") for number in range(31)]}),
        (Refused, "other", {"comparison": made, "term_b": published_term("VMO", by=by)}),
    ]
    refused[-1][2]["sense_b"] = sense(refused[-1][2]["term_b"])
    for kind, told, said in refused:
        with pytest.raises(kind, match=told):
            save(pair, *said.pop("rows", [Row("One", "a")]), by=by, **said)
    with pytest.raises(PermissionDenied):
        save(pair, by=factories.moderator())
    assert rows_of(made) == [("One", "a", "")]


def test_who_saves_over_somebody_elses_work_is_told(by, pair):
    made = save(pair, Row("One", "a"), by=by)
    save(pair, Row("One", "b"), by=by, comparison=made, based_on=1)
    with pytest.raises(comparisons.ComparisonEditedMeanwhile) as told:
        save(pair, Row("One", "c"), by=by, comparison=made, based_on=1)
    assert told.value.comparison.revision == 2
    with pytest.raises(comparisons.ComparisonEditedMeanwhile):
        comparisons.publish_comparison(made, by=by, based_on=1)
    assert rows_of(made) == [("One", "b", "")]


def test_only_what_is_whole_is_published_and_what_readers_see_is_not_deleted(by, pair):
    empty = save(pair, by=by)
    with pytest.raises(Refused, match="row"):
        comparisons.publish_comparison(empty, by=by)
    with pytest.raises(Refused, match="do not see"):
        comparisons.withdraw_comparison(empty, by=by)
    full = save(pair, Row("One", "a"), by=by, comparison=empty)
    senses.retire(sense(pair[0]), by=by, reason="Out of use.")
    with pytest.raises(Refused, match="Both senses"):
        comparisons.publish_comparison(full, by=by)
    senses.publish(sense(pair[0]), by=by)
    published = comparisons.publish_comparison(full, by=by)
    for act in (comparisons.delete_comparison, comparisons.publish_comparison):
        with pytest.raises(Refused):
            act(published, by=by)
    with pytest.raises(Refused, match="row"):
        save(pair, by=by, comparison=published)
    comparisons.delete_comparison(comparisons.withdraw_comparison(published, by=by), by=by)
    assert not Comparison.objects.exists()
    with pytest.raises(Refused, match="deleted meanwhile"):
        comparisons.publish_comparison(published, by=by)


def test_only_curators_keep_comparisons(by, pair):
    made = save(pair, Row("One", "a"), by=by)
    for person in (factories.member(), factories.moderator()):
        for act in (comparisons.publish_comparison, comparisons.withdraw_comparison, comparisons.delete_comparison):
            with pytest.raises(PermissionDenied):
                act(made, by=person)
        with pytest.raises(PermissionDenied):
            cite_cells(made.rows.get(), by=person, left_posts=[], right_posts=[])


@pytest.mark.django_db(transaction=True)
def test_two_who_write_the_same_comparison_at_once_make_one():
    by = factories.curator()
    pair = published_term("PMO", by=by), published_term("CMO", by=by)
    outcomes = at_once(*[lambda: save(pair, Row("One", "a"), by=by)] * 2)
    assert sum(isinstance(outcome, Comparison) for outcome in outcomes) == 1
    made = Comparison.objects.get()
    outcomes = at_once(*[lambda: save(pair, Row("One", "b"), by=by, comparison=made, based_on=1)] * 2)
    assert sum(isinstance(outcome, comparisons.ComparisonEditedMeanwhile) for outcome in outcomes) == 1
    outcomes = at_once(*[lambda: comparisons.publish_comparison(made, by=by)] * 2)
    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 1
    assert again(made).revision == 2


# --- The page ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def compared(by, pair):
    return glossaries.compared(*pair, by=by, rows=[Row("Looks after", "Delivery", "Adoption"), Row("Horizon", "Now")])


def cells(page):
    """The rows of the table as texts, without the names that only a phone shows."""
    rows = re.findall(r"<tr>(.*?)</tr>", re.sub(r'<b class="side">.*?</b>', "", page), re.DOTALL)
    texts = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[" ".join(re.sub(r"<[^>]+>", " ", text).split()) for text in row] for row in texts]


def test_two_terms_stand_side_by_side_in_the_order_of_the_address(client, compared):
    page = client.get("/compare/cmo/pmo/").text
    assert '<h1 dir="auto">CMO and PMO</h1>' in page
    assert "Change office and Project office" in page
    assert cells(page) == [
        ["", "CMO", "PMO"],
        ["Means", "A unit that leads people.", "A unit that keeps delivery in order."],
        ["Looks after", "Adoption uncited", "Delivery uncited"],
        ["Horizon", "–", "Now uncited"],
    ]


def test_a_comparison_has_one_address_and_every_other_way_leads_there(client, by, pair, compared):
    for address in ("/compare/pmo/cmo/", "/compare/project-office-unit/cmo/"):
        terms.save_term(again(pair[0]), by=by, text="PMO", address="project-office-unit")
        terms.save_term(again(pair[0]), by=by, text="PMO", address="pmo")
        response = client.get(address)
        assert (response.status_code, response["Location"]) == (301, "/compare/cmo/pmo/")
    for address in ("/compare/cmo/cmo/", "/compare/project-office-unit/pmo/", "/compare/cmo/nothing/", "/compare/a/b/"):
        assert client.get(address).status_code == 404
    factories.draft_term("VMO", by=by)
    assert client.get("/compare/cmo/vmo/").status_code == 404


def test_without_a_curated_pair_the_page_shows_what_each_means_and_shared_threads(client, pair):
    both = start(title="Which one?", body="A CMO asks a PMO.").thread
    start(title="Only one", body="A PMO.")
    page = client.get("/compare/cmo/pmo/").text
    assert "No curator has compared these two yet." in page
    assert "A unit that leads people." in page
    assert both.get_absolute_url() in page
    assert "Only one" not in page
    assert 'content="noindex"' in page


def test_every_curated_pair_of_two_terms_stands_on_their_page(client, by, pair, compared):
    other = glossaries.published(by, name="Marketing chief", preferred="CMO")
    made = save(pair, Row("Reports to", "The board", "Nobody"), by=by, sense_b=other)
    assert "Marketing chief" not in client.get("/compare/cmo/pmo/").text
    comparisons.publish_comparison(made, by=by)
    page = client.get("/compare/cmo/pmo/").text
    assert f'href="#pair-{made.pk}"' in page
    assert "Marketing chief and Project office" in page


def test_a_cell_cites_posts_until_they_are_gone(client, by, compared):
    post = start(factories.member("mona", name="Mona Lind"), title="Where is the line?").thread.posts.get()
    moved = reply(post.thread, factories.member("hugo", name="Hugo Berg"))
    row = compared.rows.get(aspect="Looks after")
    cite_cells(row, by=by, left_posts=[post.pk], right_posts=[post.pk, moved.pk])
    assert ["Looks after", "Adoption Mona Lind, #1 ; Hugo Berg, #2", "Delivery Mona Lind, #1"] in [
        [re.sub(r"\s*;", " ;", text) for text in row] for row in cells(client.get("/compare/cmo/pmo/").text)
    ]
    moderation.hide_post(moved, by=factories.moderator(), reason="A reason.")
    assert "Hugo" not in client.get("/compare/cmo/pmo/").text
    posting.withdraw(post, by=post.author)
    assert ["Looks after", "Adoption uncited", "Delivery uncited"] in cells(client.get("/compare/cmo/pmo/").text)
    posting.bring_back(again(post), by=post.author)
    cite_cells(row, by=by, left_posts=[], right_posts=[moved.pk])
    assert ["Looks after", "Adoption uncited", "Delivery uncited"] in cells(client.get("/compare/cmo/pmo/").text)


def test_only_posts_that_everybody_sees_are_cited(by, compared):
    row, post = compared.rows.get(aspect="Horizon"), start()
    hidden = factories.hidden_post(reply(post.thread))
    for posts in ([hidden.pk], [0], [post.pk, 10**6], [2**63 - 1]):
        with pytest.raises(ValidationError, match="no post"):
            cite_cells(row, by=by, left_posts=posts, right_posts=[])
    with pytest.raises(Refused):
        cite_cells(row, by=by, left_posts=range(1, 12), right_posts=[])
    cite_cells(row, by=by, left_posts=[post.pk], right_posts=[])
    factories.hidden_post(post)
    cite_cells(row, by=by, left_posts=[post.pk], right_posts=[])
    assert CellEvidence.objects.count() == 1
    row.delete()
    with pytest.raises(Refused):
        cite_cells(ComparisonRow(pk=10**6), by=by, left_posts=[], right_posts=[])


CHANGES = {
    "a row": lambda s: save(s.pair, Row("One", "a"), by=s.by, comparison=s.compared),
    "a withdrawal": lambda s: comparisons.withdraw_comparison(s.compared, by=s.by),
    "a citation": lambda s: cite_cells(s.row, by=s.by, left_posts=[], right_posts=[s.post.pk]),
    "a definition": lambda s: senses.save_sense(sense(s.pair[0]), by=s.by, name="Bureau", definition="A bureau."),
    "a shared thread": lambda _: start(title="Another", body="CMO and PMO."),
    "a title": lambda s: moderation.retitle(s.both.thread, by=s.boss, title="Otherwise?"),
    "a hidden thread": lambda s: moderation.hide_thread(s.both.thread, by=s.boss, reason="A reason."),
    "a cited post": lambda s: moderation.hide_post(s.post, by=s.boss, reason="A reason."),
    "a cited thread": lambda s: moderation.hide_thread(s.post.thread, by=s.boss, reason="A reason."),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_kept_page_changes_with_everything_it_shows(client, by, pair, compared, change):
    class Scene:
        boss = factories.moderator()
        both = start(title="Which one?", body="A CMO asks a PMO.")
        post = start(title="Elsewhere", body="Neither.")
        row = compared.rows.get(aspect="Horizon")

    Scene.by, Scene.pair, Scene.compared = by, pair, compared
    cite_cells(Scene.row, by=by, left_posts=[Scene.post.pk], right_posts=[])
    before = client.get("/compare/cmo/pmo/")
    assert client.get("/compare/cmo/pmo/", headers={"if-none-match": before["ETag"]}).status_code == 304
    CHANGES[change](Scene)
    assert client.get("/compare/cmo/pmo/", headers={"if-none-match": before["ETag"]}).status_code == 200


def test_a_private_portal_compares_nothing_for_visitors(client, compared, settings):
    settings.PORTAL_PRIVATE = True
    assert "Delivery" not in client.get("/compare/cmo/pmo/").text


def test_a_page_costs_the_same_for_one_pair_and_for_many(client, by, pair, compared, django_assert_max_num_queries):
    for number in range(4):
        other = glossaries.published(by, name=f"Meaning {number}", preferred="CMO")
        made = save(pair, *[Row(f"Row {row}", "a", "b") for row in range(5)], by=by, sense_b=other)
        for row in comparisons.publish_comparison(made, by=by).rows.all():
            cite_cells(row, by=by, left_posts=[start().pk], right_posts=[])
    with django_assert_max_num_queries(8):
        client.get("/compare/cmo/pmo/")


# --- Ways to it -------------------------------------------------------------------------------------------------------
def test_it_is_linked_from_both_terms_and_from_a_thread_that_shows_both(client, by, compared):
    both, one = start(body="A CMO asks a PMO.").thread, start(body="A PMO asks.").thread
    link = '<a href="/compare/cmo/pmo/" dir="auto">CMO and PMO</a>'
    for address in ("/glossary/cmo/", "/glossary/pmo/", both.get_absolute_url()):
        assert link in client.get(address).text, address
    assert link not in client.get(one.get_absolute_url()).text
    comparisons.withdraw_comparison(compared, by=by)
    for address in ("/glossary/cmo/", "/glossary/pmo/", both.get_absolute_url()):
        assert link not in client.get(address).text, address


def test_the_lexicon_names_a_pair_once(by, pair, compared):
    other = glossaries.published(by, name="Marketing chief", preferred="CMO")
    comparisons.publish_comparison(save(pair, Row("One", "a"), by=by, sense_b=other), by=by)
    words = lexicon.current()
    assert len(words.compared({pair[0].pk, pair[1].pk})) == 1
    assert words.compared({pair[0].pk}) == []
