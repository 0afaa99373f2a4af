"""Importing a table of terms: what it would do, what it does, and what it refuses."""

import csv
import io
import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from glossary import csv_files
from glossary.actions import csv_import, senses
from glossary.csv_files import UnreadableFileError
from glossary.models import Sense, SenseRevision, Spelling, SubjectField, Term, TermSense
from members.permissions import Refused
from tests.factories import moderator
from tests.glossaries import again, curator, draft, published
from tests.people import a_member

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/glossary/term/import/"
TABLES = (Sense, Term, TermSense, Spelling, SenseRevision, SubjectField)
HEADINGS = ("term", "sense", "definition", "kind", "recognised", "field", "usage note", "example")


@pytest.fixture(autouse=True)
def _this_host(settings):
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture
def by():
    return curator()


def cells(*rows):
    """Rows as the action takes them: their cells in the order of HEADINGS."""
    return [(number, dict(zip(HEADINGS, row, strict=False))) for number, row in enumerate(rows, start=2)]


def outcomes(*rows):
    return [row.outcome for row in csv_import.plan(cells(*rows)).rows]


def fault(*rows):
    """Number, column and reason of the only row that is rejected."""
    rejected = [row for row in csv_import.plan(cells(*rows)).rows if row.outcome == csv_import.REJECTED]
    (found,) = [row for row in rejected if "of the same sense is rejected" not in row.reason]
    return found.number, found.column, found.reason


def run(by, *rows, **options):
    given = cells(*rows)
    return csv_import.import_rows(given, by=by, expected=csv_import.plan(given).digest, **options)


def everything():
    return {model: sorted(model.objects.values_list(), key=repr) for model in TABLES}


OFFICE = ("CMO", "Change Management Office", "A unit that leads the people side of change.")
DOCTOR = ("CMO", "Chief Medical Officer", "The doctor who heads the physicians of a hospital.")


# --- What rows become ------------------------------------------------------------------------------------------------


def test_an_acronym_with_two_meanings_becomes_two_senses_under_one_term(by):
    assert outcomes(OFFICE, DOCTOR) == ["new", "new"]
    run(by, OFFICE, DOCTOR, publishes=True)
    named = Term.objects.get(text="CMO").namings.order_by("position")
    assert [(naming.sense.name, naming.kind) for naming in named] == [
        ("Change Management Office", "abbreviation"),
        ("Chief Medical Officer", "abbreviation"),
    ]
    assert Term.objects.get(text="Change Management Office").namings.get().kind == "preferred"
    assert set(Sense.objects.values_list("state", flat=True)) == {"published"}
    assert Spelling.objects.filter(text="CMOs").exists()


def test_new_senses_are_drafts_until_said_otherwise(by):
    run(by, OFFICE)
    assert Sense.objects.get().state == "draft"
    assert not SenseRevision.objects.exists()


def test_rows_of_one_sense_give_it_several_names(by):
    run(by, OFFICE, ("office for change", OFFICE[1], ""), (OFFICE[1], OFFICE[1], "", "preferred"))
    sense = Sense.objects.get()
    assert dict(sense.namings.values_list("term__text", "kind")) == {
        "CMO": "abbreviation",
        "office for change": "synonym",
        "Change Management Office": "preferred",
    }


def test_a_second_import_changes_nothing(by):
    rows = (OFFICE, DOCTOR, ("Risk", "", "What may happen.", "", "fold", "Risk", "A note.", "An example."))
    run(by, *rows)
    before = everything()
    assert outcomes(*rows) == ["unchanged"] * 3
    run(by, *rows)
    assert everything() == before


def test_a_changed_definition_is_a_new_version_and_a_blank_cell_leaves_what_is_there(by):
    sense = published(by, name=OFFICE[1], abbreviation="CMO", usage_note="Here.", definition="A unit.")
    assert outcomes(OFFICE) == ["changed"]
    run(by, (*OFFICE, "", "", "", "", ""), kind="meaning")
    sense = again(sense)
    assert (sense.definition, sense.usage_note, sense.revision) == (OFFICE[2], "Here.", 2)
    assert sense.revisions.order_by("number").last().kind == "meaning"


def test_the_field_is_found_in_any_case_and_made_when_it_is_missing(by):
    run(by, (*OFFICE, "", "", "Change"))
    run(by, (*OFFICE, "", "", "change"), (*DOCTOR, "", "", "Medicine"))
    assert sorted(SubjectField.objects.values_list("name", flat=True)) == ["Change", "Medicine"]


def test_kinds_and_the_way_of_recognising_change_where_the_table_says_so(by):
    run(by, OFFICE, publishes=True)
    rows = ((*OFFICE, "preferred", "fold"), (OFFICE[1], OFFICE[1], "", "synonym"))
    assert outcomes(*rows) == ["changed", "changed"]
    run(by, *rows)
    assert dict(TermSense.objects.values_list("term__text", "kind")) == {
        "CMO": "preferred",
        "Change Management Office": "synonym",
    }
    assert Term.objects.get(text="CMO").case_rule == "fold"


# --- What is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "number", "column", "word"),
    [
        ([OFFICE, ("", "", "A definition.")], 3, "term", "empty"),
        ([OFFICE, ("—", "", "A definition.")], 3, "term", "letter"),
        ([OFFICE, ("X" * 121, "", "A definition.")], 3, "term", "120"),
        ([OFFICE, OFFICE], 3, "term", "Row 2"),
        ([("CMO", "Office", "")], 2, "definition", "needs"),
        ([("CMO", "Office", "An office is an office.")], 2, "definition", ""),
        ([("CMO", "Office", "word " * 41)], 2, "definition", "40"),
        ([("CMO", "x" * 121, "A thing.")], 2, "sense", "120"),
        ([(*OFFICE, "main")], 2, "kind", "none of"),
        ([(*OFFICE, "", "always")], 2, "recognised", "none of"),
        ([(*OFFICE, "", "", "f" * 61)], 2, "field", "60"),
        ([OFFICE, ("COM", OFFICE[1], "Another thing.")], 3, "definition", "Row 2"),
    ],
)
def test_a_bad_row_is_named_with_its_column_and_the_reason(rows, number, column, word):
    found = fault(*rows)
    assert found[:2] == (number, column)
    assert word in found[2]


def test_two_preferred_terms_and_two_senses_of_one_name_are_refused(by):
    rows = [(*OFFICE, "preferred"), (OFFICE[1], OFFICE[1], "", "preferred")]
    assert {row.column for row in csv_import.plan(cells(*rows)).rows} == {"term"}
    draft(by, name="Office", preferred="one office", definition="A room.")
    draft(by, name="office", preferred="two offices", definition="A flat.")
    assert fault(("third", "OFFICE", ""))[1] == "sense"


def test_a_retired_sense_is_not_changed_by_a_table(by):
    sense = published(by, name=OFFICE[1], abbreviation="CMO")
    senses.retire(sense, by=by, reason="Old.")
    assert fault(OFFICE)[1] == "sense"


def test_one_bad_row_and_nothing_is_imported(by):
    before = everything()
    with pytest.raises(Refused, match="rejected"):
        run(by, OFFICE, ("CMO", "Office", ""))
    assert everything() == before


def test_what_was_not_shown_is_not_done(by):
    given = cells(OFFICE)
    expected = csv_import.plan(given).digest
    published(by, name=OFFICE[1], abbreviation="CMO")
    with pytest.raises(Refused, match="changed since"):
        csv_import.import_rows(given, by=by, expected=expected)


# --- Files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_encoding_and_the_delimiter_are_found(encoding, delimiter):
    text = f"Acronym{delimiter}Meaning\r\nCAF\xc9{delimiter}“Coffee”\r\n"
    table = csv_files.read(csv_files.decoded(text.encode(encoding)))
    assert table.headings == ["Acronym", "Meaning"]
    assert table.rows == [(2, ["CAFÉ", "“Coffee”"])]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"term\n",
        b"term,definition\n,,\n",
        b"\xff\xfe\x00",
        b"\x81\x8d",
        b"term\nA\0B\n" * 50,
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0",
        b"term\n" + b"x" * (csv_files.LARGEST + 1),
        b"term\n" + b"x\n" * (csv_files.MOST_ROWS + 1),
        b'term\n"' + b"x" * 200_000,
    ],
)
def test_what_is_no_table_is_refused_with_a_sentence(client, by, content):
    with pytest.raises(UnreadableFileError, match=r"\.$"):
        csv_files.read(csv_files.decoded(content))
    client.force_login(by)
    response = client.post(ADDRESS, {"file": io.BytesIO(content)})
    assert response.status_code == 422
    assert not Sense.objects.exists()


def test_a_quotation_mark_that_is_never_closed_is_told_in_a_sentence_of_ours():
    text = 'term,definition\nA,one\n"B\nb",two\nC,"' + "never closed\n" * 20_000
    with pytest.raises(UnreadableFileError, match=r"^Row 4 of the file .* quotation mark there is never closed\.$"):
        csv_files.read(text)


def test_headings_are_recognised_by_their_words():
    found = csv_files.guessed(["No.", "Acronym", "Full form", "Description", "Remarks", "Definition"])
    assert found == {"term": 1, "sense": 2, "definition": 3, "usage note": 4}


def test_short_long_and_empty_rows_keep_their_numbers():
    table = csv_files.read('term,definition\n\nA\n"B\nb",one,two\n')
    assert table.rows == [(3, ["A", ""]), (4, ["B\nb", "one"])]


# --- The screen ------------------------------------------------------------------------------------------------------


def file_of(*rows, headings=HEADINGS):
    table = io.StringIO()
    csv.writer(table).writerows([headings, *rows])
    return io.BytesIO(table.getvalue().encode())


def fields_of(response):
    """What the form on the page would send."""
    page = response.content.decode()
    data = {}
    for tag in re.findall(r"<input[^>]+>", page):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and "submit" not in tag and "checkbox" not in tag and name[1] != "csrfmiddlewaretoken":
            data[name[1]] = unescape(value[1]) if value else ""
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        data[name] = unescape(chosen[1]) if chosen else ""
    return data


def test_a_curator_reads_what_would_change_and_then_imports(client, by):
    client.force_login(by)
    assert ADDRESS in client.get("/admin/glossary/term/").content.decode()
    assert client.get(ADDRESS).status_code == 200
    checked = client.post(ADDRESS, {"file": file_of(OFFICE, DOCTOR)})
    assert checked.status_code == 200
    assert not Sense.objects.exists()
    assert "New: 2" in checked.content.decode()
    done = client.post(ADDRESS, {**fields_of(checked), "publishes": "on", "run": "Import"})
    assert (done.status_code, done["Location"]) == (302, "/admin/glossary/term/")
    assert Sense.objects.filter(state="published").count() == 2
    again = client.post(ADDRESS, {"file": file_of(OFFICE, DOCTOR)})
    assert "Unchanged: 2" in again.content.decode()
    assert 'name="run"' not in again.content.decode()


def test_columns_are_chosen_by_hand_where_their_headings_say_nothing(client, by):
    client.force_login(by)
    unknown = client.post(ADDRESS, {"file": file_of(OFFICE, headings=("A", "B", "C"))})
    assert unknown.status_code == 422
    assert "which column holds the terms" in unknown.content.decode()
    mapped = {**fields_of(unknown), "column_0": "0", "column_1": "1", "column_5": "2"}
    checked = client.post(ADDRESS, mapped)
    assert "New: 1" in checked.content.decode()
    client.post(ADDRESS, {**fields_of(checked), "run": "Import"})
    assert Sense.objects.get().definition == OFFICE[2]
    twice = client.post(ADDRESS, {**mapped, "column_1": "0"})
    assert "for two columns" in twice.content.decode()


def test_bad_rows_are_listed_and_there_is_no_button(client, by):
    client.force_login(by)
    page = client.post(ADDRESS, {"file": file_of(OFFICE, ("<b>", "", ""))}).content.decode()
    assert "Rejected: 1" in page
    assert "A new sense needs a definition." in page
    assert "<b></td>" not in page
    assert 'name="run"' not in page
    assert 'value="Import the good rows, leave 1 out"' in page


def test_what_was_not_signed_here_is_not_read(client, by):
    client.force_login(by)
    response = client.post(ADDRESS, {"content": "made-up", "column_0": "0", "run": "Import"})
    assert response.status_code == 422
    assert "Choose the file again" in response.content.decode()


def test_only_curators_import(client):
    for person, status in ((moderator(), 403), (a_member(), 302)):
        client.force_login(person)
        assert client.get(ADDRESS).status_code == status
        assert client.post(ADDRESS, {"file": file_of(OFFICE)}).status_code == status
    assert not Sense.objects.exists()


def test_what_was_exported_comes_back_unchanged(client, by):
    definition = "=ADD(A1) is what a table “means”; with, commas."
    sense = published(by, name="Sum, total", abbreviation="SUM", definition=definition, usage_note="- one\n- two")
    senses.retire(published(by, name="Old office", abbreviation="OO"), by=by, reason="Old.", successor=sense)
    before = everything()
    exported = client.get("/glossary.csv").content
    client.force_login(by)
    page = client.post(ADDRESS, {"file": io.BytesIO(exported)}).content.decode()
    assert "Unchanged: 4" in page
    assert not re.search("(New|Changed|Rejected): ", page)
    assert everything() == before


# --- Many rows -------------------------------------------------------------------------------------------------------


def many(count, ambiguous):
    """So many rows of acronyms, of which the first `ambiguous` have two more meanings each."""
    rows = [(f"X{number}", f"Meaning number {number}", f"What stands at place {number}.") for number in range(count)]
    for number in range(ambiguous):
        rows += [(f"X{number}", f"Sense {letter} of {number}", f"Another {letter} at {number}.") for letter in "ab"]
    return rows


def test_a_long_table_with_ambiguous_acronyms_is_imported_in_few_statements(by):
    rows = many(480, 60)
    assert len(rows) == 600
    with CaptureQueriesContext(connection) as queries:
        run(by, *rows, publishes=True)
    assert len(queries) < 60
    assert Sense.objects.count() == 600
    assert Term.objects.get(text="X0").namings.count() == 3
    before = everything()
    assert set(outcomes(*rows)) == {"unchanged"}
    run(by, *rows)
    assert everything() == before
