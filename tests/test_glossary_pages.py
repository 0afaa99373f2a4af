import json
import re
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from glossary import lexicon
from glossary.actions import fields, senses, terms
from glossary.actions.relation_steps import Link
from glossary.actions.steps import Naming
from glossary.actions.terms import Spelled
from glossary.models import NamingKind, RelationKind, Term
from markup.terms import link_terms
from tests.glossaries import again, curator, draft, published
from tests.people import a_member

pytestmark = pytest.mark.django_db
CANARY = "canarybird"


@pytest.fixture(autouse=True)
def _this_host(settings):
    settings.ALLOWED_HOSTS = ["testserver"]


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def queries(client, address):
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as caught:
        assert client.get(address).status_code == 200
    return len(caught)


def seen_words(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


# --- The lexicon -----------------------------------------------------------------------------------------------------


def marked(text):
    words = lexicon.current()
    return {words.term(pk).text for pk in link_terms(f"<p>{text}</p>", words.spellings).terms}


def test_terms_are_marked_from_publishing_until_retiring():
    by = curator()
    sense = senses.submit_for_review(draft(by, name="Change office", abbreviation="CMO"), by=by)
    assert marked("The CMO") == set()
    sense = senses.publish(sense, by=by)
    assert marked("The CMOs and the Change offices") == {"CMO", "Change office"}
    senses.retire(sense, by=by, reason="Old.")
    assert marked("The CMO") == set()


def test_discouraged_names_are_marked_and_misspellings_are_not():
    namings = [
        Naming("Gantt chart"),
        Naming("bar plan", NamingKind.DISCOURAGED),
        Naming("Gannt chart", NamingKind.MISSPELLING),
    ]
    published(curator(), namings=namings)
    assert marked("A Gannt chart is a bar plan") == {"bar plan"}


def test_acronyms_go_by_their_case_and_phrases_do_not():
    published(curator(), name="Information network", abbreviation="IN")
    assert marked("in an INFORMATION Network") == {"Information network"}


def test_a_suppressed_spelling_is_not_marked():
    by = curator()
    published(by, name="Risk")
    terms.save_term(Term.objects.get(), by=by, text="Risk", spellings=[Spelled("Risk")])
    assert marked("Risks") == set()
    assert marked("Risk") == {"Risk"}


def test_a_term_that_is_the_plural_of_another_is_itself():
    by = curator()
    published(by, name="dependency")
    published(by, name="dependencies")
    assert marked("dependencies") == {"dependencies"}


def test_an_entry_holds_published_senses_only_foreign_ones_last():
    by = curator()
    foreign = fields.save_field(None, by=by, name="marketing", is_foreign=True)
    home = fields.save_field(None, by=by, name="change", is_foreign=False)
    published(by, name="Chief Marketing Officer", abbreviation="CMO", field=foreign)
    published(by, name="Change Management Office", abbreviation="CMO", field=home)
    published(by, name="Chief Medical Officer", abbreviation="CMO")
    draft(by, name="Chaos Monkey Operator", abbreviation="CMO")
    entry = lexicon.current().term(Term.objects.get(text="CMO").pk)
    assert [sense.name for sense in entry.senses] == [
        "Change Management Office",
        "Chief Medical Officer",
        "Chief Marketing Officer",
    ]
    assert entry.other_senses == 2
    assert entry.as_json()["url"] == "/glossary/cmo/"


def test_the_lexicon_is_built_once_for_a_version(django_assert_num_queries):
    published(curator())
    kept = lexicon.current()
    with django_assert_num_queries(1):
        assert lexicon.current() is kept
    with django_assert_num_queries(0):
        assert lexicon.current(kept.version) is kept
    published(curator())
    with django_assert_num_queries(5):  # its version, senses, spellings, comparisons, known acronyms
        assert lexicon.current() is not kept


# --- Who sees what ---------------------------------------------------------------------------------------------------


def test_drafts_and_reviews_appear_nowhere_for_anybody(client):
    by = curator()
    published(by, name="Shown sense", abbreviation="CMO")
    hidden = draft(
        by,
        name=f"{CANARY} office",
        definition=f"What a {CANARY} says.",
        usage_note=CANARY,
        example=CANARY,
        abbreviation="CMO",
    )
    senses.submit_for_review(draft(by, name=f"{CANARY} two", definition=f"A {CANARY}.", abbreviation="CMO"), by=by)
    sense = again(Term.objects.get(text="Shown sense").senses.get())
    senses.save_sense(sense, by=by, name=sense.name, definition=sense.definition, relations=[Link("related", hidden)])
    for reader in (client, signed_in(a_member()), signed_in(by)):
        for address in (
            "/glossary/",
            "/glossary/?q=canary",
            "/glossary/?letter=C",
            "/glossary/cmo/",
            "/glossary/cmo/history/",
        ):
            response = reader.get(address)
            assert response.status_code == 200, address
            assert CANARY not in response.text, address
        assert reader.get("/glossary/canarybird-office/").status_code == 404
        assert reader.get("/glossary/canarybird-office/history/").status_code == 404


def test_a_private_portal_shows_nothing_to_visitors(client, settings):
    published(curator(), name=f"{CANARY} office")
    settings.PORTAL_PRIVATE = True
    for path in ("/glossary/", "/glossary/?q=office", "/glossary/canarybird-office/", "/glossary/no-such-term/"):
        response = client.get(path)
        assert response["Location"].startswith("/accounts/login/")
        assert CANARY not in response.text
    assert signed_in(a_member()).get("/glossary/canarybird-office/").status_code == 200


# --- The A to Z ------------------------------------------------------------------------------------------------------


def test_an_empty_glossary_says_so(client):
    assert "No term has been published yet" in client.get("/glossary/").text


def test_the_list_goes_from_a_to_z_with_a_group_for_each_letter(client):
    by = curator()
    for name in ("zeal", "Adoption", "3D model", "Ärger", "audit"):
        published(by, name=name, definition="What it is.")
    text = client.get("/glossary/").text
    assert re.findall(r'<section id="letter-(.*?)">', text) == ["#", "A", "Z", "Ä"]
    assert "5 terms" in text
    assert [text.index(f">{name}<") for name in ("3D model", "Adoption", "audit", "zeal", "Ärger")] == sorted(
        text.index(f">{name}<") for name in ("3D model", "Adoption", "audit", "zeal", "Ärger")
    )


def test_a_synonym_leads_to_the_preferred_term_and_an_abbreviation_says_what_it_means(client):
    names = [Naming("Change office"), Naming("CMO", NamingKind.ABBREVIATION), Naming("change unit", NamingKind.SYNONYM)]
    published(curator(), name="Change office", definition="Who leads change here.", namings=names)
    assert client.get("/glossary/").text.count("Who leads change here.") == 2


def test_the_filter_finds_parts_of_words_in_any_case(client):
    by = curator()
    published(by, name="Change Office")
    published(by, name="Risk")
    response = client.get("/glossary/", {"q": "OFF"})
    assert "Change Office" in response.text
    assert ">Risk<" not in response.text
    assert "0 terms hold “nowhere”." in client.get("/glossary/", {"q": "nowhere"}).text


def test_a_long_glossary_is_shown_by_letter(client, monkeypatch):
    monkeypatch.setattr("glossary.views.reading.ALL_AT_ONCE", 3)
    by = curator()
    for name in ("apple", "axe", "bread", "butter", "cake"):
        published(by, name=name, definition="What it is.")
    assert ">apple<" in client.get("/glossary/").text
    assert ">bread<" not in client.get("/glossary/").text
    assert ">bread<" in client.get("/glossary/?letter=B").text
    assert ">bread<" in client.get("/glossary/?letter=b").text
    assert ">apple<" in client.get("/glossary/?letter=unheard").text
    assert client.get("/glossary/?q=e").text.count("<dt>") == 3
    assert "There are more" in client.get("/glossary/?q=e").text


@pytest.mark.parametrize(
    "value", ["\x00", "'\"><script>", "x" * 5000, "\ud800".encode("utf-8", "surrogatepass"), "%", "_", "\\", "﷽"]
)
def test_naughty_values_are_answered(client, value):
    published(curator())
    value = quote(value)
    assert client.get(f"/glossary/?q={value}&letter={value}&page={value}").status_code in {200, 400}
    assert client.get(f"/glossary/{value}/").status_code in {400, 404}
    assert client.get(f"/glossary/{value}/history/").status_code in {400, 404}


# --- A term ----------------------------------------------------------------------------------------------------------


def test_a_term_shows_its_senses_numbered_with_all_that_belongs_to_them(client):
    by = curator()
    field = fields.save_field(None, by=by, name="change management", is_foreign=False)
    other = published(by, name="Marketing chief", abbreviation="CMO", definition="Who answers for selling.")
    published(
        by,
        name="Change Management Office",
        abbreviation="CMO",
        field=field,
        definition="A unit that leads people.",
        usage_note="Stands beside others.\nOr below.",
        example="Ours has nine people.",
        relations=[Link(RelationKind.NOT_TO_BE_CONFUSED, other)],
    )
    text = client.get("/glossary/cmo/").text
    words = seen_words(text)
    assert "1. Marketing chief Who answers for selling." in words
    assert "Change management 2. Change Management Office A unit that leads people." in words
    assert "Stands beside others. Or below." in words
    assert "Ours has nine people." in words
    assert "Preferred: Change Management Office" in words
    assert "Not to be confused with: Marketing chief" in words
    assert text.count("<h1") == 1
    assert '<nav aria-label="Senses">' not in text


def test_a_contents_line_stands_from_three_senses_on(client):
    by = curator()
    for name in ("Alpha", "Beta", "Gamma"):
        published(by, name=name, abbreviation="ABC")
    assert client.get("/glossary/abc/").text.count('href="#sense-') == 3


def test_an_address_of_earlier_leads_to_that_of_today(client):
    by = curator()
    published(by, name="Change office")
    terms.save_term(Term.objects.get(), by=by, text="Change office", address="office")
    for last in ("", "history/"):
        response = client.get(f"/glossary/change-office/{last}")
        assert (response.status_code, response["Location"]) == (301, f"/glossary/office/{last}")


def test_terms_of_any_script_have_addresses_that_work(client):
    by = curator()
    for name in ("Отдел", "प्रबंधन", "变更"):
        published(by, name=name)
    for term in Term.objects.all():
        assert client.get(term.get_absolute_url()).status_code == 200


def test_a_definition_marks_other_terms_and_never_its_own_names(client):
    by = curator()
    published(by, name="Project office", abbreviation="PMO")
    published(
        by,
        name="Change office",
        abbreviation="CMO",
        definition="What stands beside a PMO.",
        usage_note="A CMO is no PMO.",
    )
    text = client.get("/glossary/cmo/").text
    assert text.count('class="term"') == 1
    assert re.search(r'<a class="term" href="/glossary/pmo/" data-term="\d+">PMO</a>', text)
    assert (
        "Project office"
        in json.loads(re.search(r'<script[^>]* id="terms"[^>]*>(.*?)</script>', text)[1]).popitem()[1]["senses"][0][
            "name"
        ]
    )


def test_a_retired_sense_says_so_and_leads_on(client):
    by = curator()
    old, new = published(by, name="Old office"), published(by, name="New office")
    senses.retire(old, by=by, reason="Nobody says it.", successor=new)
    words = seen_words(client.get("/glossary/old-office/").text)
    assert "This sense is no longer used. Nobody says it. Use instead: New office" in words


def test_no_text_of_a_curator_becomes_html(client):
    by = curator()
    evil = '</script><script>alert("1")</script>&amp;'
    field = fields.save_field(None, by=by, name=evil, is_foreign=False)
    sense = published(by, name=f"Evil {evil}", field=field, definition=f"Say {evil}", usage_note=evil, example=evil)
    senses.save_sense(sense, by=by, name=sense.name, definition=f"Do {evil}", usage_note="x", based_on=sense.revision)
    senses.retire(again(sense), by=by, reason=evil)
    term = Term.objects.get()
    for address in ("/glossary/", "/glossary/?q=script", term.get_absolute_url(), f"{term.get_absolute_url()}history/"):
        text = client.get(address).text
        assert "<script>alert" not in text
        assert "</script><script" not in text


def test_search_engines_get_every_sense_as_a_defined_term(client):
    by = curator()
    published(by, name="Change office", abbreviation="CMO", definition="Who leads </script> & people.")
    data = json.loads(
        re.search(r'<script type="application/ld\+json">(.*?)</script>', client.get("/glossary/cmo/").text)[1]
    )
    assert data["@graph"][0]["@type"] == "DefinedTerm"
    assert data["@graph"][0]["description"] == "Who leads </script> & people."


def test_every_version_is_kept_with_the_words_that_differ(client):
    by = curator()
    sense = published(by, name="Change office", definition="A unit that leads people.")
    senses.save_sense(sense, by=by, name=sense.name, definition="A team that leads people.", based_on=sense.revision)
    text = client.get("/glossary/change-office/history/").text
    for revision in sense.revisions.all():
        assert f'id="version-{revision.pk}"' in text
    assert "A <del>unit</del><ins>team</ins> that leads people." in text
    assert text.index("Version 2") < text.index("Version 1")


# --- What it costs ---------------------------------------------------------------------------------------------------


def test_the_list_costs_the_same_for_two_terms_and_for_twenty():
    by = curator()
    browser = signed_in(by)
    published(by, abbreviation="AAA")
    few = queries(browser, "/glossary/")
    for number in range(9):
        published(by, abbreviation=f"B{number}X")
    assert Term.objects.count() == 20
    assert queries(browser, "/glossary/") == few


def test_a_term_costs_the_same_with_one_sense_and_with_five():
    by = curator()
    browser = signed_in(by)
    published(by, abbreviation="CMO")
    few = queries(browser, "/glossary/cmo/")
    history = queries(browser, "/glossary/cmo/history/")
    for _number in range(4):
        sense = published(by, abbreviation="CMO", relations=[Link(RelationKind.RELATED, published(by))])
        senses.retire(published(by, abbreviation="CMO"), by=by, reason="Old.", successor=sense)
    assert queries(browser, "/glossary/cmo/") == few
    assert queries(browser, "/glossary/cmo/history/") == history
