"""Every kind of page, in the role that sees most: axe finds nothing, and nothing scrolls sideways on a phone."""

from pathlib import Path

import axe_playwright_python
import pytest
from django.contrib.auth.models import Group
from django.db import OperationalError

from glossary.actions import senses
from glossary.actions.steps import Naming
from glossary.models import NamingKind, Sense
from tests import factories, glossaries
from tests.people import PASSWORD
from threads.actions import evidence, moderation, moving, posting
from threads.models import Thread

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
RUN = """async options => {
  await Promise.all(document.getAnimations().map(animation => animation.finished));
  const found = await axe.run(options);
  return found.violations.map(rule => [rule.id, rule.nodes.map(node => node.target.join(" ")).join(", ")]);
}"""
# All rules that axe has on by itself, best practice among them. `preload` would load styles that the policy forbids.
EVERYTHING = {"preload": False}
# What Django's own templates say in the admin, by rule of axe.
OF_DJANGO = {
    "aria-input-field-name",  # select2 puts a box of its own in the place of a select that has a name
    "empty-table-header",  # the first column of a table of rows to edit
    "label-title-only",  # the label of the search is a picture with an alternative text
}
CONTRAST = {"preload": False, "runOnly": ["color-contrast"]}
WIDTHS = (1280, 320)
LONG_NAME = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewis"
HARD_TEXT = """A CMO and a PMO, [here](https://example.org/a/very/long/address/that/never/ends/and/goes/on/and/on/).

| a | column | after | another | and | one | more | of_a_very_long_name_that_never_breaks |
|---|---|---|---|---|---|---|---|
| 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 |

```
SELECT a_very_long_line_of_code_that_does_not_break_anywhere_because_it_is_code FROM programmes;
```

> One
>
> > Two
> >
> > > Three

# A head

- a list
  1. in a list

Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft 👩‍🚀 `code` ![image](https://example.org/x.png)
"""


def what_is_wrong(page, name, known=()):
    """All that axe and a ruler find on the page as it stands, at both widths, in light and the contrast in dark."""
    found = []
    rules = {**EVERYTHING, "rules": {rule: {"enabled": False} for rule in known}}
    page.evaluate(AXE)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        found += [f"{name} at {width}: {rule} {where}" for rule, where in page.evaluate(RUN, rules)]
        page.emulate_media(color_scheme="dark")
        found += [f"{name} at {width}, dark: {rule} {where}" for rule, where in page.evaluate(RUN, CONTRAST)]
        page.emulate_media(color_scheme="light")
        if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
            found.append(f"{name} scrolls sideways at {width}: {wide} pixels")
    if (heads := page.locator("h1:visible").count()) != 1:
        found.append(f"{name} has {heads} h1")
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    return found


def wrong_on(page, addresses, known=()):
    found = []
    for address in addresses:
        page.goto(address)
        found += what_is_wrong(page, address, known)
    return found


@pytest.fixture
def reader():
    """Moderator and curator in one, with a name that no line holds."""
    made = factories.moderator("molly", name=LONG_NAME, role="R" * 60, location="القاهرة, مصر", about="About\n\nme.")
    made.groups.add(Group.objects.get(name="Curators"))
    return factories.again(made)


@pytest.fixture
def glossary():
    by = glossaries.curator()
    glossaries.published(by, name="Change Management Office", abbreviation="CMO", usage_note="Often.", example="Ours.")
    glossaries.published(by, name="Chief Marketing Officer", abbreviation="CMO")
    glossaries.published(by, name="Project Management Office", abbreviation="PMO")
    naming = [Naming("bar plan", NamingKind.DISCOURAGED), Naming("Gantt chart")]
    chart = glossaries.published(by, name="Gantt chart", namings=naming)
    senses.save_sense(
        chart,
        by=by,
        name="Gantt chart",
        definition="Another sentence.",
        namings=[Naming("Gantt chart")],
        based_on=chart.revision,
    )
    senses.retire(glossaries.published(by, name="Dead term"), by=by, reason="Nobody says it.")


@pytest.fixture
def threads(reader, glossary):
    """A hard one with a hidden, a withdrawn and an edited post, one over two pages, one locked, imported and sample."""
    title = ("Does the programme management office share one register with the change management office? " * 3)[:200]
    first = factories.start(reader, title=title, body=HARD_TEXT, tags=["AI", "x" * 40])
    edited = factories.reply(first.thread, reader, body="A first version.")
    posting.edit(edited, by=reader, body="A second version.", based_on=edited.revision)
    factories.hidden_post(factories.reply(first.thread, factories.member("bob"), body="Hidden."))
    withdrawn = posting.withdraw(factories.reply(first.thread, reader, body="Withdrawn."), by=reader)
    factories.reply(first.thread, factories.member("dalia", name="داليا الحداد"), body="ما الفرق بين PMO و CMO؟")
    moderation.report(first, by=factories.member("ann"), reason="spam", note="It sells.")
    locked = moderation.lock(factories.thread(title="Locked"), by=reader, reason="It goes in circles.")
    long = factories.thread(posts=27, title="Long")
    moved = moving.move([long.posts.get(number=27)], to=first.thread, by=reader, reason="It fits there.")
    return {
        "first": first,
        "edited": edited,
        "withdrawn": withdrawn,
        "hard": first.thread,
        "long": long,
        "moved": moved,
        "locked": locked,
        "imported": factories.imported_thread(),
        "sample": factories.sample_thread(),
    }


def test_every_page_of_discussions_is_for_everybody(visitors, reader, threads):
    page = visitors.visit(reader)
    first, edited = threads["first"].pk, threads["edited"].pk
    imported = threads["imported"].posts.first().pk
    addresses = [threads[name].get_absolute_url() for name in ("hard", "locked", "imported", "sample")]
    found = wrong_on(
        page,
        [
            *("/", "/threads/", "/threads/?order=unanswered", *addresses),
            *(f"{threads['long'].get_absolute_url()}?page=2", f"/threads/{threads['long'].pk}/reply/"),
            *(f"/posts/{edited}/edit/", f"/posts/{edited}/history/", f"/posts/{edited}/withdraw/"),
            *(f"/posts/{threads['withdrawn'].pk}/withdraw/", f"/posts/{imported}/report/", f"/posts/{imported}/claim/"),
            f"/posts/{edited}/evidence/",
            *(f"/posts/{first}/source/", f"/posts/{first}/save/", "/me/saved/", "/threads/?order=unread"),
            f"/threads/{threads['long'].pk}/related/",
            *("/tags/", "/tags/ai/", "/search/", "/search/?q=CMO+office", "/search/?q=zzzz"),
            "/people/molly/",
        ],
    )
    page.goto("/threads/new/")
    page.get_by_label("Title").fill("A title")
    page.get_by_role("button", name="Preview").click()
    found += what_is_wrong(page, "start with a mistake")
    page.get_by_label("Text").fill(HARD_TEXT)
    page.get_by_role("button", name="Preview").click()
    found += what_is_wrong(page, "start with a preview")
    page.goto(f"/posts/{first}/edit/")
    posting.edit(threads["first"], by=reader, body="Meanwhile.", based_on=1)
    page.get_by_role("button", name="Save", exact=True).click()
    found += what_is_wrong(page, "conflict")
    assert found == []


def cite(thread, curator):
    """Evidence for a sense: enough to fold some away, one of it changed since, and a proposal."""
    sense = Sense.objects.get(name="Change Management Office")
    for number, post in enumerate(thread.posts.order_by("number")[1:9]):
        by = factories.member("paula") if number == 7 else curator
        evidence.propose(post, by=by, sense=sense, excerpt=post.body, stance="defines")
    post = thread.posts.get(number=2)
    posting.edit(post, by=post.author, body="Otherwise.", based_on=post.revision)


def test_every_page_of_the_glossary_is_for_everybody(visitors, reader, threads):
    cite(threads["long"], reader)
    page = visitors.visit(reader)
    terms = ("cmo", "gantt-chart", "bar-plan", "dead-term")
    found = wrong_on(
        page, ["/glossary/", "/glossary/?letter=C", "/glossary/?q=plan", *(f"/glossary/{t}/" for t in terms)]
    )
    found += wrong_on(page, ["/glossary/gantt-chart/history/", "/glossary/suggest/", "/glossary/cmo/suggest/"])
    page.goto(threads["hard"].get_absolute_url())
    page.locator(".prose a.term").first.hover()
    page.locator(".term-panel").wait_for()
    found += what_is_wrong(page, "panel of a term")
    assert found == []


def test_every_page_of_an_account_is_for_everybody(visitors, reader):
    page = visitors.visit(reader)
    found = wrong_on(page, ["/me/settings/", "/accounts/email/", "/accounts/password/change/", "/accounts/logout/"])
    found += wrong_on(page, ["/accounts/2fa/", "/me/sessions/", "/me/data/", "/accounts/sign-on/"])
    for address in ("/accounts/2fa/totp/activate/", "/accounts/2fa/webauthn/add/", "/me/data/close/"):
        page.goto(address)
        if page.get_by_role("heading", level=1).inner_text() == "Is it you?":
            found += what_is_wrong(page, "the password once more")
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Go on").click()
        found += what_is_wrong(page, address)
    page = visitors.visit()
    found += wrong_on(
        page,
        [
            *("/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/accounts/password/reset/done/"),
            *(
                "/accounts/confirm-email/",
                "/accounts/confirm-email/unknown/",
                "/accounts/password/reset/key/1-unknown/",
            ),
            *("/accounts/inactive/", "/invited/unknown/", "/closed/", "/people/", "/people/?family=executive"),
        ],
    )
    page.goto("/accounts/login/")
    page.get_by_label("Username or e-mail address").fill("nobody")
    page.get_by_label("Password").fill("nothing")
    page.get_by_role("button", name="Sign in").click()
    found += what_is_wrong(page, "sign-in with a mistake")
    assert found == []


def test_every_page_for_a_mistake_is_for_everybody(visitors, reader, monkeypatch):
    thread = factories.thread(posts=1)
    page = visitors.visit(reader)
    found = wrong_on(page, ["/nothing/", "/posts/999999/"])
    page.goto(thread.get_absolute_url())
    page.get_by_label("Reply").fill("Typed.")
    page.context.clear_cookies()
    page.get_by_role("button", name="Post reply").click()
    found += what_is_wrong(page, "kept text")

    def fails(error):
        def visible_to(self, reader):
            raise error

        monkeypatch.setattr(type(Thread.objects.all()), "visible_to", visible_to)

    fails(OperationalError("The database is away."))
    found += wrong_on(page, ["/threads/"])
    fails(ZeroDivisionError())
    found += wrong_on(page, ["/threads/"])
    assert found == []


def test_every_kind_of_screen_of_the_admin_is_for_everybody(visitors, reader, threads):
    page = visitors.visit(reader)
    post, edited = threads["first"].pk, threads["edited"].pk
    sense = Sense.objects.get(name="Gantt chart").pk
    found = wrong_on(
        page,
        [
            *(
                "/admin/",
                "/admin/threads/post/",
                f"/admin/threads/post/{post}/change/",
                f"/admin/threads/post/{post}/hide/",
            ),
            *("/admin/threads/flag/", "/admin/glossary/sense/", "/admin/glossary/sense/add/"),
            f"/admin/glossary/sense/{sense}/change/",
            *("/admin/threads/post/move/", f"/admin/threads/moderationentry/{threads['moved'].pk}/change/"),
            f"/admin/threads/post/move/?posts={edited}",
        ],
        known=OF_DJANGO,
    )
    page.get_by_label("To the discussion").fill(threads["locked"].get_absolute_url())
    page.get_by_label("Reason").fill("It fits there.")
    page.get_by_role("button", name="Show what will happen").click()
    found += what_is_wrong(page, "what a move will do", known=OF_DJANGO)
    assert found == []
