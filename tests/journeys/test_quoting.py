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
    page.locator(f"#post-{post.pk} a[data-quote]").click()
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
