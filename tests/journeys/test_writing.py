"""Writing: what is previewed is published, nothing typed is lost, nothing is posted twice."""

import re

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.people import PASSWORD
from threads.models import Post, Thread

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def write_reply(page, thread, text):
    page.goto(thread.get_absolute_url())
    page.get_by_label("Reply").fill(text)


def replies(thread):
    return Post.objects.filter(thread=thread, number__gt=1).count()


def test_a_discussion_starts_with_tags_ticked_and_typed(visitors, script):
    factories.start(tags=["benefits"])
    page = visitors.visit(factories.member(), script=script)
    page.goto("/")
    page.get_by_role("link", name="Start a discussion").first.click()
    page.get_by_label("Title").fill("Who owns the forecast?")
    page.get_by_label("Text").fill("Finance has one and we have another.")
    page.get_by_label("benefits").check()
    page.get_by_label("Others").fill("AI")
    page.get_by_role("button", name="Start the discussion").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who owns the forecast?")
    expect(page.locator(".tags .tag")).to_have_text(["AI", "benefits"])
    page.locator(".tags .tag", has_text="AI").click()
    expect(page.get_by_role("link", name="Who owns the forecast?")).to_be_visible()


def test_the_preview_is_what_is_published(visitors, script):
    factories.published_term("CMO", name="Change Management Office")
    thread = factories.thread(posts=1)
    page = visitors.visit(factories.member(), script=script)
    write_reply(page, thread, "The CMO *writes*:\n\n> as it was said\n\n- one\n- two")
    page.get_by_role("button", name="Preview").click()
    preview = page.locator(".preview .prose")
    expect(preview.locator("a.term")).to_have_text("CMO")
    seen = preview.inner_html()
    assert replies(thread) == 0
    page.get_by_role("button", name="Post reply").click()
    published = page.get_by_role("article").last.locator(".prose")
    expect(published.locator("em")).to_have_text("writes")
    assert published.inner_html() == seen


def test_what_is_wrong_is_said_and_the_text_stays(visitors, script):
    page = visitors.visit(factories.member(), script=script)
    page.goto("/threads/new/")
    page.get_by_label("Text").fill("A long thought without a title.")
    page.get_by_role("button", name="Start the discussion").click()
    expect(page.get_by_role("alert")).to_contain_text("Give the discussion a title.")
    expect(page.get_by_label("Text")).to_have_value("A long thought without a title.")
    assert not Thread.objects.exists()


def test_two_who_edit_one_post_both_keep_their_text(visitors, script):
    author = factories.member("olga", name="Olga Olsen")
    post = factories.start(author, body="A PMO supports projects.")
    hers = visitors.visit(author, script=script)
    theirs = visitors.visit(factories.moderator(), script=script)
    for page in (hers, theirs):
        page.goto(f"/posts/{post.pk}/edit/")
    theirs.get_by_label("Text").fill("A PMO supports programmes.")
    theirs.get_by_role("button", name="Save", exact=True).click()
    expect(theirs.get_by_role("article")).to_contain_text("A PMO supports programmes.")

    hers.get_by_label("Text").fill("A PMO supports people.")
    hers.get_by_role("button", name="Save", exact=True).click()
    expect(hers.get_by_role("heading", level=1)).to_have_text("Changed while you were writing")
    expect(hers.get_by_role("main")).to_contain_text("A PMO supports programmes.")
    expect(hers.get_by_label("Your text")).to_have_value("A PMO supports people.")
    expect(hers.locator(".difference del")).to_have_text("programmes")
    expect(hers.locator(".difference ins")).to_have_text("people")

    hers.get_by_label("Your text").fill("A PMO supports programmes and people.")
    hers.get_by_role("button", name="Save my text").click()
    expect(hers.get_by_role("article")).to_contain_text("A PMO supports programmes and people.")
    hers.get_by_role("link", name=re.compile("^Edited")).click()
    expect(hers.get_by_role("heading", level=2)).to_have_text(["Version 3", "Version 2", "Version 1"])
    expect(hers.locator(".difference").first.locator("ins")).to_have_text(" and people")
    expect(hers.get_by_role("main")).to_contain_text("A PMO supports projects.")


def test_a_double_click_posts_once(visitors, script):
    thread = factories.thread(posts=1)
    page = visitors.visit(factories.member(), script=script)
    write_reply(page, thread, "Said once.")
    page.get_by_role("button", name="Post reply").dblclick()
    expect(page.get_by_role("article")).to_have_count(2)
    page.wait_for_load_state("networkidle")
    assert replies(thread) == 1


def test_reloading_after_posting_posts_nothing(visitors, script):
    thread = factories.thread(posts=1)
    page = visitors.visit(factories.member(), script=script)
    page.goto(f"/threads/{thread.pk}/reply/")
    page.get_by_label("Reply").fill("Said once.")
    page.get_by_role("button", name="Post reply").click()
    expect(page.get_by_role("article")).to_have_count(2)
    page.reload()
    expect(page.get_by_role("article")).to_have_count(2)
    assert replies(thread) == 1


def test_a_text_sent_after_the_session_ended_is_kept(visitors, script):
    member = factories.member("olga", name="Olga Olsen")
    thread = factories.thread(posts=1)
    page = visitors.visit(member, script=script)
    write_reply(page, thread, "Typed for an hour.")
    page.context.clear_cookies()
    page.get_by_role("button", name="Post reply").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your text is kept")
    expect(page.get_by_label("Your text")).to_have_value("Typed for an hour.")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in, in a new tab").click()
    tab = opened.value
    tab.get_by_label("Username or e-mail address").fill("olga")
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()
    expect(tab.get_by_role("link", name="Olga Olsen")).to_be_visible()

    page.get_by_role("button", name="Send again").click()
    # The sign-in made a new token, so the first try is asked back once more, with the text.
    expect(page.get_by_role("status")).to_contain_text("opened before you signed in")
    expect(page.get_by_label("Your text")).to_have_value("Typed for an hour.")
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_role("article").last).to_contain_text("Typed for an hour.")
    assert replies(thread) == 1


def test_the_line_says_at_once_what_a_choice_will_show(visitors, script):
    author = factories.member("olga", name="Olga Olsen", role="Head of PMO", organisation="Nordbank", sector="finance")
    page = visitors.visit(author, script=script)
    page.goto("/threads/new/")
    panel = page.locator(".posting-as")
    line, left_out = panel.locator("summary"), panel.locator(".filled-in")
    expect(line).to_contain_text("Posting as Olga Olsen, Head of PMO, Nordbank", use_inner_text=True)
    line.click()
    expect(left_out).to_be_hidden()
    page.get_by_label("Name withheld", exact=True).check()
    expect(left_out).to_contain_text("Finance")
    line.click()
    expect(line).to_contain_text("Posting as Name withheld", use_inner_text=True)
    expect(line).not_to_contain_text("Olga", use_inner_text=True)
    page.get_by_label("Title").fill("Who owns the forecast?")
    page.get_by_label("Text").fill("Without my name.")
    page.get_by_role("button", name="Start the discussion").click()
    expect(page.locator(".byline .name")).to_have_text("Name withheld")
    expect(page.get_by_role("main")).not_to_contain_text("Finance")
    answer = page.locator(".posting-as summary")
    expect(answer).to_contain_text("Posting as Name withheld, as in your last post here", use_inner_text=True)
    expect(answer).not_to_contain_text("Olga", use_inner_text=True)
