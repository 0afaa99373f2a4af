"""A curator brings a table: the dry run, the rejected rows, the import of the good ones, and a second time."""

import pytest
from playwright.sync_api import expect

from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TABLE = (
    "term,sense,definition,relations\r\n"
    "CMO,Change office,A unit that leads people through new ways.,\r\n"
    "EPMO,Whole office,A unit at the top of an organisation.,not to be confused with: Change office\r\n"
    "BAD,Nothing said,,\r\n"
)


def test_a_curator_reads_what_a_table_would_do_and_imports_its_good_rows(visitors, script):
    page = visitors.visit(factories.curator(), script=script)
    page.goto("/admin/glossary/term/")
    page.get_by_role("link", name="Import a table").click()
    file = {"name": "terms.csv", "mimeType": "text/csv", "buffer": TABLE.encode()}
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_role("heading", name="New: 2")).to_be_visible()
    expect(page.get_by_role("heading", name="Rejected: 1")).to_be_visible()
    expect(page.get_by_text("A new sense needs a definition.")).to_be_visible()
    expect(page.get_by_role("button", name="Import", exact=True)).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the rejected rows").click()
    assert "A new sense needs a definition." in download.value.path().read_text()
    page.get_by_label("Publish, and set states as in the table").check()
    page.get_by_role("button", name="Import the good rows, leave 1 out").click()
    expect(page.get_by_text("2 rows new, 0 changed, 0 unchanged; 1 left out.")).to_be_visible()

    reader = visitors.visit(script=script)
    reader.goto("/glossary/epmo/")
    expect(reader.get_by_role("main")).to_contain_text("A unit at the top of an organisation.")

    page.get_by_role("link", name="Import a table").click()
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Check", exact=True).click()
    expect(page.get_by_role("heading", name="Unchanged: 2")).to_be_visible()
    expect(page.get_by_role("button", name="Import the good rows")).to_have_count(0)
