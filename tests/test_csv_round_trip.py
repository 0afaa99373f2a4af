"""A table of the whole glossary: exported, imported into an empty one or into the same, nothing is lost."""

import csv
import io
import string

import pytest
from hypothesis import HealthCheck, given, settings as hypothesis_settings, strategies as st

from glossary import cells as cell_texts, csv_files, table
from glossary.actions import csv_import, senses, terms
from glossary.actions.bulk_steps import Reference
from glossary.actions.relation_steps import Link
from glossary.actions.steps import Naming
from glossary.actions.table_rows import LONGEST, Watch
from glossary.actions.terms import Spelled
from glossary.models import (
    ExternalReference,
    MatchKind,
    NamingKind,
    Relation,
    RelationKind,
    Sense,
    SenseRevision,
    Spelling,
    SpellingChange,
    SubjectField,
    Term,
    TermSense,
)
from glossary.spreadsheets import CLEAR, COLUMNS, value_of, written
from members.models import SiteVersion
from members.permissions import Refused
from pmo_cmo.serving import timeout
from tests.glossaries import again, curator, draft, published

pytestmark = pytest.mark.django_db
TABLES = (Sense, Term, TermSense, Spelling, SenseRevision, SubjectField, Relation, ExternalReference, SpellingChange)


@pytest.fixture
def by():
    return curator()


def export(*, editing=True):
    write = table.for_editing if editing else table.whole
    return csv_files.write([COLUMNS, *write(Sense.objects.all())])


def cells_of(text):
    read = csv_files.read(text)
    return [(number, dict(zip(read.headings, line, strict=True))) for number, line in read.rows]


def load(text, by, **options):
    given_cells = cells_of(text)
    publishes = options.setdefault("publishes", True)
    expected = csv_import.plan(given_cells, publishes=publishes).digest
    return csv_import.import_rows(given_cells, by=by, expected=expected, **options)


def edited(text, sense, **columns):
    """The table with other cells in the first row of a sense or a term; a column is named with _ for a space."""
    lines = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    row = next(line for line in lines if sense in {line["sense"], line["term"]})
    row |= {name.replace("_", " "): cell for name, cell in columns.items()}
    changed = io.StringIO()
    writer = csv.DictWriter(changed, COLUMNS)
    writer.writeheader()
    writer.writerows(lines)
    return changed.getvalue()


def empty_the_glossary():
    for model in (Relation, ExternalReference, TermSense, Sense, Term, SubjectField):
        model.objects.all().delete()


def everything():
    version = list(SiteVersion.objects.values_list())
    return {model: sorted(model.objects.values_list(), key=repr) for model in TABLES}, version


def reason(text, **options):
    """Column and reason of the first row that is rejected."""
    rows = csv_import.plan(cells_of(text), publishes=True, **options).rows
    return next((row.column, row.reason) for row in rows if row.outcome == csv_import.REJECTED)


def a_glossary(by):
    """Every kind of thing that a table tells of."""
    change = SubjectField.objects.create(name="Change")
    medicine = SubjectField.objects.create(name="Medicine", is_foreign=True)
    office = published(
        by,
        name="Change office",
        abbreviation="CMO",
        definition="=A unit that leads people | through new ways.",
        field=change,
        usage_note="- one\n- two",
        example="@home",
    )
    doctor = published(by, name="Head doctor", abbreviation="CMO", field=medicine, definition="Who heads physicians.")
    namings = [
        Naming("Bar chart"),
        Naming("bar plan", NamingKind.DISCOURAGED),
        Naming("Bra chart", NamingKind.MISSPELLING),
        Naming("GANTT", NamingKind.SYNONYM, "fold"),
    ]
    chart = published(by, name="PMO/bar chart", namings=namings, definition="A picture of work against time.")
    twin = draft(by, name="Change office", preferred="Another office", definition="A room where coins are swapped.")
    old = published(by, name="Old bureau", definition="What was there before.")
    said = {name: getattr(doctor, name) for name in senses.TEXTS} | {"usage_note": "In hospitals."}
    links = [Link(RelationKind.NOT_TO_BE_CONFUSED, office), Link(RelationKind.PART_OF, chart)]
    references = [
        Reference("ISO | 1", "https://a.example/x?y=1|2", "exact", "note: \\ back|", "2020"),
        Reference("=Book", "", "related"),
    ]
    senses.save_sense(doctor, by=by, field=medicine, relations=links, references=references, **said)
    said = {name: getattr(twin, name) for name in senses.TEXTS}
    senses.save_sense(twin, by=by, relations=[Link(RelationKind.RELATED, office)], **said)
    cmo = Term.objects.get(text="CMO")
    spellings = [Spelled("CMO"), Spelled("CMOs", is_marked=False), Spelled("C.M.O."), Spelled("Marked: so")]
    terms.save_term(cmo, by=by, text="CMO", address="the-cmo", spellings=spellings)
    order = list(cmo.namings.order_by("-position").values_list("pk", flat=True))
    terms.save_term(cmo, by=by, text="CMO", order=order)
    terms.set_usual_sense(cmo, by=by, sense=doctor)
    senses.retire(old, by=by, reason="-nobody says it", successor=office)
    senses.submit_for_review(draft(by, name="Waiting", definition="What is read by another."), by=by)
    return office, doctor


# --- There and back --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("editing", [True, False])
def test_a_table_of_everything_imported_into_an_empty_glossary_is_exported_the_same(by, editing):
    a_glossary(by)
    text = export(editing=editing)
    empty_the_glossary()
    load(text, by)
    assert export(editing=editing) == text
    assert SubjectField.objects.get(name="Medicine").is_foreign
    cmo = Term.objects.get(slug="the-cmo")
    assert cmo.usual_sense.name == "Head doctor"
    assert cmo.spellings.get(text="CMOs").suppressed_at
    assert Sense.objects.get(name="Old bureau").successor.name == "Change office"
    assert {row.kind for row in Relation.objects.all()} == {"not_to_be_confused_with", "part_of", "related"}


@pytest.mark.parametrize("editing", [True, False])
@pytest.mark.parametrize("publishes", [True, False])
def test_a_table_of_everything_imported_again_changes_nothing(by, editing, publishes):
    a_glossary(by)
    before = everything()
    done = load(export(editing=editing), by, publishes=publishes)
    assert done.count("unchanged") == len(done.rows)
    assert everything() == before


WORDS = st.text(string.ascii_letters + "=-+@'|\\/:,;\"“é ", min_size=1, max_size=12).map(
    lambda text: f"w{text.strip()}"
)
NOTES = st.one_of(st.just(""), WORDS, st.sampled_from(["=1+1", "-", "'-", "- a\n- b", "@x", "a;b,c\t d"]))
SENSES = st.lists(
    st.tuples(WORDS, st.lists(st.tuples(WORDS, st.sampled_from(list(NamingKind))), max_size=3), NOTES, NOTES),
    min_size=1,
    max_size=5,
    unique_by=lambda each: each[0].casefold(),
)
JOINED = st.lists(st.tuples(st.integers(0, 4), st.sampled_from(list(RelationKind)), st.integers(0, 4)), max_size=6)
REFERENCES = st.lists(st.tuples(WORDS, st.sampled_from(list(MatchKind)), NOTES), max_size=3, unique_by=lambda e: e[0])


@hypothesis_settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(made=SENSES, joined=JOINED, references=REFERENCES)
def test_whatever_curators_write_comes_back(by, made, joined, references):
    empty_the_glossary()
    written_senses = []
    for number, (name, names, note, example) in enumerate(made):
        namings = [Naming(f"{name} {number}")]
        seen = {namings[0].text.casefold()}
        for text, kind in names:
            if text.casefold() not in seen and kind != NamingKind.PREFERRED:
                seen.add(text.casefold())
                namings.append(Naming(text, kind))
        links = [
            Link(kind, written_senses[target])
            for source, kind, target in joined
            if source == number and target < len(written_senses)
        ]
        said = [Reference(source, "", relation, " ".join(text.split())) for source, relation, text in references]
        sense = senses.save_sense(
            None,
            by=by,
            name=name,
            definition="Что-то.",
            namings=namings,
            usage_note=note,
            example=example,
            relations=links,
            references=said if number == 0 else [],
        )
        written_senses.append(sense)
    before, text = everything(), export()
    load(text, by)
    assert everything() == before
    empty_the_glossary()
    load(text, by)
    assert export() == text


@given(st.text())
def test_a_cell_of_a_file_is_its_text_and_only_a_single_hyphen_empties(cell):
    assert value_of(written(cell)) == cell
    assert value_of("-") == value_of(" - ") == CLEAR
    assert written(CLEAR) == "-"


LINE = st.text(min_size=1).map(lambda text: " ".join(text.split())).filter(bool)


@given(st.tuples(LINE, *[st.one_of(st.just(""), LINE)] * 3), st.sampled_from(list(MatchKind)))
def test_a_reference_comes_back_from_its_line(parts, relation):
    assert cell_texts.read_reference(cell_texts.reference(relation, *parts))[0] == relation
    assert tuple(cell_texts.read_reference(cell_texts.reference(relation, *parts))[1][:4]) == parts


# --- What a curator changes in it ------------------------------------------------------------------------------------


def test_a_hyphen_empties_a_cell_and_a_blank_one_leaves_what_is_there(by):
    office, doctor = a_glossary(by)
    emptied = dict.fromkeys(("usage_note", "example", "field", "relations", "references", "spellings", "usual"), "-")
    load(edited(export(), "Head doctor", **emptied), by)
    doctor = again(doctor)
    assert (doctor.field, doctor.usage_note, doctor.references.count(), doctor.relations_out.count()) == (
        None,
        "",
        0,
        0,
    )
    blank = dict.fromkeys(("usage_note", "example", "field", "relations", "references", "spellings"), "")
    before = everything()
    load(edited(export(), "Change office", **blank), by)
    assert everything() == before
    assert again(office).usage_note
    load(edited(export(), "CMO", spellings="-"), by)
    cmo = Term.objects.get(text="CMO")
    assert sorted(cmo.spellings.filter(suppressed_at=None).values_list("text", flat=True)) == ["CMO", "CMOs"]


@pytest.mark.parametrize("column", ["definition", "kind", "recognised", "state"])
def test_what_is_never_empty_is_not_emptied(by, column):
    a_glossary(by)
    assert reason(edited(export(), "Waiting", **{column: "-"})) == (column, "This cannot be emptied.")


def test_relations_are_added_and_taken_away_by_their_lines(by):
    office, doctor = a_glossary(by)
    text = export()
    assert csv_import.plan(cells_of(text)).count("changed") == 0
    said = "kind of: change-office/Change office\nrelated: Waiting"
    done = load(edited(text, "Head doctor", relations=said), by)
    assert [row.column for row in done.rows if row.outcome == "changed"] == ["relations"]
    assert set(doctor.relations_out.values_list("kind", "target__name")) >= {("kind_of", "Change office")}
    assert not doctor.relations_out.filter(kind="part_of").exists()
    assert office.relations_out.filter(kind="not_to_be_confused_with").exists()


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("part of: nowhere/Nothing", "No sense is called"),
        ("beside: Waiting", "part of: term/sense"),
        ("related: Change office", "Several senses"),
        ("part of: Head doctor", "two different senses"),
    ],
)
def test_a_relation_that_leads_nowhere_is_named_with_its_row(by, said, word):
    a_glossary(by)
    column, told = reason(edited(export(), "Head doctor", relations=said))
    assert column == "relations"
    assert word in told


def test_relations_that_go_round_in_a_circle_are_rejected(by):
    rows = [
        (2, {"term": "A1", "definition": "First thing.", "relations": "part of: B1"}),
        (3, {"term": "B1", "definition": "Second thing.", "relations": "part of: A1"}),
    ]
    found = csv_import.plan(rows).rows
    assert [row.column for row in found if "circle" in row.reason] == ["relations"]
    with pytest.raises(Refused):
        csv_import.import_rows(rows, by=by, expected=csv_import.plan(rows).digest)
    assert not Relation.objects.exists()


def test_new_senses_of_one_table_are_joined_to_each_other(by):
    rows = [
        (2, {"term": "A1", "definition": "First thing.", "relations": "part of: b1/B1"}),
        (3, {"term": "B1", "definition": "Second thing."}),
    ]
    csv_import.import_rows(rows, by=by, expected=csv_import.plan(rows).digest)
    assert list(Relation.objects.values_list("source__name", "kind", "target__name")) == [("A1", "part_of", "B1")]


# --- States ----------------------------------------------------------------------------------------------------------


def test_states_change_only_where_the_curator_says_so(by):
    _office, doctor = a_glossary(by)
    text = edited(edited(export(), "Waiting", state="published"), "Head doctor", state="retired", reason="Gone.")
    load(text, by, publishes=False)
    assert Sense.objects.get(name="Waiting").state == "review"
    assert again(doctor).state == "published"
    load(text, by, publishes=True)
    waiting, doctor = Sense.objects.get(name="Waiting"), again(doctor)
    assert (waiting.state, waiting.revisions.count()) == ("published", 1)
    assert waiting.published_at
    assert (doctor.state, doctor.retired_reason) == ("retired", "Gone.")
    assert Term.objects.get(text="CMO").usual_sense is None


@pytest.mark.parametrize(
    ("sense", "columns", "column"),
    [
        ("Head doctor", {"state": "draft"}, "state"),
        ("Head doctor", {"state": "retired"}, "reason"),
        ("Head doctor", {"reason": "Because."}, "reason"),
        ("Waiting", {"state": "retired", "reason": "x"}, "state"),
        ("Head doctor", {"state": "retired", "reason": "x", "successor": "Waiting"}, "successor"),
        ("Old bureau", {"definition": "Something else."}, "sense"),
        ("Old bureau", {"reason": "Something else."}, "reason"),
        ("Old bureau", {"relations": "related: Waiting"}, "relations"),
        ("Head doctor", {"position": "zero"}, "position"),
        ("Head doctor", {"usual": "perhaps"}, "usual"),
        ("Head doctor", {"references": "close: A | | no address"}, "references"),
        ("Head doctor", {"spellings": "—"}, "spellings"),
    ],
)
def test_what_cannot_be_is_named_by_its_column(by, sense, columns, column):
    a_glossary(by)
    assert reason(edited(export(), sense, **columns))[0] == column


# --- Good rows without the bad ---------------------------------------------------------------------------------------


def test_the_good_rows_are_imported_when_the_curator_leaves_the_others_out(by):
    rows = [
        (2, {"term": "Good", "definition": "A thing that is fit."}),
        (3, {"term": "Bad", "sense": "Bad thing", "definition": ""}),
        (4, {"term": "Worse", "sense": "Bad thing"}),
        (5, {"term": "Needs", "definition": "Another one.", "relations": "part of: Bad thing"}),
    ]
    plan = csv_import.plan(rows)
    assert [row.outcome for row in plan.rows] == ["new", "rejected", "rejected", "rejected"]
    assert plan.rows[3].column == "relations"
    with pytest.raises(Refused, match="rejected"):
        csv_import.import_rows(rows, by=by, expected=plan.digest)
    assert not Sense.objects.exists()
    csv_import.import_rows(rows, by=by, expected=plan.digest, leaves_out=True)
    assert [sense.name for sense in Sense.objects.all()] == ["Good"]
    assert not Term.objects.filter(text__in=["Bad", "Worse", "Needs"]).exists()


# --- Time ------------------------------------------------------------------------------------------------------------


def test_what_takes_longer_than_a_request_may_is_refused_and_nothing_is_written(by, monkeypatch):
    rows = [(2, {"term": "Good", "definition": "A thing that is fit."})]
    expected = csv_import.plan(rows).digest
    looks = iter(range(100))
    monkeypatch.setattr(Watch, "look", lambda _self: _late(next(looks)))
    before = everything()
    with pytest.raises(Refused, match="too long"):
        csv_import.import_rows(rows, by=by, expected=expected)
    assert everything() == before
    assert next(looks) > 5  # it was refused after senses had been written
    assert timeout > LONGEST


def _late(look):
    if look >= 7:
        raise Refused("This table takes too long.")
