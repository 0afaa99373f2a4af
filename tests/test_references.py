"""Quotations, `#12` and `@name`: kept by id, shown as of today, and gone with what they refer to."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from markup.elision import elide
from markup.references import find, quotation, without_quotes, write
from markup.render import render
from markup.verbatim import standing_in
from tests.factories import again, hidden_post, hidden_thread, member, moderator, reply, start
from threads.actions import leaving, moderation, posting
from threads.models import PersonMention, Reference

pytestmark = pytest.mark.django_db


def _page(thread, client=None):
    return (client or Client()).get(again(thread).get_absolute_url()).content.decode()


def _quoting(post, words="A PMO looks after projects.", by=None, thread=None):
    body = quotation(post.pk, post.number, words) + "I see it otherwise."
    return reply(thread or post.thread, by, body=body)


@pytest.fixture
def first():
    return start(member("linda", name="Linda Zinn", role="Head of PMO"), body="A PMO looks after projects.")


# --- In a text --------------------------------------------------------------------------------------------------------
def test_a_quotation_that_begins_with_a_link_to_a_post_is_marked_as_its():
    html = render("> [#12](/posts/812/)\n> Words\n\nMine")
    assert '<blockquote data-post="812">' in html
    assert "#12" not in html


@pytest.mark.parametrize("source", ["> [x](/posts/8/) and more", "> [#1](https://other.example/posts/8/)\n> x", "> x"])
def test_other_quotations_stay_what_they_are(source):
    assert "data-post" not in render(source)


def test_nobody_writes_the_mark_by_hand():
    assert "<blockquote" not in render('<blockquote data-post="8">x</blockquote>')


def test_references_are_found_outside_code_links_and_quotations_only():
    html = render("#1 and `#2` [#3](https://e.org) @anna.b. @otto, a@b.org\n\n> #4 @eve\n\nx#5 &#6; C#7")
    found = find(html)
    assert (found.numbers, found.names) == ([1], ["anna.b", "otto"])


def test_what_nobody_knows_stays_as_it_was_typed():
    html = render("#1 @anna")
    assert write(html, quote=lambda _post, inner: inner, numbers={}, people={}) == html


def test_excerpts_leave_quotations_of_posts_out():
    assert "Words" not in without_quotes(render("> [#12](/posts/812/)\n> Words\n\nMine"))


def test_a_quotation_within_a_quotation_is_filled_in_as_well():
    html = render("> [#1](/posts/1/)\n> outer\n> > [#2](/posts/2/)\n> > inner")
    said = write(html, quote=lambda post, inner: f"({post}:{inner})" if post == 1 else "(gone)", numbers={}, people={})
    assert "outer" in said
    assert "inner" not in said


def test_an_earlier_source_loses_what_is_gone_and_keeps_the_rest():
    source = quotation(1, 1, "one\n\ntwo") + "mine\n\n" + quotation(2, 2, "kept")
    (said,) = elide([source], shown={2}.intersection, gone="gone")
    assert "> one" not in said
    assert "> two" not in said
    assert "mine" in said
    assert "kept" in said


@pytest.mark.parametrize(
    "source",
    [
        quotation(2, 2, quotation(1, 1, "taken back").strip() + "\n\nkept") + "mine",
        "mine\n\n- kept\n- > [#1](/posts/1/)\n  > taken back\n- mine too",
        "> [#1](/posts/1/)\n> one\ntaken back\n\nmine, kept",
        '> [so](</posts/1/> "Title")\n> taken back\n\nmine, kept',
        "> [so][1]\n>\n> taken back\n\nmine, kept\n\n[1]: /posts/1/",
        ">  [#1](/posts/1/)\r\n>   taken back\r\n\r\nmine, kept",
    ],
)
def test_an_earlier_source_loses_what_the_page_does_not_show(source):
    (said,) = elide([source], shown={2}.intersection, gone="gone")
    shown = write(render(source), quote=lambda post, inner: inner if post == 2 else "gone", numbers={}, people={})
    for text in (said, shown):
        assert "taken back" not in text
        for word in ("mine", "kept", "gone"):
            assert word in text, word
    assert "gone" in write(render(said), quote=lambda _post, inner: inner, numbers={}, people={})


def test_a_source_that_quotes_nothing_that_is_gone_stays_as_it_was_typed():
    source = quotation(2, 2, "one") + "See [it](/posts/2/).\r\n"
    assert elide([source], shown={2}.intersection, gone="gone") == [source]


# --- In a thread ------------------------------------------------------------------------------------------------------
def test_a_quotation_shows_who_wrote_it_and_the_way_back(first):
    _quoting(first)
    said = _page(first.thread)
    assert '<blockquote class="cited"><p class="cited-by"><span dir="auto">Linda Zinn, Head of PMO</span>' in said
    assert f'href="/posts/{first.pk}/" rel="nofollow">#1</a>' in said


def test_the_quoted_post_shows_who_referred_to_it(first):
    _quoting(first, by=member("gisela", name="Gisela Kanzler"))
    assert 'class="referrers"' in _page(first.thread)


@pytest.mark.parametrize("take_away", ["hide", "withdraw", "hide_thread"])
def test_words_of_a_post_that_is_taken_away_go_from_every_quotation(first, take_away):
    elsewhere = start(member("otto"), title="Elsewhere", body="Let us see.")
    quoting = _quoting(first, words="A PMO looks after projects.", thread=elsewhere.thread)
    posting.edit(quoting, by=quoting.author, body=quoting.body + " Truly.", based_on=1)
    before = _page(elsewhere.thread)
    assert "looks after projects" in before
    if take_away == "hide":
        hidden_post(first)
    elif take_away == "withdraw":
        posting.withdraw(first, by=first.author)
    else:
        hidden_thread(first.thread)
    client = Client()
    for path in (
        again(elsewhere.thread).get_absolute_url(),
        reverse("thread_feed", args=[elsewhere.thread.pk]),
        reverse("post_history", args=[quoting.pk]),
        reverse("search") + "?q=otherwise",
    ):
        said = client.get(path).content.decode()
        assert "looks after" not in said, path
        assert "Linda" not in said, path


def test_a_kept_page_of_another_discussion_is_written_anew_when_a_quoted_post_shows_less(first):
    elsewhere = start(member("otto"), title="Elsewhere", body="Let us see.")
    _quoting(first, thread=elsewhere.thread)
    assert "Linda Zinn" in _page(elsewhere.thread)
    posting.show_less(first, by=first.author, shown_as="withheld")
    said = _page(elsewhere.thread)
    assert "Linda Zinn" not in said
    assert "Name withheld" in said


def test_a_kept_page_of_another_discussion_forgets_who_takes_their_name_off_their_posts(first):
    elsewhere = start(member("otto"), title="Elsewhere", body="Let us see.")
    _quoting(first, thread=elsewhere.thread)
    assert "Linda Zinn" in _page(elsewhere.thread)
    leaving.withhold_in(first.thread_id, by=first.author)
    assert "Linda Zinn" not in _page(elsewhere.thread)


def test_a_withheld_author_is_not_named_where_they_refer(first):
    by = member("wanda", name="Wanda Secret")
    reply(first.thread, by, body=quotation(first.pk, 1, "A PMO") + "No.", shown_as="withheld")
    assert "Wanda" not in _page(first.thread)


def test_a_number_leads_to_the_post_of_that_number(first):
    second = reply(first.thread, body="See #1 for that, and #99 for nothing.")
    said = _page(first.thread)
    assert f'See <a href="/posts/{first.pk}/" rel="nofollow">#1</a> for that, and #99 for nothing.' in said
    assert Reference.objects.get(post=second).target == first


def test_a_name_leads_to_the_person(first):
    anna = member("anna", name="Anna Bauer")
    reply(first.thread, body="@Anna, what do you say? And @nobody?")
    said = _page(first.thread)
    assert f'<a href="{anna.get_absolute_url()}">@anna</a>, what do you say? And @nobody?' in said


def test_who_has_not_confirmed_their_address_or_left_is_not_named(first):
    member("eve", confirmed=False)
    reply(first.thread, body="@eve?")
    assert not PersonMention.objects.exists()


def test_a_name_in_a_quotation_names_nobody(first):
    member("anna")
    reply(first.thread, body=quotation(first.pk, 1, "Ask @anna.") + "Yes.")
    assert not PersonMention.objects.exists()


def test_editing_forgets_what_is_no_longer_referred_to(first):
    member("anna")
    second = reply(first.thread, body="See #1, @anna.")
    posting.edit(second, by=second.author, body="Never mind.", based_on=1)
    assert not Reference.objects.exists()
    assert not PersonMention.objects.exists()


def test_a_post_that_is_hidden_cannot_be_quoted_into_the_open(first):
    hidden = hidden_post(reply(first.thread, member("hugo"), body="A secret of a client."))
    _quoting(hidden, words="A secret of a client.", thread=first.thread)
    assert not Reference.objects.filter(target=hidden).exists()
    assert "A secret" not in _page(first.thread)


def test_quoting_begins_a_reply_with_the_own_words_of_the_post(first, client):
    client.force_login(member("otto"))
    said = client.get(reverse("reply", args=[first.thread.pk]) + f"?quote={first.pk}").content.decode()
    assert f"&gt; [#1](/posts/{first.pk}/)\n&gt; A PMO looks after projects." in said
    chosen = client.get(reverse("reply", args=[first.thread.pk]) + f"?quote={first.pk}&words=looks after").content
    assert f"&gt; [#1](/posts/{first.pk}/)\n&gt; looks after\n".encode() in chosen


@pytest.mark.parametrize("quote", ["", "x", "0", "9" * 19, "999999"])
def test_quoting_what_is_not_there_begins_an_empty_reply(first, client, quote):
    client.force_login(member("otto"))
    answer = client.get(reverse("reply", args=[first.thread.pk]), {"quote": quote})
    assert answer.status_code == 200
    assert "&gt; [#" not in answer.content.decode()


def test_a_reply_to_a_post_begins_with_its_number_once_and_behind_a_draft(first, client):
    otto = member("otto")
    client.force_login(otto)
    path = reverse("reply", args=[first.thread.pk])
    assert client.get(path, {"to": "1"}).context["form"]["body"].value() == "#1 "
    client.post(path, {"body": "A thought on #12", "save": "1", "token": uuid4()})
    assert client.get(path, {"to": "1"}).context["form"]["body"].value() == "A thought on #12\n\n#1 "
    client.post(path, {"body": "#1 has it", "save": "1", "token": otto.drafts.get().token, "draft": "1"})
    assert client.get(path, {"to": "1"}).context["form"]["body"].value() == "#1 has it"


@pytest.mark.parametrize("to", ["", "x", "0", "2", "9" * 10])
def test_a_number_that_is_not_there_begins_nothing(first, client, to):
    client.force_login(member("otto"))
    answer = client.get(reverse("reply", args=[first.thread.pk]), {"to": to})
    assert (answer.status_code, answer.context["form"]["body"].value()) == (200, "")


def test_visitors_may_quote_and_reply_to_a_post_unless_the_thread_is_locked(first, client):
    second = reply(first.thread)
    page = _page(first.thread)
    address = reverse("reply", args=[first.thread.pk])
    assert f'href="{address}?quote={first.pk}#id_body"' in page
    assert f'href="{address}?to=1#id_body"' in page
    assert f"?to={second.number}" not in page
    moderation.lock(first.thread, by=moderator(), reason="Settled.")
    assert address not in _page(first.thread).split("<article", 1)[1].split("</article", 1)[0]


def test_the_preview_shows_what_will_be_published(first, client):
    client.force_login(member("otto"))
    body = quotation(first.pk, 1, "A PMO") + "See #1, @linda."
    answer = client.post(reverse("reply", args=[first.thread.pk]), {"body": body, "preview": "1"}).content.decode()
    assert "Linda Zinn, Head of PMO" in answer
    assert "@linda</a>" in answer


# --- Names for “@” ----------------------------------------------------------------------------------------------------
def _names(client, **asked):
    return [row["shown"] for row in client.get(reverse("my_names"), asked).json()["people"]]


def test_names_are_offered_by_their_beginning_and_who_speaks_here_first(first, client):
    member("adam", name="Adam Linden")
    client.force_login(member("otto"))
    assert _names(client, q="lin", thread=first.thread.pk) == ["Linda Zinn, Head of PMO", "Adam Linden"]
    assert _names(client, q="") == []


@pytest.mark.parametrize("thread", ["", "x", "9" * 18])
def test_names_are_offered_where_no_discussion_stands_yet(first, client, thread):
    client.force_login(member("otto"))
    answer = client.get(reverse("my_names"), {"q": "lin", "thread": thread})
    assert [row["username"] for row in answer.json()["people"]] == [first.author.username]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (" two  three ", "two\n three"),
        ("wo thr", "wo\n thr"),
        ("one two three four", "one two\n three\tfour"),
        ("three two", None),
        ("four\x00", None),
        (" ", None),
    ],
)
def test_words_are_found_as_they_stand_whatever_parts_them(words, found):
    assert standing_in("one two\n three\tfour", words) == found


def test_who_withholds_their_name_in_a_thread_is_not_offered_as_speaking_there(first, client):
    reply(first.thread, member("zoe", name="Zoe Linz"), shown_as="withheld")
    member("adam", name="Adam Linden")
    client.force_login(member("otto"))
    assert _names(client, q="lin", thread=first.thread.pk) == ["Linda Zinn, Head of PMO", "Adam Linden", "Zoe Linz"]


def test_moderators_meet_the_same_quotations(first):
    quoting = _quoting(first)
    moderation.hide_post(first, by=moderator("molly"), reason="Names a client.")
    client = Client()
    client.force_login(moderator("mia"))
    assert "The quoted post is no longer shown." in _page(quoting.thread, client)
