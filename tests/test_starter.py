"""The starter glossary: what it holds, that it loads once, and that it leaves alone what curators wrote."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from glossary import lexicon
from glossary.actions import senses, steps
from glossary.management.commands.load_glossary import starter_senses
from glossary.models import (
    Comparison,
    ComparisonRow,
    ExternalReference,
    KnownAcronym,
    Relation,
    Sense,
    SenseRevision,
    Spelling,
    SubjectField,
    Term,
    TermSense,
)
from tests.glossaries import again, curator
from threads.lexicon import BoundTag, Settled, Step, settle

pytestmark = pytest.mark.django_db
TABLES = (Sense, Term, TermSense, Spelling, Relation, SenseRevision, ExternalReference, SubjectField)
TABLES += (Comparison, ComparisonRow, KnownAcronym)
SENSES = """
[[senses]]
id = "office"
name = "Change Management Office"
field = "change management"
definition = "A standing unit that leads the people side of change."
terms = [
    { text = "Change Management Office", kind = "preferred", case = "fold" },
    { text = "CMO", kind = "abbreviation", case = "exact" },
]
relations = [{ kind = "not_to_be_confused_with", to = "doctor" }]
references = [{ source = "A body", title = "What they say", address = "https://body.example/", relation = "close" }]

[[senses]]
id = "doctor"
name = "Chief Medical Officer"
field = "medicine"
foreign = true
definition = "The doctor who heads the physicians of a hospital."
terms = [
    { text = "Chief Medical Officer", kind = "preferred", case = "fold" },
    { text = "CMO", kind = "abbreviation", case = "exact" },
]
"""
OTHERS = """
acronyms = ["USA", "CMO", "usa"]

[[comparisons]]
a = "doctor"
b = "office"
term_a = "Chief Medical Officer"
term_b = "Change Management Office"

[[comparisons.rows]]
aspect = "Looks after"
left = "Patients"
right = "People at work"
"""

# The table “Acronyms that prove it”: how many meanings each has at least.
PROOF = {
    "PMO": 5,
    "CMO": 5,
    "EPMO": 2,
    "PM": 5,
    "CM": 4,
    "PMP": 3,
    "PPM": 3,
    "PO": 3,
    "BA": 3,
    "SME": 2,
    "RAG": 2,
    "RAID": 2,
    "CAB": 2,
    "CCB": 2,
    "CR": 3,
    "RFC": 2,
    "SOW": 3,
    "PID": 4,
    "PIR": 2,
    "PCR": 3,
    "RBS": 2,
    "LOE": 2,
    "CPI": 3,
    "EV": 3,
    "PV": 3,
    "VMO": 2,
    "TMO": 2,
    "MSP": 3,
    "CI": 4,
}


def run(command="load_glossary", **options):
    out = StringIO()
    call_command(command, stdout=out, **options)
    return out.getvalue()


def rows():
    return {model: sorted(model.objects.values_list(), key=repr) for model in TABLES}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a-senses.toml").write_text(SENSES)
    (tmp_path / "others.toml").write_text(OTHERS)
    return tmp_path


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """The starter glossary once for the module; each test works in a transaction above it."""
    with django_db_blocker.unblock():
        run()
        yield
        call_command("flush", interactive=False, verbosity=0)


# --- The files -------------------------------------------------------------------------------------------------------


def test_a_file_becomes_senses_terms_relations_references_comparisons_and_known_acronyms(folder):
    assert "2 senses, 1 comparisons and 1 known acronyms" in run(folder=folder)
    office = Sense.objects.get(name="Change Management Office")
    assert (office.state, office.is_sample, office.field.name) == ("published", False, "Change management")
    assert list(office.namings.order_by("pk").values_list("term__text", "kind", "term__case_rule")) == [
        ("Change Management Office", "preferred", "fold"),
        ("CMO", "abbreviation", "exact"),
    ]
    assert list(Spelling.objects.filter(term__text="CMO").order_by("pk").values_list("text", flat=True)) == [
        "CMO",
        "CMOs",
    ]
    assert list(TermSense.objects.filter(term__text="CMO").order_by("pk").values_list("position", flat=True)) == [1, 2]
    reference = office.references.get()
    assert (reference.source, reference.note, reference.relation) == ("A body", "What they say", "close")
    assert Relation.objects.get().kind == "not_to_be_confused_with"
    assert SubjectField.objects.get(name="Medicine").is_foreign
    assert office.revisions.get().definition == office.definition
    assert list(KnownAcronym.objects.values_list("text", flat=True)) == ["USA"]
    assert {entry.name for entry in lexicon.current().term(Term.objects.get(text="CMO").pk).senses} == {
        "Change Management Office",
        "Chief Medical Officer",
    }


def test_a_comparison_is_turned_with_its_cells_so_that_the_older_term_stands_first(folder):
    run(folder=folder)
    comparison, row = Comparison.objects.get(), ComparisonRow.objects.get()
    assert comparison.term_a.text == "Change Management Office"
    assert (row.left, row.right) == ("People at work", "Patients")
    assert comparison.published_at


def test_a_curators_work_is_not_overwritten(folder):
    run(folder=folder)
    by = curator()
    office = Sense.objects.get(name="Change Management Office")
    words = {"name": "Office for change", "definition": "A unit for the people side."}
    namings = [naming for naming in steps.names_in_use(office) if naming.text != "CMO"]
    senses.save_sense(office, by=by, **words, namings=namings, relations=[])
    senses.retire(Sense.objects.get(name="Chief Medical Officer"), by=by, reason="Not ours.")
    Comparison.objects.all().delete()
    KnownAcronym.objects.all().delete()
    KnownAcronym.objects.create(text="UNO", key="uno")
    before = rows()
    assert "0 senses" in run(folder=folder).replace("1 comparisons", "")
    after = rows()
    assert {model for model in TABLES if before[model] != after[model]} <= {Comparison, ComparisonRow}
    assert again(office).definition == "A unit for the people side."


def test_a_comparison_that_curators_deleted_among_others_does_not_come_back(folder):
    run(folder=folder)
    other = Comparison.objects.get()
    terms = list(Term.objects.exclude(text="CMO").order_by("pk"))
    cmo = Term.objects.get(text="CMO")
    ends = sorted([(cmo, other.sense_a), (terms[1], other.sense_b)], key=lambda end: end[0].pk)
    Comparison.objects.create(term_a=ends[0][0], sense_a=ends[0][1], term_b=ends[1][0], sense_b=ends[1][1])
    other.delete()
    run(folder=folder)
    assert Comparison.objects.count() == 1


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (SENSES.replace('to = "doctor"', 'to = "nobody"'), "nobody"),
        (SENSES.replace("A standing unit", "A Change Management Office"), "Nothing was loaded"),
        (SENSES + "[[", "cannot be read"),
        (SENSES.replace("https://body", "javascript:body"), "Nothing was loaded"),
    ],
)
def test_a_broken_file_is_named_and_nothing_is_loaded(tmp_path, broken, said):
    (tmp_path / "senses.toml").write_text(broken)
    with pytest.raises(CommandError, match=said):
        run(folder=tmp_path)
    assert not Sense.objects.exists()
    assert not Term.objects.exists()


def test_an_empty_folder_is_said(tmp_path):
    with pytest.raises(CommandError, match=r"no \*\.toml"):
        run(folder=tmp_path)


# --- With the samples ------------------------------------------------------------------------------------------------


def test_the_sample_glossary_stays_out_where_the_starter_is(folder):
    run(folder=folder)
    assert "the portal's own" in run("load_samples")
    assert Sense.objects.count() == 2
    assert "0 things stay" in run("remove_samples").replace("is out.", "is out; 0 things stay")
    assert Sense.objects.count() == 2


def test_a_sample_that_nobody_worked_on_becomes_the_starters(folder):
    run("load_samples")
    count = Sense.objects.count()
    sample = Sense.objects.get(name="Change Management Office")
    run(folder=folder)
    office = again(sample)
    assert (office.is_sample, office.definition) == (False, "A standing unit that leads the people side of change.")
    assert office.revisions.count() == 2
    assert Sense.objects.count() == count + 1  # the samples know no doctor
    before = rows()
    run(folder=folder)
    assert rows() == before


# --- What is in it ---------------------------------------------------------------------------------------------------


def test_a_second_load_changes_nothing(loaded):
    before = rows()
    assert "0 senses, 0 comparisons and 0 known acronyms" in run()
    assert rows() == before


def test_loading_takes_few_statements_whatever_the_number_of_senses():
    with CaptureQueriesContext(connection) as queries:
        run()
    assert len(queries) < len(starter_senses())


def test_there_is_enough_of_it(loaded):
    assert Sense.objects.filter(state="published", is_sample=False).count() >= 120
    assert not Sense.objects.filter(is_sample=True).exists()
    assert Comparison.objects.count() >= 10
    assert all(comparison.rows.count() >= 5 for comparison in Comparison.objects.all())
    assert Relation.objects.count() >= 100
    assert not Term.objects.filter(slug__regex=r"-[0-9]$").exists()


@pytest.mark.parametrize(("acronym", "least"), PROOF.items())
def test_an_ambiguous_acronym_has_its_meanings_and_nothing_selects_one(loaded, acronym, least):
    term = Term.objects.get(text=acronym)
    assert term.usual_sense is None
    entry = lexicon.current().term(term.pk)
    assert len(entry.senses) >= least
    assert len({sense.name for sense in entry.senses}) == len(entry.senses)
    # Neither its order on the page, nor its field, nor how often it is used: people settle it, or nothing does.
    assert settle(entry) == Settled(Step.OPEN)
    tags = [BoundTag(f"tag-{sense.id}", sense.id) for sense in entry.senses[:2]]
    assert settle(entry, tags=tags) == Settled(Step.OPEN)
    for sense in entry.senses:
        assert settle(entry, chosen=sense.id).sense == sense
        assert settle(entry, tags=[BoundTag("tag", sense.id)]).sense == sense
