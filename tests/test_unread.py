"""What is new to a member: marks on lists, the list of unread threads and the number in the head agree."""

import random
import re
from functools import partial
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import again, hidden_post, member, moderator, reply, start, thread
from tests.races import at_once
from threads.actions import moderation, posting, reading, steps
from threads.models import Post, Thread, unread_by, with_first_new, with_new

pytestmark = pytest.mark.django_db


def _titles(reader):
    return set(unread_by(Thread.objects.visible_to(reader).listed(), again(reader)).values_list("title", flat=True))


def _new(reader, row):
    found = with_first_new(Thread.objects.visible_to(reader), again(reader)).get(pk=row.pk)
    return found.read_up_to, found.new_count, (found.first_new or {}).get("number")


def test_what_came_after_joining_is_new_and_what_was_before_is_not():
    before = start(title="Before").thread
    bea = member("bea")
    after = start(title="After").thread
    assert _titles(bea) == {"After"}
    assert _new(bea, before) == (None, 0, None)
    assert _new(bea, after) == (None, 1, 1)


def test_opened_up_to_a_number_the_rest_is_new_however_old():
    long = thread(posts=4)
    bea = member("bea")
    reading.mark_read(long, by=bea, number=2)
    assert _new(bea, long) == (2, 2, 3)
    assert _titles(bea) == {long.title}


def test_ones_own_posts_are_never_new():
    bea = member("bea")
    first = start(bea, title="Mine")
    assert _titles(bea) == set()
    reply(first.thread)
    reply(first.thread, bea)
    assert _new(bea, first.thread) == (None, 1, 2)


def test_a_hidden_post_is_not_new_and_a_restored_one_is_again():
    bea = member("bea")
    first = start()
    reading.mark_read(first.thread, by=bea, number=1)
    second = hidden_post(reply(first.thread))
    assert _titles(bea) == set()
    moderation.restore_post(second, by=moderator(), reason="Fine.")
    assert _new(bea, first.thread) == (1, 1, 2)


def test_mark_all_read_leaves_nothing_new_and_what_comes_later_is():
    bea = member("bea")
    opened, never = thread(posts=3, title="Opened"), thread(title="Never")
    reading.mark_read(opened, by=bea, number=1)
    assert _titles(bea) == {"Opened", "Never"}
    reading.mark_all_read(by=bea)
    assert _titles(bea) == set()
    reply(never)
    assert _titles(bea) == {"Never"}
    assert _new(bea, never) == (None, 1, 3)


def test_no_more_than_a_hundred_are_counted(monkeypatch):
    monkeypatch.setattr("threads.models.unread.MOST_NEW", 2)
    bea, long = member("bea"), thread(posts=4)
    reading.mark_read(long, by=bea, number=1)
    assert with_new(Thread.objects.visible_to(bea), bea).get().new_count == 2


def _turn(post, boss):
    """From what readers see to what they do not, or back."""
    if post.is_hidden:
        moderation.restore_post(post, by=boss, reason="A reason.")
    elif post.is_withdrawn:
        posting.bring_back(post, by=post.author)
    elif post.pk % 2:
        posting.withdraw(post, by=post.author)
    else:
        moderation.hide_post(post, by=boss, reason="A reason.")


def _move(post, to):
    """Into another thread, with a new number at its end, as data.md says: no act of the portal does it yet."""
    if post.thread.posts.count() == 1:
        return  # no thread is left without a post
    with transaction.atomic():
        both = {pk: steps.lock_thread(pk) for pk in sorted({post.thread_id, to.pk})}
        target = both[to.pk]
        target.last_number += 1
        Post.objects.filter(pk=post.pk).update(thread=target, number=target.last_number)
        for moved in both.values():
            steps.recount(moved)


def _act(chance, people, boss):
    """One thing that may happen on a portal."""
    by = chance.choice(people)
    at = chance.choice(list(Thread.objects.all()))
    kind = chance.choice(("start", "reply", "reply", "read", "read", "all", "turn", "turn", "move"))
    if kind == "start":
        start(by, title=f"Thread {chance.random()}")
    elif kind == "reply":
        reply(at, by)
    elif kind == "read":
        reading.mark_read(at, by=by, number=chance.randint(1, at.last_number))
    elif kind == "all":
        reading.mark_all_read(by=by)
    elif kind == "move":
        _move(chance.choice(list(at.posts.all())), chance.choice(list(Thread.objects.all())))
    else:
        _turn(chance.choice(list(at.posts.all())), boss)


def _listed_for(client):
    """What the pages of `?order=unread` list, and what the head of the first of them counts."""
    rows, address, counted = [], "/threads/?order=unread", None
    while address:
        response = client.get(address)
        counted = response.wsgi_request.user.unread_threads if counted is None else counted
        rows += response.context["threads"]
        address = f"/threads/?order=unread&before={response.context['next']}" if response.context["next"] else ""
    return [row.pk for row in rows], counted


@pytest.mark.parametrize("seed", range(8))
def test_the_number_in_the_head_is_the_length_of_the_list_after_any_history(seed, monkeypatch):
    monkeypatch.setattr("threads.views.reading.THREADS_PER_PAGE", 2)
    chance, boss = random.Random(seed), moderator()  # noqa: S311 no secret
    people = [member("ann"), member("bob")]
    thread(posts=2, title="Older than the third")
    people.append(member("cas"))
    for step in range(40):
        _act(chance, people, boss)
        if step % 8:
            continue
        for person in people:
            client = Client()
            client.force_login(person)
            listed, counted = _listed_for(client)
            assert counted == len(listed)
            for row in with_new(Thread.objects.visible_to(person).listed(), person):
                assert (row.new_count > 0) is (row.pk in listed)


def test_the_way_to_the_first_new_post_leads_to_its_page(client):
    bea, long = member("bea"), thread(posts=27)
    client.force_login(bea)
    reading.mark_read(long, by=bea, number=25)
    place = client.get(f"/threads/{long.pk}/unread/")["Location"]
    assert place == f"{long.get_absolute_url()}?page=2#post-{long.posts.get(number=26).pk}"
    reading.mark_read(long, by=bea, number=27)
    assert client.get(f"/threads/{long.pk}/unread/")["Location"].endswith(f"#post-{long.last_post_id}")


def test_a_list_says_how_many_posts_are_new_and_visitors_see_nothing_of_it(client):
    long = thread(posts=3, title="Long")
    start(title="From before")
    bea = member("bea")
    assert 'class="new"' not in client.get("/threads/").content.decode()
    client.force_login(bea)
    reading.mark_read(long, by=bea, number=1)
    start(title="Not opened yet")
    page = client.get("/threads/").content.decode()
    assert page.count('class="new"') == 2
    assert "2 new" in " ".join(page.split())
    assert '<span class="count">2<' in page


def test_mark_all_read_is_a_button_where_something_is_new(client):
    bea = member("bea")
    start()
    client.force_login(bea)
    assert "Mark all read" in client.get("/threads/?order=unread").content.decode()
    page = client.post("/threads/read/", follow=True).content.decode()
    assert "You have read everything." in page
    assert "Mark all read" not in page


def test_what_is_new_is_for_members(client):
    assert client.get("/threads/?order=unread")["Location"].startswith("/accounts/login/")
    assert client.get("/tags/none/?order=unread").status_code in {400, 404}


def test_somebody_who_posts_while_all_is_marked_read_is_new_or_was_there(transactional_db):
    """Whoever comes first: the post is either before the mark or after it, and the list says the same as its number."""
    bea, at = member("bea"), start().thread
    for _ in range(3):
        mark = partial(reading.mark_read, at, by=bea, number=1)
        at_once(partial(reply, at), partial(reading.mark_all_read, by=bea), mark)
        rows = with_new(Thread.objects.visible_to(bea).listed(), bea)
        assert {row.pk for row in rows if row.new_count} == {row.pk for row in unread_by(rows, bea)}


def test_a_form_counts_nothing_and_the_page_that_answers_it_does_before_its_template(client):
    bea, first = member("bea"), start()
    client.force_login(bea)
    address = reverse("reply", args=[first.thread.pk])

    def counting(body):
        with CaptureQueriesContext(connection) as queries:
            answer = client.post(address, {"body": body, "token": uuid4()})
        return answer, [query["sql"] for query in queries.captured_queries if "mark.number" in query["sql"]]

    refused, counted = counting("")
    assert refused.status_code == 422
    assert re.search(r'class="unread" href="/threads/\?order=unread"><span class="count">1<', refused.text)
    assert len(counted) == 1
    posted, counted = counting("Yes.")
    assert posted.status_code == 302
    assert counted == []
