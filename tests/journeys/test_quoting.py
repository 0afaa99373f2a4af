"""Quoting selected words: what stood apart stays apart, and everybody keeps their own words."""

import pytest
from playwright.sync_api import expect

from markup.references import quotation
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TABLE = "| Office | Head |\n| --- | --- |\n| PMO | Ann |\n| CMO | Bo |"
SELECT = """([post, from, to]) => {
  const prose = document.querySelector(`#post-${post} .prose`);
  const [first, last] = [from, to].map((chosen) => prose.querySelector(chosen));
  getSelection().setBaseAndExtent(first, 0, last, last.childNodes.length);
}"""


@pytest.fixture
def linda():
    return factories.member("linda", name="Linda Zinn")


def quoted(page, post, first, last):
    """What “Quote” writes into the reply for all that stands from one element of a post to another."""
    page.goto(post.get_absolute_url())
    page.evaluate(SELECT, [post.pk, first, last])
    page.locator(f"#post-{post.pk} .acts a[data-quote]").click()
    return page.get_by_label("Reply").input_value()


@pytest.mark.parametrize(
    ("body", "first", "last", "lines"),
    [
        (TABLE, "table", "table", TABLE.split("\n")),
        (TABLE, "td", "tr:last-child td:last-child", ["PMO | Ann", "CMO | Bo"]),
        (TABLE, "td", "td", ["PMO"]),
        ("Say:\n\n3. one\n4. two\n\nSo.", "li:last-child", "p:last-child", ["4. two", "", "So."]),
        ("- one\n  - deeper\n- two", "ul", "ul", ["- one", "", "  - deeper", "- two"]),
        ("```\nif a:\n    b\n```", "pre code", "pre code", ["```", "if a:", "    b", "```"]),
        ("One\ntwo\n\nthree", "p", "p:last-child", ["One", "two", "", "three"]),
    ],
)
def test_cells_items_and_lines_stay_apart(visitors, linda, body, first, last, lines):
    post = factories.start(linda, body=body)
    said = quoted(visitors.visit(factories.member()), post, first, last)
    assert said == f"> [#1](/posts/{post.pk}/)\n" + "".join(f"> {line}".rstrip() + "\n" for line in lines) + "\n"


def test_what_is_quoted_of_a_table_is_taken_for_its_authors_words(visitors, linda):
    post = factories.start(linda, body=TABLE)
    page = visitors.visit(factories.member())
    quoted(page, post, "td", "tr:last-child td:last-child")
    page.get_by_role("button", name="Post reply").click()
    expect(page.locator(".cited")).to_contain_text("Linda Zinn")
    expect(page.locator(".cited")).not_to_contain_text("do not stand")


def test_a_quotation_that_is_quoted_keeps_its_author(visitors, linda):
    post = factories.start(linda, body="A PMO looks after projects.")
    second = factories.reply(post.thread, body=quotation(post.pk, 1, "A PMO looks after") + "Does it?")
    page = visitors.visit(factories.member())
    head = f"[#1](/posts/{post.pk}/)"
    whole = quoted(page, second, "blockquote > p:last-child", ":scope > p")
    assert whole == f"> [#2](/posts/{second.pk}/)\n> > {head}\n> > A PMO looks after\n>\n> Does it?\n\n"
    page.get_by_label("Reply").fill("")
    assert (
        quoted(page, second, "blockquote > p:last-child", "blockquote > p:last-child")
        == f"> {head}\n> A PMO looks after\n\n"
    )


WHOLE = "It **ends** here.\n\n> said elsewhere\n\n1. one\n2. two"


def test_without_a_selection_the_whole_post_is_quoted_where_one_writes(visitors, linda):
    post = factories.start(linda, body=WHOLE)
    page = visitors.visit(factories.member())
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto(post.get_absolute_url())
    page.evaluate("window.isSame = true")
    area = page.get_by_label("Reply", exact=True)
    area.press_sequentially("First.")
    page.locator(f"#post-{post.pk} a[data-quote]").click()
    said = f"First.\n\n> [#1](/posts/{post.pk}/)\n> It ends here.\n>\n> …\n>\n> 1. one\n> 2. two\n\n"
    expect(area).to_have_value(said)
    expect(area).to_be_focused()
    area.press_sequentially("Does it?")
    page.get_by_role("button", name="Save draft").click()
    expect(page.locator("[data-drafts] > p")).to_contain_text("Draft saved")
    expect(page.locator("[data-drafts] .notice")).to_have_count(0)
    assert page.evaluate("window.isSame")
    page.get_by_role("button", name="Post reply").click()
    expect(page.locator(".cited")).to_contain_text("Linda Zinn")
    expect(page.locator(".cited")).not_to_contain_text("do not stand")
    assert asked == []


def test_of_a_long_post_as_much_is_quoted_as_without_script(visitors, linda):
    post = factories.start(linda, body="word " * 1000)
    page = visitors.visit(factories.member())
    page.goto(post.get_absolute_url())
    page.locator(f"#post-{post.pk} a[data-quote]").click()
    here = page.get_by_label("Reply", exact=True).input_value()
    still = visitors.visit(factories.member("otto"), script=False)
    still.goto(post.get_absolute_url())
    still.locator(f"#post-{post.pk} a[data-quote]").click()
    assert still.get_by_label("Reply", exact=True).input_value() == here


def test_the_menu_beside_selected_words_quotes_where_one_writes(visitors, linda):
    post = factories.start(linda, body="A PMO looks after projects.")
    page = visitors.visit(factories.member())
    page.goto(post.get_absolute_url())
    page.evaluate(SELECT, [post.pk, "p", "p"])
    menu = page.get_by_role("group", name="With the selected words")
    menu.get_by_role("link", name="Quote").click()
    area = page.get_by_label("Reply", exact=True)
    expect(area).to_have_value(f"> [#1](/posts/{post.pk}/)\n> A PMO looks after projects.\n\n")
    expect(area).to_be_focused()
    expect(menu).to_have_count(0)


def test_a_visitor_quotes_signs_in_and_finds_it_once(visitors, linda, script):
    post = factories.start(linda, body="A PMO looks after projects.")
    page = visitors.visit(script=script)
    page.goto(post.get_absolute_url())
    page.get_by_role("link", name="Quote").click()
    area = page.get_by_label("Reply", exact=True)
    quote = f"> [#1](/posts/{post.pk}/)\n> A PMO looks after projects.\n\n"
    expect(area).to_have_value(quote)
    area.press("Control+End")
    area.press_sequentially("Does it?")
    if script:
        page.reload()
        expect(area).to_have_value(f"{quote}Does it?")


def test_a_reply_to_an_earlier_post_begins_with_its_number(visitors, linda, script):
    post = factories.start(linda, body="A PMO looks after projects.")
    factories.reply(post.thread, body="And programmes.")
    page = visitors.visit(factories.member("otto", name="Otto Ost"), script=script)
    page.goto(post.get_absolute_url())
    first = page.locator(f"#post-{post.pk}")
    first.get_by_role("link", name="Reply").click()
    area = page.get_by_label("Reply", exact=True)
    expect(area).to_have_value("#1 ")
    if script:
        expect(area).to_be_focused()
        first.get_by_role("link", name="Reply").click()
        expect(area).to_have_value("#1 ")
    area.fill("#1 It does.")
    page.get_by_role("button", name="Post reply").click()
    expect(page.get_by_role("article").last.get_by_role("link", name="#1", exact=True)).to_be_visible()
    expect(first.get_by_role("link", name="Otto Ost, #3")).to_be_visible()  # who referred to it


def test_the_number_never_stands_on_what_is_typed_and_alone_is_no_draft(visitors, linda):
    post = factories.start(linda)
    second = factories.reply(post.thread)
    last = factories.reply(post.thread)
    page = visitors.visit(factories.member())
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.goto(post.get_absolute_url())
    area = page.get_by_label("Reply", exact=True)

    def answer(to):
        page.locator(f"#post-{to.pk}").get_by_role("link", name="Reply").click()
        expect(area).to_be_focused()

    answer(last)
    expect(area).to_have_value("")
    answer(post)
    answer(second)
    expect(area).to_have_value("#2 ")
    page.goto("/threads/")
    assert asked == []
    page.goto(post.get_absolute_url())
    expect(area).to_have_value("")
    area.fill("Yes.")
    answer(post)
    expect(area).to_have_value("Yes.\n\n#1 ")
    answer(post)
    expect(area).to_have_value("Yes.\n\n#1 ")
