"""A curator compares two terms, and a visitor finds it from a discussion, at a desk and on a phone."""

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.journeys.conftest import PHONE
from tests.journeys.test_every_page import OF_DJANGO, wrong_on

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def curator():
    return factories.curator()


@pytest.fixture
def thread(curator):
    factories.published_term("PMO", "Project office", "A unit that keeps delivery in order.", by=curator)
    factories.published_term("CMO", "Change office", "A unit that leads people.", by=curator)
    first = factories.start(
        factories.member("mona", name="Mona Lind"), title="Which of the two?", body="A CMO asks its PMO."
    )
    return first.thread


def test_a_curator_compares_two_terms_and_a_visitor_finds_it_from_a_thread(visitors, script, curator, thread):
    page = visitors.visit(curator, script=script)
    page.goto("/admin/glossary/comparison/add/")
    page.get_by_label("First term:").fill("PMO")
    page.get_by_label("Second term:").fill("cmo")
    page.locator("[name=rows-0-aspect]").fill("Looks after")
    page.locator("[name=rows-0-left]").fill("Delivery, governance, reporting")
    page.locator("[name=rows-0-right]").fill("Readiness, sponsorship, adoption")
    page.locator("[name=rows-0-right_posts]").fill(f"#{thread.posts.get().pk}")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="PMO / CMO", exact=True).first.click()
    page.get_by_role("link", name="Publish").click()
    expect(page.get_by_role("main")).to_contain_text("Readiness, sponsorship, adoption")
    page.get_by_role("button", name="Publish").click()

    for size in ({}, PHONE):
        visitor = visitors.visit(script=script, **size)
        visitor.goto(thread.get_absolute_url())
        if size:
            visitor.locator("summary", has_text="Terms in this thread").click()
        visitor.get_by_role("link", name="CMO and PMO").locator("visible=true").click()
        expect(visitor.get_by_role("heading", level=1)).to_have_text("CMO and PMO")
        main = visitor.get_by_role("main")
        expect(main).to_contain_text("uncited")
        expect(main.get_by_role("link", name="Mona Lind, #1")).to_be_visible()
        cells = main.locator("td", has_text="adoption"), main.locator("td", has_text="governance")
        left, right = (cell.bounding_box() for cell in cells)
        assert (left["y"] < right["y"]) if size else (left["x"] < right["x"] and left["y"] == right["y"])
        assert visitor.evaluate("document.documentElement.scrollWidth") <= visitor.viewport_size["width"]
        main.get_by_role("link", name="Mona Lind, #1").click()
        expect(visitor.get_by_role("heading", level=1)).to_have_text("Which of the two?")


def test_its_pages_are_for_everybody(visitors, curator, thread):
    page = visitors.visit(curator)
    found = wrong_on(page, ["/compare/cmo/pmo/"])
    found += wrong_on(page, ["/admin/desk/", "/admin/glossary/comparison/add/?text_a=PMO&text_b=CMO"], known=OF_DJANGO)
    assert found == []
