"""What moderators and curators do in the admin, and what everybody else sees of it at once."""

import pytest
from playwright.sync_api import expect

from glossary.actions import senses
from tests import factories
from tests.glossaries import draft
from tests.people import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_moderator_hides_a_post_and_nobody_finds_it(visitors, script):
    thread = factories.thread(title="Whose client was it?", posts=1)
    post = factories.reply(thread, factories.member(), body="It was the quagmire bank.")
    factories.moderator("molly", name="Molly Moss")
    visitor = visitors.visit(script=script)
    visitor.goto(thread.get_absolute_url())
    expect(visitor.get_by_role("article")).to_have_count(2)

    page = visitors.visit(script=script)
    page.goto("/admin/")  # leads to the portal's own sign-in, and back
    page.get_by_label("Username or e-mail address").fill("molly")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="Posts")).to_be_visible()
    page.goto(thread.get_absolute_url())
    page.locator(f"#post-{post.pk} summary", has_text="More").click()
    page.locator(f"#post-{post.pk}").get_by_role("link", name="Moderate").click()
    page.get_by_role("link", name="Hide").click()
    page.get_by_label("Reason").fill("It names a client.")
    page.get_by_role("button", name="Hide").click()
    expect(page.get_by_role("main")).to_contain_text("It names a client.")

    for address in (thread.get_absolute_url(), "/", "/threads/", "/search/?q=quagmire", "/people/mona/"):
        visitor.goto(address)
        expect(visitor.get_by_role("main")).not_to_contain_text("quagmire bank")
    visitor.goto(thread.get_absolute_url())
    expect(visitor.get_by_role("article")).to_have_count(1)
    assert visitor.goto(f"/posts/{post.pk}/").status == 404
    assert "quagmire" not in visitor.request.get("/feeds/threads.atom").text()
    assert "quagmire" not in visitor.request.get(f"/threads/{thread.pk}/feed.atom").text()


def test_a_moderator_moves_two_posts_reads_of_it_on_the_site_and_undoes_it(visitors, script):
    thread, other = factories.thread(title="What does it cost?", posts=4), factories.thread(title="Which tools?")
    page = visitors.visit(factories.moderator("molly", name="Molly Moss"), script=script)
    page.goto(f"/admin/threads/thread/{thread.pk}/change/")
    page.get_by_role("link", name="To be hidden, or moved to another discussion").click()
    for number in (2, 3):
        page.get_by_role("row", name=f"Answer number {number}.").get_by_role("checkbox").check()
    page.get_by_label("Action:").select_option(label="Move to another discussion…")
    page.get_by_role("button", name="Go").click()
    page.get_by_label("To the discussion").fill(other.get_absolute_url())
    page.get_by_label("Reason").fill("They are about tools.")
    page.get_by_role("button", name="Show what will happen").click()
    expect(page.locator(".told")).to_contain_text("2 posts go to the end of “Which tools?”")
    page.get_by_role("button", name="Move").click()
    expect(page.locator(".messagelist")).to_contain_text("2 posts are moved.")

    reader = visitors.visit(script=script)
    reader.goto(thread.get_absolute_url())
    expect(reader.get_by_role("article")).to_have_count(2)
    reader.get_by_role("link", name="Which tools?").click()
    expect(reader.locator("#came-3")).to_contain_text("2 posts were moved here from “What does it cost?”")
    expect(reader.get_by_role("article")).to_have_count(4)
    expect(reader.get_by_role("main")).not_to_contain_text("Molly")

    page.get_by_role("link", name="Undo").click()
    page.get_by_label("Reason").fill("They are about prices.")
    page.get_by_role("button", name="Undo").click()
    reader.goto(thread.get_absolute_url())
    expect(reader.get_by_role("article")).to_have_count(4)
    expect(reader.get_by_role("main")).not_to_contain_text("Which tools?")


def test_a_curator_publishes_a_term_and_posts_show_it_at_once(visitors, script):
    thread = factories.thread(posts=1)
    factories.reply(thread, factories.member(), body="Our EPMO counts everything.")
    reader = visitors.visit(script=script)
    reader.goto(thread.get_absolute_url())
    expect(reader.locator("a.term")).to_have_class("term undefined")

    page = visitors.visit(factories.curator(), script=script)
    page.goto("/admin/glossary/sense/add/")
    page.get_by_label("Name:").fill("Enterprise PMO")
    page.get_by_label("Definition:").fill("The office at the top of an organisation.")
    page.locator("[name=namings-0-text]").fill("EPMO")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="Enterprise PMO", exact=True).first.click()
    for act in ("Submit for review", "Publish"):
        page.get_by_role("link", name=act).click()
        page.get_by_role("button", name=act).click()

    reader.reload()
    mark = reader.locator(".prose a.term:not(.undefined)")
    expect(mark).to_have_text("EPMO")
    mark.click()
    expect(reader.get_by_role("main")).to_contain_text("The office at the top of an organisation.")


def test_a_curator_publishes_several_senses_at_once_from_the_list(visitors, script):
    by = factories.curator()
    for name in ("Zebra office", "Lion office"):
        senses.submit_for_review(draft(by, name=name, definition="A unit for animals."), by=by)
    page = visitors.visit(by, script=script)
    page.goto("/admin/glossary/sense/?q=office")
    for box in page.locator("input[name=_selected_action]").all():
        box.check()
    page.get_by_label("Action:").select_option(label="Publish")
    page.get_by_role("button", name="Go").click()
    expect(page.locator(".several > p")).to_have_text(["A unit for animals."] * 2)
    expect(page.locator(".several dd")).to_have_text(["No post that everybody sees holds one of its names."] * 2)
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("2 senses are published.")).to_be_visible()
    reader = visitors.visit(script=script)
    reader.goto("/glossary/zebra-office/")
    expect(reader.get_by_role("main")).to_contain_text("A unit for animals.")
