"""Reading a thread, and what a word means without leaving it."""

import re

import pytest
from playwright.sync_api import expect

from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MEANING = "The office that looks after change."


@pytest.fixture
def thread():
    factories.published_term("CMO", name="Change Management Office", definition=MEANING)
    made = factories.thread(factories.member("olga", name="Olga Olsen", role="PMO Lead"), posts=1)
    factories.reply(made, factories.member(), body="We have a CMO and nobody knows what it does.")
    return made


def mark_and_panel(page):
    return page.locator(".prose a.term", has_text="CMO"), page.locator(".term-panel")


def test_hovering_a_term_shows_what_it_means(visitors, thread):
    page = visitors.visit()
    page.goto("/threads/")
    page.get_by_role("link", name=thread.title).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(thread.title)
    expect(page.get_by_role("article")).to_have_count(2)
    mark, panel = mark_and_panel(page)
    mark.hover()
    expect(panel).to_contain_text("Change Management Office")
    expect(panel).to_contain_text(MEANING)
    panel.hover()
    page.wait_for_timeout(400)  # longer than the panel stays when nobody points at it
    expect(panel).to_be_visible()
    page.mouse.move(0, 0)
    expect(panel).to_have_count(0)


def test_escape_closes_the_panel(visitors, thread):
    page = visitors.visit()
    page.goto(thread.get_absolute_url())
    mark, panel = mark_and_panel(page)
    mark.hover()
    expect(panel).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)


def test_the_keyboard_opens_the_panel_and_goes_into_it(visitors, thread):
    page = visitors.visit()
    page.goto(thread.get_absolute_url())
    mark, panel = mark_and_panel(page)
    for _ in range(60):
        page.keyboard.press("Tab")
        if mark.evaluate("mark => mark === document.activeElement"):
            break
    expect(panel).to_be_visible()
    expect(mark).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Tab")
    expect(panel.get_by_role("link").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    expect(mark).to_be_focused()


def test_the_first_tap_shows_the_meaning_and_the_second_follows_the_link(visitors, thread):
    page = visitors.visit(viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True)
    page.goto(thread.get_absolute_url())
    mark, panel = mark_and_panel(page)
    mark.tap()
    expect(panel).to_contain_text(MEANING)
    mark.tap()
    expect(page).to_have_url(re.compile(r"/glossary/cmo/$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("CMO")


def test_without_script_a_term_leads_to_its_page(visitors, thread):
    page = visitors.visit(script=False)
    page.goto(thread.get_absolute_url())
    mark_and_panel(page)[0].click()
    expect(page).to_have_url(re.compile(r"/glossary/cmo/$"))
    expect(page.locator("main")).to_contain_text(MEANING)


def test_a_members_browser_says_its_time_zone_once_and_pages_and_mails_are_written_in_it(visitors, thread):
    reader = factories.member("tomo")
    page = visitors.visit(reader, timezone_id="Asia/Tokyo")
    page.goto(thread.get_absolute_url())
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-time-zone", "Asia/Tokyo")
    page.locator("[name=body]").fill("I read this in the evening.")
    page.get_by_role("button", name="Post reply").click()
    expect(page.get_by_role("article")).to_have_count(3)
    assert factories.again(reader).browser_zone == "Asia/Tokyo"
    page.goto("/threads/")
    expect(page.locator("meta[name=zone]")).to_have_attribute("content", "Asia/Tokyo")
    assert "zone" not in {cookie["name"] for cookie in page.context.cookies()}
