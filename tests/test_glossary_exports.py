"""The glossary out in the world: CSV, SKOS, Atom."""

import csv
import io
import json
from xml.etree import ElementTree as ET

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given, strategies
from rdflib import Graph, Namespace
from rdflib.namespace import OWL, RDF, SKOS

from glossary.actions import senses, terms
from glossary.actions.relation_steps import Link
from glossary.actions.steps import Naming
from glossary.models import ExternalReference, NamingKind, RelationKind, Sense, Term
from glossary.spreadsheets import COLUMNS, neutralised, restored
from tests.glossaries import curator, draft, published
from tests.people import a_member

# Its reader of JSON-LD warns of itself.
pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")]
ADDRESSES = ("/glossary.csv", "/glossary.jsonld", "/feeds/glossary.atom")
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(autouse=True)
def _this_host(settings):
    settings.ALLOWED_HOSTS = ["testserver"]


def table(client):
    text = client.get("/glossary.csv").content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def graph(client):
    return Graph().parse(data=client.get("/glossary.jsonld").content.decode(), format="json-ld")


def entries(client):
    feed = ET.fromstring(client.get("/feeds/glossary.atom").content)  # noqa: S314  our own feed
    return feed.findall(f"{ATOM}entry")


def concept(parsed, sense):
    return next(each for each in parsed.subjects(RDF.type, SKOS.Concept) if str(each).endswith(f"#sense-{sense.pk}"))


def relate(sense, *links):
    words = {name: getattr(sense, name) for name in senses.TEXTS}
    senses.save_sense(sense, by=curator(), relations=[Link(*link) for link in links], **words)


# --- What stands in them ---------------------------------------------------------------------------------------------


def test_the_table_has_a_row_for_each_name_of_each_sense(client):
    namings = [
        Naming("Gantt chart"),
        Naming("bar plan", NamingKind.DISCOURAGED),
        Naming("Gannt chart", NamingKind.MISSPELLING),
    ]
    published(curator(), name="Gantt chart", namings=namings, usage_note="Bars.\nNot columns.", example="On paper.")
    rows = table(client)
    assert tuple(rows[0]) == COLUMNS
    assert {(row["term"], row["kind"]) for row in rows} == {
        ("Gantt chart", "preferred"),
        ("bar plan", "discouraged"),
        ("Gannt chart", "misspelling"),
    }
    assert all(row["usage note"] == "Bars.\nNot columns." and row["example"] == "On paper." for row in rows)
    assert rows[0]["address"].startswith("http")


@pytest.mark.parametrize("address", ADDRESSES)
def test_drafts_and_samples_are_in_none_and_retired_senses_say_so(client, address):
    call_command("load_samples", stdout=io.StringIO())
    by = curator()
    draft(by, name="Canary draft")
    shown = published(by, name="Seen by all")
    text = client.get(address).content.decode()
    assert "Canary" not in text
    assert "Seen by all" in text
    samples = Sense.objects.filter(is_sample=True)
    assert samples
    assert not any(f"sense-{sample.pk}<" in text or f'sense-{sample.pk}"' in text for sample in samples)
    senses.retire(shown, by=by, reason="Old.")
    assert "Seen by all" in client.get(address).content.decode()


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_private_portal_shows_visitors_nothing(client, settings, address):
    published(curator(), name="Canarybird")
    assert b"Canarybird" in client.get(address).content
    settings.PORTAL_PRIVATE = True
    assert b"Canarybird" not in Client().get(address).content


def test_members_of_a_private_portal_get_the_files(client, settings):
    published(curator(), name="Canarybird")
    settings.PORTAL_PRIVATE = True
    client.force_login(a_member())
    assert b"Canarybird" in client.get("/glossary.csv").content
    assert b"Canarybird" in client.get("/glossary.jsonld").content


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_known_version_costs_one_statement_and_a_change_makes_another(client, address):
    by = curator()
    sense = published(by, name="Risk")
    first = client.get(address)
    with CaptureQueriesContext(connection) as queries:
        again = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, len(queries)) == (304, 1)
    senses.save_sense(sense, by=by, name="Risk", definition="What may go wrong.")
    changed = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert b"What may go wrong" in changed.content


@pytest.mark.parametrize("address", ADDRESSES)
def test_many_senses_cost_the_statements_of_one(client, address):
    by = curator()

    def cost():
        client.cookies["sessionid"] = "nobody's"  # so that no page is kept
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        return len(queries)

    first = published(by, name="Risk", abbreviation="RSK")
    one = cost()
    for number in range(8):
        relate(published(by, name=f"Issue {number}", abbreviation=f"I{number}"), (RelationKind.RELATED, first))
    assert cost() == one


def test_the_list_of_terms_leads_to_all_three(client):
    published(curator())
    page = client.get("/glossary/").content.decode()
    assert all(f'href="{address}"' in page for address in ADDRESSES)


# --- Spreadsheets ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "'=1", "''=1", "＝1", "\r=1", "\n=1"])
def test_no_cell_is_run_by_a_spreadsheet(cell):
    assert neutralised(cell) == f"'{cell}"
    assert restored(neutralised(cell)) == cell


@given(strategies.text())
def test_a_cell_comes_back_as_it_was(cell):
    assert restored(neutralised(cell)) == cell


def test_a_definition_that_is_a_formula_is_neutralised(client):
    published(curator(), name="Sum", definition="=HYPERLINK(A1) is what nobody should run.")
    assert table(client)[0]["definition"].startswith("'=HYPERLINK")


# --- SKOS ------------------------------------------------------------------------------------------------------------


def assert_integrity(parsed):
    """The conditions S9, S13, S14, S27 and S46 of the SKOS reference."""
    concepts, schemes = set(parsed.subjects(RDF.type, SKOS.Concept)), set(parsed.subjects(RDF.type, SKOS.ConceptScheme))
    assert concepts
    assert len(schemes) == 1
    assert not concepts & schemes
    for each in concepts:
        labels = [set(parsed.objects(each, name)) for name in (SKOS.prefLabel, SKOS.altLabel, SKOS.hiddenLabel)]
        assert len(set().union(*labels)) == sum(map(len, labels))
        assert len({label.language for label in labels[0]}) == len(labels[0]) == 1
    up, related, exact, others = {}, set(), {}, set()
    for source, name, target in parsed:
        if name in {SKOS.broader, SKOS.broadMatch}:
            up.setdefault(source, set()).add(target)
        if name in {SKOS.narrower, SKOS.narrowMatch}:
            up.setdefault(target, set()).add(source)
        if name in {SKOS.related, SKOS.relatedMatch}:
            related |= {(source, target), (target, source)}
        if name == SKOS.exactMatch:
            exact.setdefault(source, set()).add(target)
            exact.setdefault(target, set()).add(source)
        if name in {SKOS.broadMatch, SKOS.narrowMatch, SKOS.relatedMatch}:
            others |= {(source, target), (target, source)}
    assert not {(one, other) for one in up for other in reached(up, one)} & related
    assert not {(one, other) for one in exact for other in reached(exact, one)} & others


def reached(edges, start):
    found, waiting = set(), [start]
    while waiting:
        for target in edges.get(waiting.pop(), ()):
            if target not in found:
                found.add(target)
                waiting.append(target)
    return found


def test_the_starter_glossary_is_valid_skos(client):
    call_command("load_glossary", stdout=io.StringIO())
    parsed = graph(client)
    assert_integrity(parsed)
    assert len(set(parsed.subjects(RDF.type, SKOS.Concept))) == Sense.objects.count()
    own = Namespace(next(str(each) for each in parsed.subjects(RDF.type, OWL.SymmetricProperty)).split("#")[0] + "#")
    assert set(parsed.subject_objects(own.notToBeConfusedWith))


def test_a_concept_says_what_its_sense_is(client):
    by = curator()
    whole = published(by, name="Portfolio")
    namings = [
        Naming("Project"),
        Naming("undertaking", NamingKind.SYNONYM),
        Naming("job", NamingKind.DISCOURAGED),
        Naming("projcet", NamingKind.MISSPELLING),
    ]
    sense = published(by, name="Project", namings=namings, usage_note="As here.", example="The bridge.")
    relate(sense, (RelationKind.PART_OF, whole))
    ExternalReference.objects.create(sense=sense, source="A body", address="https://body.example/a", relation="exact")
    ExternalReference.objects.create(sense=sense, source="A book", address="", relation="close")
    parsed = graph(client)
    found = concept(parsed, sense)
    said = {name: {str(value) for value in parsed.objects(found, name)} for name in parsed.predicates(found)}
    assert said[SKOS.prefLabel] == {"Project"}
    assert said[SKOS.altLabel] == {"undertaking", "job"}
    assert said[SKOS.hiddenLabel] == {"projcet"}
    assert said[SKOS.scopeNote] == {"As here."}
    assert said[SKOS.example] == {"The bridge."}
    assert said[SKOS.exactMatch] == {"https://body.example/a"}
    assert said[SKOS.broader] == {str(concept(parsed, whole))}
    assert (concept(parsed, whole), SKOS.narrower, found) in parsed
    assert SKOS.closeMatch not in said


def test_what_would_break_a_condition_of_skos_is_left_out(client):
    by = curator()
    top, middle, low, twin = (published(by, name=name) for name in ("Top", "Middle", "Low", "Twin"))
    relate(middle, (RelationKind.KIND_OF, top))
    relate(low, (RelationKind.PART_OF, middle), (RelationKind.RELATED, top), (RelationKind.RELATED, twin))
    for sense, source, host, relation in [
        (top, "a", "x", "exact"),
        (top, "b", "x", "related"),
        (top, "c", "y", "exact"),
        (twin, "a", "x", "exact"),
        (twin, "c", "y", "related"),
        (middle, "d", "z", "broad"),
        (low, "d", "z", "related"),
        (twin, "e", "w", "broad"),
        (twin, "f", "w", "related"),
    ]:
        address = f"https://{host}.example/"
        ExternalReference.objects.create(sense=sense, source=source, address=address, relation=relation)
    parsed = graph(client)
    assert_integrity(parsed)
    assert (concept(parsed, low), SKOS.related, concept(parsed, top)) not in parsed
    assert (concept(parsed, low), SKOS.related, concept(parsed, twin)) in parsed
    assert len(list(parsed.subject_objects(SKOS.relatedMatch))) == 0
    assert len(list(parsed.subject_objects(SKOS.exactMatch))) == 3


def test_a_retired_concept_is_deprecated_and_names_its_successor(client):
    by = curator()
    old, new = published(by, name="Old word"), published(by, name="New word")
    senses.retire(old, by=by, reason="Old.", successor=new)
    parsed = graph(client)
    assert (concept(parsed, old), OWL.deprecated, None) in parsed
    replaced = next(
        each for each in json.loads(client.get("/glossary.jsonld").content)["@graph"] if "isReplacedBy" in each
    )
    assert replaced["isReplacedBy"].endswith(f"#sense-{new.pk}")


# --- Atom ------------------------------------------------------------------------------------------------------------


def test_the_feed_holds_the_newest_thirty_versions(client):
    by = curator()
    sense = published(by, name="Risk <b>", definition="What <i>may</i> happen.")
    for number in range(32):
        senses.save_sense(sense, by=by, name="Risk <b>", definition=f"What may happen {number}.", kind="meaning")
    found = entries(client)
    assert len(found) == 30
    assert "may happen 31" in found[0].find(f"{ATOM}summary").text
    assert "Version 33" in found[0].find(f"{ATOM}summary").text
    assert len({each.find(f"{ATOM}id").text for each in found}) == 30


def test_text_in_the_feed_is_text_and_an_entry_stays_itself_when_its_term_moves(client):
    by = curator()
    published(by, name="Risk", definition="What <script>may</script> happen.")
    first = entries(client)[0]
    assert "&lt;script&gt;" in first.find(f"{ATOM}summary").text
    terms.save_term(Term.objects.get(), by=by, text="Hazard", address="hazard")
    moved = entries(client)[0]
    assert moved.find(f"{ATOM}id").text == first.find(f"{ATOM}id").text
    assert "/glossary/hazard/" in moved.find(f"{ATOM}link").attrib["href"]
