"""The acts under a post: with script and without, by mouse and by keyboard."""

import re

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.journeys.conftest import PHONE
from threads.models import Bookmark, Reaction

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def post():
    factories.member("linda", name="Linda Zinn")
    return factories.start(factories.member("mona", name="Mona Lind"), body="A long answer to a short question.")


def test_saying_that_a_post_helped_and_taking_it_back(visitors, post, script):
    page = visitors.visit(factories.again(factories.member("bea", name="Bea Holm")), script=script)
    page.goto(post.get_absolute_url())
    if script:
        page.evaluate("window.isSame = true")
    button = page.get_by_role("button", name="Helped me")
    button.click()
    expect(page.get_by_role("article")).to_contain_text("Helped Bea Holm")
    expect(button).to_have_attribute("aria-pressed", "true")
    if script:
        expect(page.locator("#said")).to_have_text("You said that it helped you.")
        expect(button).to_be_focused()
        assert page.evaluate("window.isSame")
    button.click()
    expect(page.get_by_role("article")).not_to_contain_text("Helped Bea Holm")
    assert not Reaction.objects.exists()


def test_who_withholds_their_name_in_a_discussion_reads_why_a_reaction_is_not_kept(visitors, post, script):
    bea = factories.member("bea", name="Bea Holm")
    factories.reply(post.thread, by=bea, shown_as="withheld")
    page = visitors.visit(bea, script=script)
    page.goto(post.get_absolute_url())
    for _ in range(2):
        page.get_by_role("button", name="Helped me").click()
        expect(page.locator("p.notice")).to_contain_text("a reaction would show it")
    expect(page.get_by_role("button", name="Helped me")).to_have_attribute("aria-pressed", "false")
    assert not Reaction.objects.exists()


def test_saving_a_post_with_a_note(visitors, post, script):
    page = visitors.visit(factories.member("bea"), script=script)
    page.goto(post.get_absolute_url())
    page.get_by_text("More about").click()
    page.get_by_role("button", name="Save", exact=True).click()
    if not script:
        page.get_by_text("More about").click()
    page.get_by_role("link", name="Saved: note, remove").click()
    page.get_by_label("Note").fill("For the board.")
    page.get_by_role("button", name="Save the note").click()
    expect(page.get_by_role("main")).to_contain_text("For the board.")
    assert Bookmark.objects.get().note == "For the board."


def test_copying_a_post_with_its_source(visitors, post, script):
    page = visitors.visit(script=script, permissions=["clipboard-read", "clipboard-write"] if script else [])
    page.goto(post.get_absolute_url())
    page.get_by_text("More about").click()
    page.get_by_role("link", name="Copy with source").click()
    if script:
        expect(page.locator("#said")).to_have_text("Copied, with its source.")
        text = page.evaluate("navigator.clipboard.readText()")
    else:
        text = page.get_by_label("Post #1").input_value()
    assert text.startswith("A long answer to a short question.")
    assert f"/posts/{post.pk}/" in text


def test_the_menu_opens_and_closes_by_keyboard_and_stays_on_a_phone(visitors, post):
    page = visitors.visit(factories.member("bea"), **PHONE)
    page.goto(post.get_absolute_url())
    summary = page.locator("details.more summary")
    summary.focus()
    page.keyboard.press("Enter")
    menu = page.locator(".menu")
    expect(menu).to_be_visible()
    box = menu.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["viewport"]["width"]
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Link", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(summary).to_be_focused()
    for part in page.locator(".acts > :is(a, button), .acts summary").all():
        assert part.bounding_box()["height"] >= 24


def test_quoting_naming_editing_following_and_reporting(visitors, post, script):
    author = post.author
    page = visitors.visit(factories.member("otto", name="Otto Ost"), script=script)
    page.goto(post.get_absolute_url())
    first = page.locator(f"#post-{post.pk}")
    first.get_by_role("link", name="Quote").click()
    text = page.get_by_label("Reply")
    expect(text).to_have_value(re.compile(rf"> \[#1\]\(/posts/{post.pk}/\)"))
    text.press("End")
    text.fill(f"{text.input_value()}So it is, @{author.username}; see #1.")
    page.get_by_role("button", name="Post reply").click()
    mine = page.get_by_role("article").last
    expect(mine.locator("blockquote")).to_contain_text(author.name)
    expect(mine.get_by_role("link", name=f"@{author.username}")).to_be_visible()
    expect(first.get_by_role("link", name="Otto Ost, #2")).to_be_visible()  # who referred to it

    mine.get_by_text("More").click()
    mine.get_by_role("link", name="Edit", exact=True).click()
    text = page.get_by_label("Text")
    text.fill(f"{text.input_value()} Or nearly.")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(mine).to_contain_text("Or nearly.")

    follow = page.locator("details.follow").first
    expect(follow.locator("summary")).to_have_text("Following")  # who replies follows
    follow.locator("summary").click()
    follow.get_by_role("button", name="Nothing: mute").click()
    expect(page.locator("details.follow summary").first).to_have_text("Muted")

    first.get_by_text("More").click()
    first.get_by_role("link", name="Report").click()
    page.get_by_label("Advertising or spam").check()
    page.get_by_role("button", name="Send the report").click()
    expect(page.locator(".notices")).to_contain_text("moderators")

    told = visitors.visit(author, script=script)
    told.goto("/me/inbox/")
    expect(told.get_by_role("main")).to_contain_text("Otto Ost")
