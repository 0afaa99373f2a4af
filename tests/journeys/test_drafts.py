"""Half-written texts: a closed tab, two tabs, a visitor, and the tools beside the text box."""

import re

import pytest
from playwright.sync_api import expect

from tests import factories
from tests.people import PASSWORD
from threads.models import Draft, Post

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TEXT = "Typed for an hour."


def box(page):
    return page.get_by_label("Reply", exact=True)


def saved(page):
    """The draft of what stands there, told in one line."""
    expect(page.locator("[data-drafts] > p")).to_contain_text("Draft saved")


def _brings(words, answer):
    """Whether this answers a save of these words, not the note for the writer."""
    return answer.url.endswith("/me/drafts/save/") and words in (answer.request.post_data or "")


def replies(thread):
    return list(Post.objects.filter(thread=thread, number__gt=1).values_list("body", flat=True))


def test_what_was_typed_is_there_again_after_the_tab_was_closed(visitors):
    thread = factories.thread(posts=1)
    member = factories.member()
    tab = visitors.visit(member)
    tab.goto(thread.get_absolute_url())
    box(tab).fill(TEXT)
    saved(tab)
    tab.close()

    phone = visitors.visit(member)
    phone.goto(thread.get_absolute_url())
    expect(box(phone)).to_have_value(TEXT)
    phone.get_by_role("link", name="All drafts").click()
    phone.get_by_role("link", name="Continue").click()
    box(phone).fill(f"{TEXT} And posted.")
    phone.get_by_role("button", name="Post reply").click()
    expect(phone.get_by_role("article").last).to_contain_text("And posted.")
    phone.wait_for_load_state("networkidle")
    assert replies(thread) == [f"{TEXT} And posted."]
    assert not Draft.objects.exists()


def test_leaving_the_text_box_saves_at_once_and_leaving_the_page_asks_nothing(visitors):
    thread = factories.thread(posts=1)
    tab = visitors.visit(factories.member())
    tab.goto(thread.get_absolute_url())
    box(tab).fill(TEXT)
    tab.keyboard.press("Shift+Tab")
    saved(tab)
    asked = []
    tab.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    tab.goto("/threads/")
    assert asked == []


def test_two_tabs_both_keep_their_text(visitors):
    thread = factories.thread(posts=1)
    one = visitors.visit(factories.member())
    other = one.context.new_page()
    for tab in (one, other):
        tab.goto(thread.get_absolute_url())
    box(one).fill("Of the one tab.")
    one.get_by_role("button", name="Save draft").click()
    saved(one)
    box(other).fill("Of the other tab.")
    other.get_by_role("button", name="Save draft").click()
    notice = other.locator("[data-drafts] .notice")
    expect(notice).to_contain_text("Another tab has saved a newer draft.")
    notice.locator("summary").click()
    expect(notice.locator("pre")).to_have_text("Of the one tab.")
    expect(box(other)).to_have_value("Of the other tab.")
    assert Draft.objects.get().body == "Of the one tab."
    other.get_by_role("button", name="Save draft").click()
    expect(notice).to_have_count(0)
    assert Draft.objects.get().body == "Of the other tab."


def test_a_member_without_script_saves_goes_on_and_discards(visitors):
    thread = factories.thread(posts=1)
    page = visitors.visit(factories.member(), script=False)
    page.goto(thread.get_absolute_url())
    expect(page.get_by_role("button", name="Bold")).to_have_count(0)
    box(page).fill(TEXT)
    page.get_by_role("button", name="Save draft").click()
    saved(page)
    page.goto(thread.get_absolute_url())
    expect(box(page)).to_have_value(TEXT)
    page.get_by_role("button", name="Discard it").click()
    expect(page.locator(".notices")).to_contain_text("The draft is discarded.")
    expect(box(page)).to_have_value("")


def sign_in(page):
    page.get_by_label("Username or e-mail address").fill("olga")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_a_visitor_writes_signs_in_and_the_text_is_there(visitors):
    factories.member("olga", name="Olga Olsen")
    thread = factories.thread(posts=1)
    page = visitors.visit()
    page.goto(thread.get_absolute_url())
    page.get_by_role("link", name="Write first, sign in then").click()
    box(page).fill(TEXT)
    page.get_by_role("button", name="Sign in and post").click()
    sign_in(page)
    expect(box(page)).to_have_value(TEXT)
    page.get_by_role("button", name="Post reply").click()
    expect(page.get_by_role("article").last).to_contain_text(TEXT)
    page.goto(f"/threads/{thread.pk}/reply/")
    expect(box(page)).to_have_value("")
    assert replies(thread) == [TEXT]


def test_what_is_typed_before_the_script_has_come_is_kept_as_well(visitors):
    """On a slow network the form is there first."""
    thread = factories.thread(posts=1)
    page = visitors.visit(factories.member())
    held = []
    page.route("**/drafts*.js", lambda route: held.append(route))  # noqa: PLW0108  Playwright counts its parameters
    page.goto(f"/threads/{thread.pk}/reply/", wait_until="commit")
    box(page).fill(TEXT)
    page.wait_for_timeout(100)
    held[0].continue_()
    saved(page)
    assert Draft.objects.get().body == TEXT
    page.reload(wait_until="commit")
    expect(box(page)).to_have_value(TEXT)


def test_a_visitor_without_script_finds_the_text_with_the_way_to_sign_in(visitors):
    factories.member("olga", name="Olga Olsen")
    thread = factories.thread(posts=1)
    page = visitors.visit(script=False)
    page.goto(f"/threads/{thread.pk}/reply/")
    box(page).fill(TEXT)
    page.get_by_role("button", name="Sign in and post").click()
    expect(page.get_by_label("Your text")).to_have_value(TEXT)
    expect(page.get_by_role("link", name=re.compile("^Sign in, in a new tab"))).to_be_visible()


def test_a_visitor_who_starts_a_discussion_finds_title_text_and_tags_after_signing_in(visitors):
    factories.start(tags=["benefits"])
    factories.member("olga", name="Olga Olsen")
    page = visitors.visit()
    page.goto("/threads/new/")
    page.get_by_label("Title").fill("Who owns the forecast?")
    page.get_by_label("Text").fill(TEXT)
    page.get_by_label("benefits").check()
    page.get_by_role("button", name="Sign in and post").click()
    sign_in(page)
    expect(page.get_by_label("Title")).to_have_value("Who owns the forecast?")
    expect(page.get_by_label("Text")).to_have_value(TEXT)
    expect(page.get_by_label("benefits")).to_be_checked()
    page.get_by_role("button", name="Start the discussion").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who owns the forecast?")


def test_the_tools_write_markdown_and_can_be_undone(visitors):
    thread = factories.thread(posts=1)
    page = visitors.visit(factories.member())
    page.goto(f"/threads/{thread.pk}/reply/")
    area = box(page)
    area.fill("A PMO")
    area.press("Control+a")
    page.get_by_role("button", name="Bold").click()
    expect(area).to_have_value("**A PMO**")
    page.get_by_role("button", name="Bold").click()
    expect(area).to_have_value("A PMO")
    area.press("Control+i")
    expect(area).to_have_value("*A PMO*")
    area.press("Control+z")
    expect(area).to_have_value("A PMO")
    area.press("Control+k")
    expect(area).to_have_value("[A PMO](https://)")
    page.keyboard.type("https://example.org")
    expect(area).to_have_value("[A PMO](https://example.org)")
    area.fill("one\ntwo")
    area.press("Control+a")
    page.get_by_role("button", name="List").click()
    expect(area).to_have_value("- one\n- two")
    page.get_by_role("button", name="Quotation").click()
    expect(area).to_have_value("> - one\n> - two")
    area.press("Control+Enter")
    expect(page.get_by_role("article")).to_have_count(2)
    assert replies(thread) == ["> - one\n> - two"]


def test_what_is_like_the_title_stands_below_it_while_it_is_typed(visitors):
    factories.start(title="Who owns the benefits register?")
    page = visitors.visit(factories.member())
    page.goto("/threads/new/")
    page.get_by_label("Title").fill("Who keeps the benefits register?")
    expect(page.get_by_role("link", name="Who owns the benefits register?")).to_be_visible()
    page.get_by_label("Title").fill("Something else")
    expect(page.get_by_role("link", name="Who owns the benefits register?")).to_have_count(0)


def test_a_title_is_changed_and_its_history_shows_how(visitors, script):
    author = factories.member("olga", name="Olga Olsen")
    thread = factories.start(author, title="Where does it end?", tags=["risk"]).thread
    page = visitors.visit(author, script=script)
    page.goto(thread.get_absolute_url())
    page.get_by_role("link", name="Edit title and tags").click()
    page.get_by_label("Title").fill("Where does a PMO end?")
    page.get_by_label("Your situation").fill("A bank, 600 people")
    page.get_by_label("risk").uncheck()
    page.get_by_label("Others").fill("AI")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Where does a PMO end?")
    expect(page.get_by_role("main")).to_contain_text("A bank, 600 people")
    expect(page.locator(".tags .tag")).to_have_text(["AI"])
    page.get_by_role("link", name=re.compile("^Title or tags edited")).click()
    expect(page.locator(".difference").first.locator("ins").first).to_contain_text("a PMO")


def no_dialog(page):
    """What a page asks before it is left; answered with “leave”."""
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    return asked


def test_what_was_typed_a_moment_ago_is_there_after_a_reload(visitors):
    thread = factories.thread(posts=1)
    page = visitors.visit(factories.member())
    asked = no_dialog(page)
    page.goto(thread.get_absolute_url())
    box(page).press_sequentially(TEXT)
    page.reload()
    expect(box(page)).to_have_value(TEXT)
    saved(page)
    box(page).press_sequentially(" More.")
    page.reload()
    expect(box(page)).to_have_value(f"{TEXT} More.")
    box(page).fill("Another text.")
    page.goto(f"/threads/{thread.pk}/reply/")
    expect(box(page)).to_have_value("Another text.")
    with page.expect_response(lambda answer: _brings("Written anew.", answer)) as answer:
        box(page).fill("Written anew.")
        page.get_by_role("button", name="Save draft").click()
    assert answer.value.status == 200
    expect(page.locator("[data-drafts] .notice")).to_have_count(0)
    assert Draft.objects.get().body == "Written anew."
    assert asked == []
    box(page).press_sequentially(" Now.")
    page.get_by_role("button", name="Post reply").click()
    expect(page.get_by_role("article")).to_have_count(2)
    expect(box(page)).to_have_value("")
    assert replies(thread) == ["Written anew. Now."]


def test_a_title_typed_a_moment_ago_is_there_after_a_reload(visitors):
    page = visitors.visit(factories.member())
    page.goto("/threads/new/")
    page.get_by_label("Title").fill("Who owns the forecast?")
    page.get_by_label("Text").fill(TEXT)
    page.reload()
    expect(page.get_by_label("Title")).to_have_value("Who owns the forecast?")
    expect(page.get_by_label("Text")).to_have_value(TEXT)
    saved(page)
    with page.expect_response(lambda answer: "And who does not?" in (answer.request.post_data or "")) as answer:
        page.get_by_label("Title").fill("And who does not?")
        page.get_by_role("button", name="Save draft").click()
    assert answer.value.status == 200
    page.wait_for_load_state("networkidle")
    assert Draft.objects.get().title == "And who does not?"


def test_what_is_kept_of_one_draft_does_not_stand_in_another(visitors):
    page = visitors.visit(factories.member())
    page.goto("/threads/new/")
    page.get_by_label("Title").fill("The first")
    page.get_by_role("button", name="Save draft").click()
    saved(page)
    address = f"/threads/new/?draft={Draft.objects.get().token}"
    page.goto("/threads/new/")
    page.get_by_label("Title").fill("The second")
    page.goto(address)
    expect(page.get_by_label("Title")).to_have_value("The first")


def test_an_edit_of_a_moment_ago_takes_the_place_of_the_post_after_a_reload(visitors):
    author = factories.member("olga")
    post = factories.start(author, body="As it stands.")
    page = visitors.visit(author)
    page.goto(f"/posts/{post.pk}/edit/")
    page.get_by_label("Text").fill("As it will stand.")
    page.reload()
    expect(page.get_by_label("Text")).to_have_value("As it will stand.")


def test_a_reload_begins_with_no_more_of_the_author_than_the_page_does(visitors):
    author = factories.member("olga", name="Olga Olsen")
    thread = factories.start(author, shown_as="withheld").thread
    page = visitors.visit(author)
    page.goto(f"/threads/{thread.pk}/reply/")
    page.locator(".posting-as summary").click()
    page.locator("[value=all]").check()
    box(page).fill(TEXT)
    page.goto("/threads/")
    page.goto(f"/threads/{thread.pk}/reply/")
    expect(box(page)).to_have_value(TEXT)
    expect(page.locator("[value=withheld]")).to_be_checked()


def test_a_visitors_title_and_situation_stay_without_a_text(visitors):
    page = visitors.visit()
    page.goto("/threads/new/")
    page.get_by_label("Title").fill("Who owns the forecast?")
    page.reload()
    expect(page.get_by_label("Title")).to_have_value("Who owns the forecast?")
    page.get_by_label("Title").fill("")
    page.get_by_label("Your situation").fill("A bank")
    page.reload()
    expect(page.get_by_label("Your situation")).to_have_value("A bank")
    expect(page.get_by_label("Title")).to_have_value("")


def test_the_way_back_to_a_preview_leads_to_what_was_previewed(visitors):
    thread = factories.thread(posts=1)
    page = visitors.visit(factories.member())
    page.goto(thread.get_absolute_url())
    box(page).fill(TEXT)
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".preview")).to_contain_text(TEXT)
    page.goto("/glossary/")
    page.go_back()
    expect(box(page)).to_have_value(TEXT)
    page.goto("/threads/new/")
    page.get_by_label("Title").fill("Who owns the forecast?")
    page.get_by_label("Text").fill(TEXT)
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".preview")).to_contain_text(TEXT)
    page.goto("/glossary/")
    page.go_back()
    expect(page.get_by_label("Title")).to_have_value("Who owns the forecast?")
    expect(page.get_by_label("Text")).to_have_value(TEXT)
    page.get_by_role("button", name="Start the discussion").click()
    expect(page.get_by_role("article")).to_contain_text(TEXT)
    assert Draft.objects.get().thread == thread


def test_a_name_that_was_taken_is_kept_like_what_is_typed(visitors):
    thread = factories.start(factories.member("linda", name="Linda Zinn")).thread
    page = visitors.visit(factories.member())
    page.goto(thread.get_absolute_url())
    box(page).press_sequentially("@lin")
    page.get_by_role("option", name="Linda Zinn").click()
    expect(box(page)).to_have_value("@linda ")
    page.reload()
    expect(box(page)).to_have_value("@linda ")
