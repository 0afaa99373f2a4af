"""Words in the conversation: the note for the writer, the question at the word, the menu beside selected words."""

import pytest
from playwright.sync_api import expect

from glossary.models import Suggestion
from tests import factories, glossaries
from tests.journeys.conftest import PHONE
from tests.people import PASSWORD
from threads.models import Post

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SELECT = """words => {
  for (const paragraph of document.querySelectorAll("article .prose p")) {
    const at = paragraph.textContent.indexOf(words);
    if (at < 0) continue;
    const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    for (let from = 0; walker.nextNode(); from += walker.currentNode.length) {
      const [start, end] = [at - from, at + words.length - from];
      const length = walker.currentNode.length;
      if (start >= 0 && start < length) range.setStart(walker.currentNode, start);
      if (end > 0 && end <= length) range.setEnd(walker.currentNode, end);
    }
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    return;
  }
}"""


@pytest.fixture
def cmo():
    by = glossaries.curator()
    for name, full in (("Change office", "Change Management Office"), ("Marketing chief", "Chief Marketing Officer")):
        glossaries.published(by, name=name, preferred=full, abbreviation="CMO")


def write(page, thread, text, *, script):
    """A text whose note stands there and is opened: after the pause with script, with the preview without."""
    page.goto(f"/threads/{thread.pk}/reply/")
    page.get_by_label("Reply").fill(text)
    if not script:
        page.get_by_role("button", name="Preview").click()
    expect(page.locator(".noted ul")).to_be_hidden()
    page.get_by_text("Not everybody may know").click()


def sign_in(page, member):
    page.get_by_label("Username or e-mail address").fill(member.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_writer_picks_a_meaning_that_is_written_into_the_text(visitors, cmo, script):
    thread = factories.thread(posts=1)
    page = visitors.visit(factories.member(), script=script)
    write(page, thread, "> a CMO\n\nOur CMO decides, says the SOX board.", script=script)
    page.get_by_text("Pick a meaning of CMO").click()
    page.get_by_role("button", name="Write “Change Management Office (CMO)”").click()
    text = "> a CMO\n\nOur Change Management Office (CMO) decides, says the SOX board."
    expect(page.get_by_label("Reply")).to_have_value(text)
    expect(page.locator(".noted li")).to_have_count(1)
    page.get_by_role("button", name="Everyone here knows SOX").click()
    expect(page.locator(".noted")).to_have_count(0)
    expect(page.get_by_label("Reply")).to_have_value(text)
    assert Post.objects.filter(thread=thread).count() == 1
    page.get_by_role("button", name="Post reply").click()
    expect(page.get_by_role("article").last).to_contain_text("Our Change Management Office (CMO) decides")
    expect(page.locator(".margin")).to_contain_text("spelled out in #2")


def test_the_starter_settles_a_word_from_the_note(visitors, cmo, script):
    starter = factories.member()
    thread = factories.thread(starter, posts=1)
    page = visitors.visit(starter, script=script)
    write(page, thread, "Our CMO decides.", script=script)
    page.get_by_role("button", name="Choose Marketing chief for this thread").click()
    expect(page.get_by_text("“CMO” now means “Marketing chief” in this thread.")).to_be_visible()
    expect(page.locator(".noted")).to_have_count(0)
    page.get_by_role("button", name="Post reply").click()
    expect(page.locator(".margin")).to_contain_text("chosen for this thread")


def test_what_is_open_in_the_note_stays_open_while_the_text_goes_on(visitors, cmo):
    thread = factories.thread(posts=1)
    page = visitors.visit(factories.member(), script=True)
    write(page, thread, "Our CMO and the SOX board.", script=True)
    page.get_by_text("Pick a meaning of CMO").click()
    page.get_by_label("Reply").press_sequentially(" And the DPIA.")
    expect(page.locator(".noted > summary")).to_contain_text("SOX, DPIA, CMO")
    expect(page.get_by_role("button", name="Write “Change Management Office (CMO)”")).to_be_visible()
    expect(page.get_by_label("Reply")).to_be_focused()
    expect(page.locator("[data-words] [aria-live], [data-words] [role=status], [data-words][aria-live]")).to_have_count(
        0
    )
    page.get_by_text("Not everybody may know").click()
    page.get_by_label("Reply").press_sequentially(" And the ARB.")
    expect(page.locator(".noted > summary")).to_contain_text("ARB")
    expect(page.locator(".noted ul")).to_be_hidden()
    page.goto(f"/threads/{factories.thread(posts=1).pk}/reply/")
    page.get_by_label("Reply").fill("The SOX board and the QXZ.")
    expect(page.locator(".noted > summary")).to_contain_text("Not everybody may know QXZ:")


def test_the_enter_key_presses_no_button_of_the_note(visitors, script):
    member = factories.member()
    page = visitors.visit(member, script=script)
    page.goto("/threads/new/")
    page.get_by_label("Title").fill("A board")
    page.get_by_label("Text").fill("The SOX board.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".noted")).to_be_visible()
    page.get_by_label("Title").fill("Another board")
    page.get_by_label("Title").press("Enter")
    expect(page.get_by_label("Title")).to_have_value("Another board")
    expect(page.locator(".noted")).to_be_visible()
    assert member.known_words.count() == 0
    assert not Post.objects.exists()


def test_a_visitor_asks_at_a_word_and_the_answer_goes_to_the_curators(visitors, post_box, script):
    poster, asker = factories.member(), factories.member("otto")
    thread = factories.start(poster, body="It is the SOX board that decides.").thread
    page = visitors.visit(script=script)
    page.goto(thread.get_absolute_url())
    if script:
        page.evaluate(SELECT, "SOX")
        page.get_by_role("group", name="With the selected words").get_by_role(
            "link", name="What does this mean?"
        ).click()
    else:
        page.goto(f"/threads/{thread.pk}/words/")
        page.get_by_role("link", name="What does SOX mean?").click()
    sign_in(page, asker)
    expect(page.get_by_label("Word")).to_have_value("SOX")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("main")).to_contain_text("1 person asks: Otto")

    answers = visitors.visit(poster, script=script)
    answers.goto(f"/threads/{thread.pk}/words/")
    answers.get_by_label("What SOX means here").fill("A law about accounts.")
    answers.get_by_role("button", name="Answer").click()
    expect(answers.get_by_role("status")).to_contain_text("suggested to the curators")
    expect(answers.get_by_role("main")).to_contain_text("A law about accounts.")
    assert "A law about accounts." in post_box(asker.email).body
    assert Suggestion.objects.get().definition == "A law about accounts."


def test_a_reader_asks_at_an_acronym_that_nobody_has_defined_and_is_counted(visitors, script):
    poster, asker = factories.member(), factories.member("otto")
    thread = factories.start(poster, body="It is the SOX board that decides. SOX is law.").thread
    page = visitors.visit(script=script)
    page.goto(thread.get_absolute_url())
    mark = page.locator(".prose").get_by_role("link", name="SOX", exact=True)
    expect(mark).to_have_count(1)
    if script:
        expect(mark).to_have_accessible_description("Nobody has said yet what SOX means here.")
        mark.hover()
        panel = page.locator("span.term-panel")
        expect(panel).to_contain_text("Nobody has said yet what SOX means here.")
        expect(panel).not_to_contain_text("More about")
        panel.hover()
        expect(panel).to_be_visible()
        panel.get_by_role("link", name="What does this mean?").click()
    else:
        mark.click()
        expect(page.locator(":target")).to_contain_text("SOX")
        page.locator(":target").get_by_role("link", name="What does SOX mean?").click()
    sign_in(page, asker)
    expect(page.get_by_label("Word")).to_have_value("SOX")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("main")).to_contain_text("1 person asks: Otto")

    other = visitors.visit(script=script)
    other.goto(thread.get_absolute_url())
    other.locator(".prose").get_by_role("link", name="SOX", exact=True).hover()
    if script:
        expect(other.locator("span.term-panel")).to_contain_text("1 person asks.")

    answers = visitors.visit(poster, script=script)
    answers.goto(f"/threads/{thread.pk}/words/")
    answers.get_by_label("What SOX means here").fill("A law about accounts.")
    answers.get_by_role("button", name="Answer").click()
    page.goto(thread.get_absolute_url())
    mark = page.locator(".prose").get_by_role("link", name="SOX", exact=True)
    if script:
        mark.hover()
        expect(page.locator("span.term-panel")).to_contain_text("A law about accounts.")
        page.keyboard.press("Escape")
        expect(page.locator("span.term-panel")).to_have_count(0)
    mark.click()
    expect(page.locator(":target")).to_contain_text("A law about accounts.")


def test_a_finger_and_a_keyboard_reach_the_panel_of_an_undefined_acronym(visitors):
    thread = factories.start(body="It is the SOX board that decides.").thread
    phone = visitors.visit(**PHONE, has_touch=True)
    phone.goto(thread.get_absolute_url())
    phone.locator(".prose a.term").tap()
    panel = phone.locator("span.term-panel")
    expect(panel).to_be_visible()
    box = panel.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["viewport"]["width"]
    assert phone.url.endswith(thread.get_absolute_url())
    phone.locator(".prose a.term").tap()
    expect(phone.locator(":target")).to_contain_text("SOX")

    page = visitors.visit(factories.member("otto"))
    page.goto(thread.get_absolute_url())
    mark = page.locator(".prose a.term")
    page.locator(".byline a").last.focus()
    page.keyboard.press("Tab")
    expect(mark).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("span.term-panel").get_by_role("link", name="What does this mean?")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Words")
    page.get_by_role("button", name="I know SOX").click()
    page.goto(thread.get_absolute_url())
    expect(page.locator(".prose a.term")).to_have_count(0)


def test_the_menu_beside_selected_words_is_reached_by_keyboard_and_closed_with_escape(visitors):
    post = factories.start(body="One sentence.\n\nIt is the SOX board that decides.")
    page = visitors.visit(factories.member("otto"))
    page.goto(post.get_absolute_url())
    menu = page.get_by_role("group", name="With the selected words")
    page.evaluate(SELECT, "SOX board")
    expect(menu.get_by_role("link")).to_have_text(["Quote", "What does this mean?", "Use as definition…"])
    expect(menu.get_by_role("link", name="What does this mean?")).to_have_attribute(
        "href", f"{page.url.split('/threads')[0]}/threads/{post.thread_id}/ask/?word=SOX+board"
    )
    page.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    page.get_by_text("It is the SOX board").click(click_count=3)
    expect(menu).to_be_visible()
    page.keyboard.press("Tab")
    expect(menu.get_by_role("link").first).to_be_focused()
    page.get_by_role("heading", level=1).click()
    expect(menu).to_have_count(0)


def test_the_menu_stays_within_a_phone(visitors):
    post = factories.start(body="It is the SOX board that decides.")
    page = visitors.visit(factories.member("otto"), **PHONE, has_touch=True)
    page.goto(post.get_absolute_url())
    page.evaluate(SELECT, "decides.")
    menu = page.get_by_role("group", name="With the selected words")
    expect(menu).to_be_visible()
    box = menu.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["viewport"]["width"]


def test_the_panel_of_a_word_leads_a_visitor_to_ask(visitors, cmo):
    thread = factories.start(body="Our CMO decides.").thread
    page = visitors.visit()
    page.goto(thread.get_absolute_url())
    page.locator(".prose a.term", has_text="CMO").hover()
    panel = page.locator("span.term-panel")
    expect(panel).not_to_contain_text("I know this")
    panel.get_by_role("link", name="What does this mean?").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert "word%3DCMO" in page.url
