"""A definition out of a reply: a member proposes, a curator publishes, a visitor reads; and a suggestion."""

import pytest
from playwright.sync_api import expect

from glossary.models import Suggestion
from tests import factories
from threads.actions import posting

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WORDS = "A CMO leads the people side of change."
SELECT = """words => {
  const range = document.createRange();
  range.selectNodeContents([...document.querySelectorAll("article .prose p")].find(p => p.textContent === words));
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""


@pytest.fixture
def post():
    factories.published_term("CMO", "Change Management Office", "A unit for change.")
    author = factories.member("mona", name="Mona Lind", role="Consulting Director", organisation="Acme Ltd")
    return factories.start(author, title="What is a CMO?", body=f"Good question.\n\n{WORDS}")


def test_a_reply_becomes_evidence_and_says_when_it_changed(visitors, post, script):
    page = visitors.visit(factories.member("otto"), script=script)
    page.goto(post.get_absolute_url())
    if script:
        page.evaluate(SELECT, WORDS)
        menu = page.get_by_role("group", name="With the selected words")
        menu.get_by_role("link", name="Use as definition…").click()
    else:
        page.get_by_text("More about").first.click()
        page.get_by_role("link", name="Use as definition…").first.click()
    expect(page.get_by_label("Change Management Office")).to_be_checked()
    filled = WORDS if script else f"Good question.\n{WORDS}"
    expect(page.get_by_label("Words")).to_have_value(filled)
    page.get_by_label("Words").fill(WORDS)
    page.get_by_role("button", name="Propose these words").click()
    expect(page.get_by_role("main")).to_contain_text("A curator will decide")

    visitor = visitors.visit(script=script)
    visitor.goto("/glossary/cmo/")
    expect(visitor.get_by_role("main")).not_to_contain_text(WORDS)

    curator = visitors.visit(factories.curator(), script=script)
    curator.goto("/glossary/cmo/")
    curator.get_by_role("link", name="1 proposal waits").click()
    curator.locator("#result_list tbody a").first.click()
    curator.get_by_role("link", name="Publish").click()
    curator.get_by_role("button", name="Publish").click()

    visitor.reload()
    evidence = visitor.locator(".evidence li")
    expect(evidence).to_contain_text(WORDS)
    expect(evidence).to_contain_text("Consulting Director")
    expect(visitor.get_by_role("main")).to_contain_text("1 use by 1 person in 1 organisation")
    evidence.get_by_role("link").click()
    expect(visitor.locator(f"#post-{post.pk}")).to_contain_text(WORDS)

    posting.edit(post, by=post.author, body="I have thought again.", based_on=1)
    visitor.goto("/glossary/cmo/")
    expect(visitor.locator(".evidence li")).to_contain_text("as written on")
    posting.withdraw(post, by=post.author)
    visitor.reload()
    expect(visitor.get_by_role("main")).not_to_contain_text(WORDS)


def test_a_member_suggests_and_a_curator_takes_it_up(visitors, post, script):
    page = visitors.visit(factories.member("otto"), script=script)
    page.goto(f"/posts/{post.pk}/evidence/")
    page.get_by_label("Another term").fill("XMO")
    page.get_by_role("button", name="Show its senses").click()
    expect(page.get_by_label("Words")).to_have_value(f"Good question.\n{WORDS}")
    page.get_by_role("link", name="Suggest it").click()
    expect(page.get_by_label("Term", exact=True)).to_have_value("XMO")
    page.get_by_label("Definition").fill("A unit that nobody has named yet.")
    page.get_by_role("button", name="Send to the curators").click()
    expect(page.get_by_role("main")).to_contain_text("The curators will decide")

    page.goto("/glossary/cmo/")
    page.get_by_role("link", name="Suggest a change").click()
    page.get_by_label("Why").fill("It is more than a unit.")
    page.get_by_role("button", name="Send to the curators").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("CMO")
    assert set(Suggestion.objects.values_list("kind", flat=True)) == {"term", "change"}

    curator = visitors.visit(factories.curator(), script=script)
    curator.goto("/admin/glossary/suggestion/")
    curator.get_by_role("link", name="XMO").click()
    curator.get_by_role("link", name="Take up").click()
    curator.get_by_role("button", name="Take up").click()
    expect(curator.get_by_role("main")).to_contain_text("taken up")
    curator.get_by_role("link", name="XMO", exact=True).last.click()
    expect(curator.get_by_label("Definition:")).to_have_value("A unit that nobody has named yet.")
