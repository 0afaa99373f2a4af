"""Several real browsers on one thread at once: nothing is lost, each is told the truth, what stands is what was told.

With script a draft is saved while somebody types, so the draft is the second place where a text may be found.
"""

import pytest
from playwright.sync_api import expect

from tests import factories
from threads.actions import moderation
from threads.models import Draft, Post

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HERS, THEIRS, HIS = "A PMO supports people.", "A PMO supports programmes.", "And who supports the PMO?"


def texts(thread):
    return list(Post.objects.filter(thread=thread).order_by("number").values_list("body", flat=True))


def lock(page, thread):
    """As a moderator does, in the admin."""
    page.goto(f"/admin/threads/thread/{thread.pk}/lock/")
    page.get_by_label("Reason").fill("It has left its subject.")
    page.get_by_role("button", name="Lock").click()
    expect(page.locator(".messagelist")).to_contain_text("Done: Lock.")


def kept(page, script):
    """With script, what was typed is a draft by now: leaving the field saves it."""
    if script:
        page.keyboard.press("Tab")
        expect(page.locator("[data-drafts] > p")).to_contain_text("Draft saved")


def put_aside(page, text, script):
    if not script:
        page.get_by_role("button", name="Save draft").click()
        expect(page.locator("[data-drafts] > p")).to_contain_text("Draft saved")
    page.goto("/me/drafts/")
    expect(page.get_by_role("main")).to_contain_text(text)


def go_on(page, label, text):
    """From the list of drafts to the form."""
    page.get_by_role("link", name="Continue").click()
    expect(page.get_by_label(label, exact=True)).to_have_value(text)


def test_three_at_once_edit_reply_and_lock_and_nothing_is_lost(visitors, script):
    olga = factories.member("olga", name="Olga Olsen")
    otto = factories.member("otto", name="Otto Orr")
    molly = factories.moderator("molly", name="Molly Moss")
    post = factories.start(olga, title="What does a PMO do?", body="A PMO supports projects.")
    thread = post.thread
    hers, his, theirs = (visitors.visit(each, script=script) for each in (olga, otto, molly))
    for page in (hers, theirs):
        page.goto(f"/posts/{post.pk}/edit/")
    his.goto(f"/threads/{thread.pk}/reply/")
    hers.get_by_label("Text").fill(HERS)
    kept(hers, script)
    his.get_by_label("Reply", exact=True).fill(HIS)
    kept(his, script)

    # The moderator is first to save, then locks the thread in which both of them still write.
    theirs.get_by_label("Text").fill(THEIRS)
    theirs.get_by_role("button", name="Save", exact=True).click()
    expect(theirs.get_by_role("article")).to_contain_text(THEIRS)
    lock(theirs, thread)
    acknowledged = [THEIRS]
    assert texts(thread) == acknowledged

    # She hears first of the newer text, with both beside each other; then, saving over it, of the lock.
    hers.get_by_role("button", name="Save", exact=True).click()
    expect(hers.get_by_role("heading", level=1)).to_have_text("Changed while you were writing")
    expect(hers.locator(".conflict")).to_contain_text(THEIRS)
    expect(hers.get_by_label("Your text")).to_have_value(HERS)
    hers.get_by_role("button", name="Save my text").click()
    expect(hers.get_by_role("alert")).to_contain_text("A moderator has locked this thread.")
    expect(hers.get_by_label("Your text")).to_have_value(HERS)

    # He hears of the lock, and his reply stands in the form.
    his.get_by_role("button", name="Post reply").click()
    expect(his.get_by_role("alert")).to_contain_text("A moderator has locked this thread.")
    expect(his.get_by_label("Reply", exact=True)).to_have_value(HIS)
    assert texts(thread) == acknowledged

    # Both put their texts aside, with a button where no script has done it, and find them in the list.
    for page, text in ((hers, HERS), (his, HIS)):
        put_aside(page, text, script)
    assert sorted(Draft.objects.values_list("member__username", "body")) == [("olga", HERS), ("otto", HIS)]
    expect(hers.get_by_role("main")).to_contain_text("An edit of your post #1")

    # The thread is opened again: each goes on from the list, and what is told as saved is what stands.
    moderation.unlock(thread, by=molly, reason="Back to it.")
    go_on(his, "Reply", HIS)
    his.get_by_role("button", name="Post reply").click()
    expect(his.get_by_role("article").last).to_contain_text(HIS)
    go_on(hers, "Your text", HERS)
    expect(hers.get_by_role("heading", level=1)).to_have_text("Changed while you were writing")
    merged = "A PMO supports programmes and people."
    hers.get_by_label("Your text").fill(merged)
    hers.get_by_role("button", name="Save my text").click()
    expect(hers.get_by_role("article").first).to_contain_text(merged)
    assert texts(thread) == [merged, HIS]
    assert list(post.revisions.order_by("number").values_list("body", flat=True)) == [
        "A PMO supports projects.",
        THEIRS,
    ]
    for page in (hers, his):
        page.goto("/me/drafts/")
        expect(page.get_by_role("main")).to_contain_text("There is no draft")
    assert not Draft.objects.exists()


def test_an_edit_in_the_making_is_there_again_after_the_tab_was_closed(visitors):
    olga = factories.member("olga", name="Olga Olsen")
    post = factories.start(olga, body="A PMO supports projects.")
    tab = visitors.visit(olga)
    tab.goto(f"/posts/{post.pk}/edit/")
    tab.get_by_label("Text").fill(HERS)
    kept(tab, script=True)
    tab.close()
    phone = visitors.visit(olga)
    phone.goto(f"/posts/{post.pk}/edit/")
    expect(phone.get_by_label("Text")).to_have_value(HERS)
    expect(phone.locator(".draft-note")).to_contain_text("begun on version 1")
    phone.get_by_role("button", name="Discard it").click()
    expect(phone.get_by_label("Text")).to_have_value("A PMO supports projects.")
    assert not Draft.objects.exists()


def test_what_could_not_be_saved_stays_in_the_browser_and_takes_its_place_again(visitors):
    olga = factories.member("olga", name="Olga Olsen")
    post = factories.start(olga, body="A PMO supports projects.")
    tab = visitors.visit(olga)
    tab.goto(f"/posts/{post.pk}/edit/")
    tab.route("**/me/drafts/save/", lambda route: route.fulfill(status=403))
    tab.get_by_label("Text").fill(HERS)
    tab.keyboard.press("Tab")
    expect(tab.locator("[data-drafts] > p")).to_contain_text("Your text stays here and in this browser.")
    tab.unroute("**/me/drafts/save/")
    tab.goto("/threads/")
    tab.goto(f"/posts/{post.pk}/edit/")
    expect(tab.get_by_label("Text")).to_have_value(HERS)


def test_two_tabs_of_one_edit_both_keep_their_text(visitors, script):
    olga = factories.member("olga", name="Olga Olsen")
    post = factories.start(olga, body="A PMO supports projects.")
    one = visitors.visit(olga, script=script)
    other = one.context.new_page()
    for tab in (one, other):
        tab.goto(f"/posts/{post.pk}/edit/")
    one.get_by_label("Text").fill(HERS)
    one.get_by_role("button", name="Save draft").click()
    expect(one.locator("[data-drafts] > p")).to_contain_text("Draft saved")
    other.get_by_label("Text").fill(THEIRS)
    other.get_by_role("button", name="Save draft").click()
    notice = other.locator("[data-drafts] .notice")
    expect(notice).to_contain_text("Another tab has saved a newer draft.")
    notice.locator("summary").click()
    expect(notice.locator("pre")).to_have_text(HERS)
    expect(other.get_by_label("Text")).to_have_value(THEIRS)
    assert Draft.objects.get().body == HERS
