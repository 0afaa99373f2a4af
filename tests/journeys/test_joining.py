"""From a stranger to a post that others find."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.employer import employer
from tests.people import PASSWORD, a_member

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def join(page):
    page.get_by_label("E-mail address").fill("ines@example.org")
    page.get_by_label("Username").fill("ines")
    page.get_by_label("Password").fill("nine slow herons 41")
    page.get_by_label("Name", exact=True).fill("Inês Duarte")
    page.get_by_label("Role").fill("PMO Lead")
    page.get_by_label("Location").fill("Porto, Portugal")
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mail")


def confirm(page, message):
    page.goto(re.search(r"http\S+/accounts/confirm-email/\S+", message.body)[0])
    page.get_by_role("button", name="Yes, confirm it").click()
    expect(page.get_by_role("link", name="Inês Duarte")).to_be_visible()


def test_a_stranger_joins_replies_and_finds_the_reply(visitors, post_box, script):
    thread = factories.thread(title="Who keeps the benefits register?")
    page = visitors.visit(script=script)
    page.goto(thread.get_absolute_url())
    page.get_by_role("main").get_by_role("link", name="join").click()
    join(page)
    confirm(page, post_box("ines@example.org"))
    expect(page).to_have_url(re.compile(thread.get_absolute_url()))  # back where the wish to join arose
    page.get_by_label("Reply").fill("The sponsor keeps the **zebrawood** register.")
    page.get_by_role("button", name="Post reply").click()
    mine = page.get_by_role("article").last
    expect(mine).to_contain_text("Inês Duarte")
    expect(mine).to_contain_text("PMO Lead")
    expect(mine).to_contain_text("Porto, Portugal")
    expect(mine.locator("strong")).to_have_text("zebrawood")

    page.get_by_role("search").get_by_label("Search").fill("zebrawood")
    page.keyboard.press("Enter")
    hit = page.locator(".results li").first
    expect(hit.locator("mark").first).to_have_text("zebrawood")
    hit.get_by_role("link").first.click()
    expect(page.get_by_role("article").last).to_contain_text("zebrawood")


def test_signing_in_and_out(visitors, script):
    a_member("bruno", name="Bruno Costa")
    page = visitors.visit(script=script)
    page.goto("/me/drafts/")  # leads to the sign-in, and back
    page.get_by_label("Username or e-mail address").fill("bruno@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your drafts")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("banner").get_by_role("link", name="Sign in")).to_be_visible()
    expect(page.get_by_role("link", name="Bruno Costa")).to_have_count(0)


def test_an_employers_people_come_in_through_a_server_that_hands_them_on_to_another(visitors, settings, script):
    with employer(settings) as provider:
        visitors.elsewhere |= {urlsplit(provider.address).netloc, urlsplit(provider.branch).netloc}
        page = visitors.visit(script=script)
        page.goto("/accounts/login/?next=/me/drafts/")
        page.get_by_role("button", name="Continue with Acme").click()
        expect(page).to_have_title("Acme")
        page.get_by_role("button", name="It is me").click()
        expect(page.get_by_label("Name", exact=True)).to_have_value("Rita Roe")
        page.get_by_label("Username").fill("rita")
        page.get_by_label("Role").fill("PMO Lead")
        page.get_by_role("button", name="Join").click()
        expect(page).to_have_url(re.compile("/me/drafts/"))

        again = visitors.visit(script=script)
        again.goto("/accounts/login/")
        again.get_by_role("button", name="Continue with Acme").click()
        again.get_by_role("button", name="It is me").click()
        expect(again.get_by_role("link", name="Rita Roe")).to_be_visible()
