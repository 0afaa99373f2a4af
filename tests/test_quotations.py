"""Words that are quoted: found only where they are one's own, and given to nobody who did not write them."""

import itertools
from functools import partial

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings, strategies as st

from markup import links
from markup.links import post_at
from markup.references import find, quotation
from markup.render import render
from markup.text import own_text, quotable
from markup.verbatim import folded, says
from pmo_cmo.search import find as search
from tests.factories import again, hidden_post, hidden_thread, member, moderator, reply, start
from tests.people import PASSWORD
from tests.races import at_once
from threads.actions import posting
from threads.models import Post, Reference

pytestmark = pytest.mark.django_db
VISITOR = AnonymousUser()
SITE = "https://portal.example"
CANARY = "zanzibar"
# What stands above a quotation, in ways of writing one address.
HEADS = [
    "[#{number}](/posts/{pk}/)",
    "[so](</posts/{pk}/> 'Title')",
    "[#{number}](/posts/0{pk})",
    "[#{number}](/%70osts/{encoded}/)",
    "[#{number}](/p&#111;sts/{pk}/)",
    "[#{number}](/threads/{thread}/x/?page=1#post-{pk})",
    "[#{number}](/x/../posts/{pk}/?y#z)",
    "[#{number}](HTTPS://me@Portal.Example.:443/posts/{pk}/)",
    "https://portal.example/posts/{pk}/",
    "<http://portal.example/posts/{pk}/>",
]


@pytest.fixture(autouse=True)
def _site(monkeypatch):
    monkeypatch.setattr(links, "_own_hosts", {"portal.example", "127.0.0.1:8000"})


@pytest.fixture
def first():
    words = f"A PMO “looks after” projects – most of them.\n\nIt knows {CANARY}, too."
    return start(member("linda", name="Linda Zinn", role="Head of PMO"), body=words)


def quoting(post, words, head=HEADS[0], **said):
    encoded = "".join(f"%{ord(digit):x}" for digit in str(post.pk))
    above = head.format(pk=post.pk, number=post.number, thread=post.thread_id, encoded=encoded)
    lines = "\n".join(f"> {line}" for line in words.split("\n"))
    return reply(said.pop("thread", post.thread), body=f"> {above}\n{lines}\n\nI see it otherwise.", **said)


def page(thread, client=None):
    return (client or Client()).get(again(thread).get_absolute_url()).content.decode()


def head_of(quoting):
    """What stands above the quotation of a post, as the page of its thread shows it."""
    said = page(quoting.thread)
    said = said[said.index(f'id="post-{quoting.pk}"') :]
    return said[said.index("<blockquote") : said.index("</blockquote>")]


# --- Addresses --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "address",
    [
        "/posts/812/edit/",
        "https://other.example/posts/812/",
        "https://portal.example:8443/posts/812/",
        "https://portal.example.org/posts/812/",
        "mailto:posts/812/",
        "/posts/0/",
        "/posts/%2538/",
        "/people/x/#post-812",
        "https://[/posts/812/",
        "https://portal.example:x/posts/812/",
        "/posts/" + "9" * 19 + "/",
    ],
)
def test_what_a_browser_would_not_take_for_a_post_is_none(address):
    assert post_at(address) is None


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("take_away", ["hide", "withdraw", "hide_thread"])
def test_however_its_address_is_written_what_is_taken_away_is_said_nowhere(first, head, take_away):
    elsewhere = start(member("otto"), title="Elsewhere", body="Let us see.")
    theirs = quoting(first, f"It knows {CANARY}, too.", head, by=member("gina"), thread=elsewhere.thread)
    theirs = posting.edit(theirs, by=theirs.author, body=theirs.body + " Truly.", based_on=1)
    assert CANARY in page(elsewhere.thread)
    {
        "hide": lambda: hidden_post(first),
        "withdraw": lambda: posting.withdraw(first, by=first.author),
        "hide_thread": lambda: hidden_thread(first.thread),
    }[take_away]()
    client = Client()
    client.force_login(member("nora"))
    for path in (
        again(elsewhere.thread).get_absolute_url(),
        reverse("thread_markdown", args=[elsewhere.thread.pk]),
        reverse("thread_feed", args=[elsewhere.thread.pk]),
        reverse("post_history", args=[theirs.pk]),
        reverse("post_source", args=[theirs.pk]),
        reverse("person", args=["gina"]),
        reverse("search") + "?q=otherwise",
    ):
        said = client.get(path).content.decode()
        assert CANARY not in said.lower(), path
        assert "Linda" not in said, path
    assert not search(CANARY, VISITOR)


# --- Search -----------------------------------------------------------------------------------------------------------
def test_words_that_a_post_only_quotes_do_not_find_it(first):
    theirs = quoting(first, f"It knows {CANARY}, too.")
    assert [hit.subject for hit in search(CANARY, VISITOR).posts] == [first]
    assert [hit.subject for hit in search("otherwise", VISITOR).posts] == [theirs]


def test_words_that_a_post_says_itself_find_it_whatever_it_quotes(first):
    theirs = quoting(first, "It knows.")
    posting.edit(theirs, by=theirs.author, body=f"{theirs.body} I know {CANARY}, too.", based_on=1)
    posting.withdraw(first, by=first.author)
    assert [hit.subject for hit in search(CANARY, VISITOR).posts] == [theirs]


def test_a_quotation_that_an_edit_takes_out_hides_no_words(first):
    theirs = quoting(first, "It knows.")
    posting.edit(theirs, by=theirs.author, body=f"I know {CANARY}.", based_on=1)
    assert theirs in Post.objects.search(CANARY)


PARTS = st.sampled_from(["own", "quoted", "within", "plain", "list"])


@settings(max_examples=25, deadline=None)
@given(st.lists(PARTS, min_size=1, max_size=5))
def test_whatever_stands_around_them_only_own_words_are_found(parts):
    shapes = {
        "own": "word{0} of mine",
        "quoted": "> [#1](/posts/1/)\n> word{0} of hers",
        "within": "> [#1](/posts/1/)\n> hers\n> > [#2](https://portal.example/posts/2/)\n> > word{0} of his",
        "plain": "> word{0} of nobody",
        "list": "- > [#1](/posts/1/)\n  > word{0} of hers\n- mine",
    }
    body = "\n\n".join(shapes[part].format(chr(97 + place)) for place, part in enumerate(parts))
    post = Post.objects.get(pk=start(member(f"person-{next(numbers)}"), body=body).pk)
    for place, part in enumerate(parts):
        found = Post.objects.search(f"word{chr(97 + place)}").filter(pk=post.pk).exists()
        assert found == (part in {"own", "plain"}), part


numbers = itertools.count(1)


# --- Whose words ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "words",
    [
        'A PMO "looks after" projects - most of them.',
        "a pmo ‘looks after’\nprojects — most of them. […] It knows",
        "A PMO looks … most of them.",
        "A **PMO** “looks after” _projects_",
        "…projects – most of them.",
        "- It knows zanzibar, too.",
        "",
    ],
)
def test_words_that_stand_in_the_post_are_its_authors(first, words):
    words = words.replace("PMO looks", "PMO “looks after”")
    head = head_of(quoting(first, words))
    assert "Linda Zinn, Head of PMO</span>" in head
    assert "do not stand" not in head


@pytest.mark.parametrize(
    "words",
    [
        "A PMO looks after nothing.",
        "It knows … A PMO “looks after”",  # the other way round
        "A PMO “looks after” projects.",
        "A … projects … too",  # single words make any sentence
        "most of them zanzibar",
    ],
)
def test_words_that_do_not_stand_in_the_post_are_not_given_to_its_author(first, words):
    theirs = quoting(first, words)
    head = head_of(theirs)
    assert '<blockquote class="cited loose">' in head
    assert f'These words do not stand in <a href="/posts/{first.pk}/" rel="nofollow">#1</a> by ' in head
    assert Post.objects.filter(pk=theirs.pk, state="published").exists()


def test_each_quotation_of_a_post_is_looked_at_for_itself(first):
    body = quotation(first.pk, 1, "It knows") + "Yes.\n\n" + quotation(first.pk, 1, "It ignores") + "No."
    said = page(reply(first.thread, body=body).thread)
    assert said.count('<blockquote class="cited">') == 1
    assert said.count('<blockquote class="cited loose">') == 1
    assert said.index('class="cited">') < said.index('class="cited loose">') < said.index("It ignores")


def test_words_that_a_post_quotes_itself_are_not_its_authors(first):
    second = quoting(first, f"It knows {CANARY}, too.", by=member("otto", name="Otto Weber"))
    assert "cited loose" in head_of(quoting(second, f"It knows {CANARY}, too."))


def test_a_quotation_within_a_quotation_keeps_its_author_and_tells_nobody(first, client):
    second = quoting(first, "It knows", by=member("otto", name="Otto Weber"))
    body = f"> [#2](/posts/{second.pk}/)\n> > [#1](/posts/{first.pk}/)\n> > It knows\n>\n> I see it otherwise.\n\nSo?"
    third = reply(first.thread, member("gina"), body=body)
    said = page(third.thread)
    said = said[said.index(f'id="post-{third.pk}"') :]
    assert "Otto Weber</span>" in said
    assert "Linda Zinn, Head of PMO</span>" in said
    assert "loose" not in said
    assert {row.target_id: row.kind for row in third.references.all()} == {second.pk: "quote", first.pk: "within"}
    kinds = first.author.notifications.filter(subject=f"post:{third.pk}").values_list("kind", flat=True)
    assert "quote" not in kinds
    posting.withdraw(first, by=first.author)
    assert "It knows" not in page(third.thread)


def test_after_an_edit_of_the_post_the_quotation_says_of_when_its_words_are(first):
    theirs = quoting(first, f"It knows {CANARY}, too.")
    kept = quoting(first, "A PMO “looks after” projects")
    posting.edit(first, by=first.author, body="A PMO “looks after” projects.", based_on=1)
    assert "as written on" in head_of(theirs)
    assert "Linda Zinn" in head_of(theirs)
    assert "as written on" not in head_of(kept)
    posting.edit(again(first), by=first.author, body=f"It knows {CANARY}, too.", based_on=2)
    assert "as written on" not in head_of(theirs)
    assert "as written on" in head_of(kept)


def test_words_of_an_earlier_version_are_quoted_as_such(first):
    posting.edit(first, by=first.author, body="A PMO.", based_on=1)
    assert "as written on" in head_of(quoting(first, f"It knows {CANARY}, too."))


@pytest.mark.parametrize("order", ["quoted first", "taken out first"])
def test_what_a_moderator_took_out_is_confirmed_by_nobody(first, order):
    theirs = quoting(first, f"It knows {CANARY}, too.") if order == "quoted first" else None
    posting.edit(first, by=moderator(), body="A PMO “looks after” projects.", based_on=1)
    theirs = theirs or quoting(first, f"It knows {CANARY}, too.")
    assert "cited loose" in head_of(theirs)


def test_a_page_of_another_thread_that_is_kept_follows_the_edit(first):
    elsewhere = start(member("otto"), title="Elsewhere", body="Let us see.")
    quoting(first, f"It knows {CANARY}, too.", thread=elsewhere.thread)
    assert "as written on" not in page(elsewhere.thread)
    posting.edit(first, by=first.author, body="Nothing.", based_on=1)
    assert "as written on" in page(elsewhere.thread)


def test_a_quotation_from_before_all_this_stays_as_it_was(first):
    theirs = quoting(first, "Who knows?")
    Reference.objects.update(stands_in=None)
    assert "loose" not in head_of(theirs)


def test_the_preview_says_of_the_words_what_the_page_will(first, client):
    client.force_login(member("otto"))
    body = quotation(first.pk, 1, "A PMO plays chess.") + "No."
    said = client.post(reverse("reply", args=[first.thread.pk]), {"body": body, "preview": "1"}).content.decode()
    assert "These words do not stand in" in said


def test_quoting_costs_the_same_for_one_post_and_for_ten(first, django_assert_max_num_queries):
    posts = [reply(first.thread, first.author, body=f"Thought number {number}.") for number in range(10)]
    for post in posts:
        posting.edit(post, by=post.author, body="Another thought.", based_on=1)
    costs = []
    for some in (posts[:1], posts):
        body = "".join(quotation(post.pk, post.number, "Thought number") for post in some) + "Why?"
        by = member(f"person-{next(numbers)}")
        with django_assert_max_num_queries(40) as queries:
            reply(first.thread, by, body=body)
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_an_edit_costs_the_same_for_one_quotation_and_for_ten(first, django_assert_max_num_queries):
    costs = []
    for many in (1, 10):
        post = reply(first.thread, first.author, body=f"A thought that {many} quote.")
        for _time in range(many):
            quoting(post, "A thought")
        with django_assert_max_num_queries(40) as queries:
            posting.edit(post, by=post.author, body=f"A thought that {many} have quoted.", based_on=1)
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_two_posts_of_two_discussions_that_quote_each_other_are_edited_at_once(transactional_db):
    here, there = (start(member(name), body="The same words.") for name in ("anna", "bert"))
    for round_ in range(1, 9):
        edits = [
            partial(
                posting.edit,
                Post.objects.get(pk=post.pk),
                by=post.author,
                body=f"The same words.\n\n> [#1](/posts/{other.pk}/)\n> The same words.\n\nRound {round_}.",
                based_on=round_,
            )
            for post, other in ((here, there), (there, here))
        ]
        assert [type(outcome) for outcome in at_once(*edits)] == [Post, Post]


# --- The comparison ---------------------------------------------------------------------------------------------------
SOURCES = st.lists(
    st.sampled_from(
        [
            "Two *words* and `a_b`.",
            "- one\n- two\n  1. three",
            "1. first\n2. second",
            "| Office | Head |\n| --- | --- |\n| PMO | Ann |\n| CMO | Bo |",
            "```\nif a < b:\n    c = a_b * 2\n```",
            "## Why?",
            "> Somebody else's.",
            "“Well… I – we” said ‘no’. #12 @anna https://example.org/a_b",
            "إدارة التغيير",
            "- [x] done",
            "1986\\. A good year\\*",
            "so\u00adft ＰＭＯ ½",
        ]
    ),
    min_size=1,
    max_size=6,
)


def test_a_post_is_quoted_as_a_whole_with_its_cells_and_items_apart():
    source = (
        "| Office | Head |\n| --- | --- |\n| PMO | Ann |\n\n3. one\n4. two\n   - deeper\n\n> Hers.\n\nSo\n\n- x\n\n- y"
    )
    said = "Office | Head\nPMO | Ann\n3. one\n4. two\n- deeper\n…\nSo\n- x\n- y"
    assert quotable(render(source)) == said


@settings(max_examples=100)
@given(SOURCES)
def test_the_own_words_of_any_text_stand_in_it_when_they_are_quoted(sources):
    html = render("\n\n".join(sources))
    (said,) = find(render(quotation(1, 1, quotable(html)) + "So.")).quotations
    assert says(folded(own_text(html)), own_text(said.html))


@settings(max_examples=100)
@given(st.text(max_size=40), st.text(max_size=40))
def test_any_words_stand_in_a_text_that_begins_or_ends_with_them(one, other):
    assert says(folded(f"{one} {other}"), one)
    assert says(folded(f"{one} {other}"), other)


# --- After an upgrade -------------------------------------------------------------------------------------------------
def test_posts_of_an_older_renderer_are_rendered_anew_and_nobody_is_told(first, capsys):
    theirs = quoting(first, f"It knows {CANARY}, too.", HEADS[3])
    Reference.objects.all().delete()
    html = "<blockquote>\n<p>It knows.</p></blockquote>"
    Post.objects.filter(pk=theirs.pk).update(body_html=html, renderer_version=1, own_search=None)
    told = first.author.notifications.count()
    page(first.thread)
    call_command("render_posts")
    assert capsys.readouterr().out == "1 posts are rendered anew.\n"
    assert "Linda Zinn, Head of PMO" in head_of(theirs)
    assert [hit.subject for hit in search(CANARY, VISITOR).posts] == [first]
    assert first.author.notifications.count() == told


def test_a_post_that_is_refused_by_now_stays_as_it_is(first):
    Post.objects.filter(pk=first.pk).update(body="> " * 100 + "x", body_html="<p>kept</p>", renderer_version=1)
    call_command("render_posts")
    assert again(first).body_html == "<p>kept</p>"


def test_the_file_of_ones_own_data_leaves_out_what_others_have_withdrawn(first, client):
    theirs = quoting(first, f"It knows {CANARY}, too.", by=member("otto"))
    posting.edit(theirs, by=theirs.author, body=theirs.body + " Truly.", based_on=1)
    client.post(reverse("account_login"), {"login": "otto", "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})

    def file():
        return b"".join(client.get(reverse("my_data_file"))).decode()

    assert file().count(CANARY) == 2
    posting.withdraw(first, by=first.author)
    assert CANARY not in file()
    assert "Truly" in file()
