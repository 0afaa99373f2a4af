"""Help while somebody writes: discussions like theirs, what Markdown may do, and nothing of what they may not see."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from glossary import lexicon
from tests import factories, glossaries
from tests.factories import member, start

pytestmark = pytest.mark.django_db


def like(client, title):
    return client.get(reverse("similar"), {"title": title})


def test_titles_that_share_words_are_shown_the_nearest_first(client):
    start(title="Who owns the benefits register?")
    start(title="A benefits day")
    start(title="Critical path through a supplier")
    page = like(client, "Who keeps a benefits register?").text
    assert page.index("Who owns the benefits register?") < page.index("A benefits day")
    assert "Critical path" not in page


def test_a_title_that_shares_one_word_of_many_is_not_alike(client):
    start(title="Weekly report of the office")
    assert like(client, "When does an office decide on budgets, staff, methods and suppliers?").status_code == 204


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("How do we staff a CMO?", "Our change management office has four people."),
        ("A change management office for a bank", "The CMO reports to the board."),
    ],
)
def test_the_glossary_knows_what_the_words_mean_in_both_directions(client, title, body):
    curator = factories.curator()
    glossaries.published(curator, name="change management office", abbreviation="CMO")
    start(title="Somewhere else entirely", body=body)
    assert "Somewhere else entirely" in like(client, title).text


def test_two_terms_of_a_title_lead_to_their_comparison(client):
    curator = factories.curator()
    one, other = factories.published_term("PMO", by=curator), factories.published_term("CMO", by=curator)
    entry = glossaries.compared(one, other, by=curator)
    assert reverse("compare", args=sorted((one.slug, other.slug))) in like(client, "PMO or CMO first?").text
    assert entry


@pytest.mark.parametrize("hide", ["thread", "post"])
def test_what_readers_do_not_see_is_not_alike(client, hide):
    factories.published_term("CMO")
    first = start(title="A wombat of a register", body="A CMO.")
    if hide == "thread":
        factories.hidden_thread(first.thread)
    else:
        factories.hidden_post(first)
    assert like(client, "Wombat register").status_code == 204
    assert like(client, "What is a CMO?").status_code == 204


@pytest.mark.parametrize(
    "title", ["", "x", "a the of", "'; DROP TABLE", "\\", "& | !", "ø" * 300, "مكتب إدارة المشاريع"]
)
def test_any_title_is_answered(client, title):
    assert like(client, title).status_code == 204


def test_it_costs_the_same_for_two_and_for_ten(client):
    factories.published_term("CMO")
    costs = []
    for _time in range(2):
        for number in range(5 if costs else 2):
            start(title=f"A register, number {number}", body="A CMO.")
        lexicon.current()
        with CaptureQueriesContext(connection) as queries:
            assert like(client, "A register of the CMO").status_code == 200
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 4


def test_the_preview_shows_them_without_script(client):
    start(title="Who owns the benefits register?")
    client.force_login(member())
    typed = {"title": "Who keeps a benefits register?", "body": "We do not know.", "preview": "1"}
    assert "Who owns the benefits register?" in client.post(reverse("thread_new"), typed).text


def test_the_help_shows_what_the_renderer_makes_of_each_example(client):
    page = client.get(reverse("markdown_help")).text
    for part in ("<strong>bold</strong>", "<s>struck out</s>", "☑", "<th", "<blockquote", 'href="https://example.org"'):
        assert part in page
