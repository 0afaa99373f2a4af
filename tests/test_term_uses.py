"""On a term's page: how often it is used, what is folded, where others define it."""

import json
import re
from datetime import datetime

import pytest
from django.core.exceptions import ValidationError
from django.test import RequestFactory
from django.utils.timezone import get_current_timezone

from glossary.actions import fields, senses
from glossary.actions.bulk_steps import Reference
from glossary.models import Term
from pmo_cmo.admin import site
from tests import factories
from tests.glossaries import again, curator, published
from threads.models import Mention, Post
from threads.templatetags.panels import Uses, uses_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _this_host(settings):
    settings.ALLOWED_HOSTS = ["testserver"]


def page(client, text="CMO"):
    return client.get(Term.objects.get(text=text).get_absolute_url()).content.decode()


def words_of(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def used(term, *years, thread=None):
    """A post of each of these years that uses the term."""
    thread = thread or factories.start(body="Nothing of the kind.").thread
    for year in years:
        post = factories.reply(thread)
        Post.objects.filter(pk=post.pk).update(created_at=datetime(year, 3, 4, 12, tzinfo=get_current_timezone()))
        Mention.objects.update_or_create(post=post, key=term.key, defaults={"text": term.text, "term": term})
    return thread


# --- Uses ------------------------------------------------------------------------------------------------------------


def test_a_term_that_nobody_uses_says_nothing_of_uses(client):
    factories.published_term("Risk")
    assert "<h2>Uses</h2>" not in page(client, "Risk")


def test_a_sentence_tells_posts_discussions_first_and_latest_use(client):
    term = factories.published_term("Risk")
    used(term, 2021, 2024)
    used(term, 2023)
    said = words_of(page(client, "Risk"))
    assert "3 posts in 2 discussions, first 4 Mar 2021 , latest 4 Mar 2024 ." in said
    assert "<svg" not in page(client, "Risk")


def test_a_chart_stands_from_three_years_and_thirty_posts_with_its_figures_in_words(client):
    term = factories.published_term("Risk")
    thread = used(term, *[2021] * 20, *[2023] * 9)
    assert "uses-chart" not in page(client, "Risk")
    used(term, 2023, thread=thread)
    html = page(client, "Risk")
    assert html.count("<rect") == 3
    assert "Posts per year: 2021: 20, 2022: 0, 2023: 10" in words_of(html)
    assert 'role="img" aria-label="Uses per year"' in html


def test_thirty_posts_in_two_years_are_no_chart():
    assert not Uses(posts=40, years={2022: 20, 2023: 20}).has_chart
    assert Uses(posts=30, years={2021: 1, 2023: 29}).has_chart


def test_the_bars_fit_their_drawing_and_one_post_is_seen():
    bars = Uses(posts=1001, years={2020: 1, 2022: 1000}).bars
    assert [bar.height for bar in bars] == [1, 0, 48]
    assert all(bar.y + bar.height == 48 for bar in bars)


def test_imported_posts_are_said_apart_without_a_date(client):
    term = factories.published_term("Risk")
    imported = factories.imported_thread()
    for post in imported.posts.all():
        Mention.objects.update_or_create(post=post, key=term.key, defaults={"text": term.text, "term": term})
    said = words_of(page(client, "Risk"))
    assert "2 posts in 1 imported discussion, of unknown date." in said
    assert "first" not in said.partition("Uses")[2]
    used(term, 2021, 2024)
    said = words_of(page(client, "Risk"))
    assert "2 posts in 1 discussion, first 4 Mar 2021 , latest 4 Mar 2024 ." in said
    assert "2 posts in 1 imported discussion, of unknown date." in said


def test_hidden_and_withdrawn_posts_are_not_counted_and_imported_ones_apart(django_assert_num_queries):
    term = factories.published_term("Risk")
    thread = used(term, 2022, 2023)
    imported = factories.imported_thread()
    for post in imported.posts.all():
        Mention.objects.update_or_create(post=post, key=term.key, defaults={"text": term.text, "term": term})
    factories.hidden_post(thread.posts.order_by("-number").first())
    reader = factories.member()
    with django_assert_num_queries(1):
        uses = uses_of(term, reader)["uses"]
    assert (uses.posts, uses.threads) == (1, 1)
    assert (uses.undated, uses.undated_threads) == (2, 1)


# --- Folded senses ---------------------------------------------------------------------------------------------------


def several(*foreign):
    by = curator()
    medicine = fields.save_field(None, by=by, name="medicine", is_foreign=True)
    for number, is_foreign in enumerate(foreign):
        published(by, name=f"Meaning {number}", abbreviation="CMO", field=medicine if is_foreign else None)


def test_from_three_senses_on_those_from_elsewhere_are_folded_and_numbered_on(client):
    several(True, False, True)
    html = page(client)
    here, folded = re.split(r"<summary>\s*Elsewhere: 2 senses", html)
    assert "Meaning 1" in words_of(here)
    assert re.search(r"2\.\s+Meaning 0", words_of(folded))
    assert re.search(r"3\.\s+Meaning 2", words_of(folded))
    assert html.count('class="sense"') == 3


@pytest.mark.parametrize("foreign", [(False, True), (True, True, True), (False, False, False)])
def test_two_senses_or_none_but_foreign_ones_stand_open(client, foreign):
    several(*foreign)
    assert "Elsewhere" not in page(client)


# --- References ------------------------------------------------------------------------------------------------------

BODY = Reference("A body", "https://body.example/a", "exact", "Chapter 2", "2021")


def save(sense, by, *references, **more):
    words = {name: getattr(sense, name) for name in senses.TEXTS}
    return senses.save_sense(sense, by=by, references=references, **words, **more)


def test_references_are_links_with_their_relation_and_the_exact_ones_are_the_same_for_machines(client):
    by = curator()
    sense = published(by, name="Change office", abbreviation="CMO")
    save(sense, by, BODY, Reference("A <b>book</b>", "", "close"))
    html = page(client)
    assert '<a href="https://body.example/a" rel="noopener" dir="auto">A body, 2021</a>' in html
    assert "(the same; Chapter 2 )" in words_of(html)
    assert "A &lt;b&gt;book&lt;/b&gt;" in html
    structured = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)[1])
    assert structured["@graph"][0]["sameAs"] == ["https://body.example/a"]
    assert structured["@graph"][0]["inDefinedTermSet"].endswith("/glossary/")


def test_the_list_of_references_is_the_whole_new_list_and_none_leaves_it():
    by = curator()
    sense = published(by)
    save(sense, by, BODY)
    save(sense, by)
    assert not sense.references.exists()
    save(sense, by, BODY)
    words = {name: getattr(sense, name) for name in senses.TEXTS}
    senses.save_sense(sense, by=by, **words)
    assert sense.references.get().note == "Chapter 2"


@pytest.mark.parametrize(
    "bad", [[BODY, BODY], [Reference("", "https://a.example/")], [Reference("A", "javascript:alert(1)")]]
)
def test_a_reference_that_cannot_stand_is_refused(bad):
    by = curator()
    sense = published(by)
    with pytest.raises(ValidationError):
        save(sense, by, *bad)
    assert not again(sense).references.exists()


def test_curators_edit_references_at_the_sense(client):
    by = curator()
    sense = published(by, name="Change office", abbreviation="CMO")
    client.force_login(by)
    address = f"/admin/glossary/sense/{sense.pk}/change/"
    request = RequestFactory().get(address)
    request.user = by
    screen = next(admin for model, admin in site._registry.items() if model is type(sense))
    prefixes = {
        formset.prefix
        for formset, _inline in screen.get_formsets_with_inlines(request, sense)
        for formset in [formset(instance=sense)]
    }
    assert "references" in prefixes
    data = {"name": sense.name, "definition": sense.definition, "based_on": sense.revision, "kind": "editorial"}
    for prefix in prefixes:
        data |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    data |= {"namings-TOTAL_FORMS": 1, "namings-0-text": "Change office", "namings-0-kind": "preferred"}
    data |= {"references-TOTAL_FORMS": 1, "references-0-source": "ISO 21502", "references-0-relation": "close"}
    data |= {"references-0-address": "https://iso.example/"}
    response = client.post(address, data)
    assert response.status_code == 302, re.findall(r"errorlist.*?</ul>", response.content.decode())
    assert sense.references.get().source == "ISO 21502"
