"""What is new to a member: marks on lists, the list of unread threads and the number in the head agree."""

import contextlib
import random
import re
from functools import partial
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from members.models import Member
from members.permissions import Refused
from tests.factories import again, hidden_post, member, moderator, reply, start, thread
from tests.races import at_once
from threads.actions import following, moderation, moving, posting, reading
from threads.models import (
    FollowLevel,
    ModerationEntry,
    Tag,
    Thread,
    unread_by,
    with_first_new,
    with_new,
)

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


def test_a_muted_discussion_is_not_new_until_it_is_heard_again():
    bea, carl = member("bea"), member("carl")
    noisy = start(title="Noisy").thread
    following.follow(by=bea, level="muted", thread=noisy)
    reading.mark_all_read(by=bea)
    reply(noisy)
    assert _titles(bea) == set()
    assert _new(bea, noisy) == (None, 0, None)
    assert _titles(carl) == {"Noisy"}
    following.follow(by=bea, level="mentions", thread=noisy)
    assert _titles(bea) == {"Noisy"}


def test_a_muted_tag_keeps_its_discussions_from_being_new_but_those_that_are_followed_themselves():
    bea = member("bea")
    own, other = (start(title=title, tags=["noise"]).thread for title in ("Own", "Other"))
    following.follow(by=bea, level="muted", tag=Tag.objects.get(key="noise"))
    reading.mark_read(own, by=bea, number=1)
    reply(own)
    assert _titles(bea) == set()
    following.follow(by=bea, level="mentions", thread=own)
    assert _titles(bea) == {"Own"}
    assert _new(bea, other) == (None, 0, None)


def test_what_a_muted_person_posts_is_new_only_where_it_does_not_say_who_wrote_it(bea, carl):
    quiet = start(title="Quiet").thread
    reading.mark_all_read(by=bea)
    following.follow(by=bea, level="muted", person=carl)
    reply(quiet, carl)
    assert _titles(bea) == set()
    assert _new(bea, quiet) == (None, 0, None)
    reply(quiet, carl, shown_as="withheld")
    assert _titles(bea) == {"Quiet"}, "its silence would name him"
    assert _new(bea, quiet) == (None, 1, 3)


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


def _move(posts, to, boss):
    """What may not be moved stays: then nothing happens."""
    with contextlib.suppress(Refused):
        moving.move(posts, to=to, by=boss, reason="It belongs there.")


def _undo(chance, boss):
    if entries := list(ModerationEntry.objects.all()):
        with contextlib.suppress(Refused):
            moving.undo(chance.choice(entries), by=boss, reason="It did not.")


def _say(chance, by, at):
    """What somebody hears from now on of a discussion, of its tag or of a person; or they forget what they said."""
    other = chance.choice(Member.objects.filter(posts__isnull=False).exclude(pk=by.pk).distinct().order_by("pk"))
    subject = chance.choice([{"thread": at}, {"tag": Tag.objects.get(key="loud")}, {"person": other}])
    level = chance.choice([*FollowLevel.values, "muted", "muted", ""])
    if level:
        following.follow(by=by, level=level, **subject)
    else:
        following.unfollow(by=by, **subject)


def _act(chance, people, boss):
    """One thing that may happen on a portal."""
    by = chance.choice(people)
    at = chance.choice(list(Thread.objects.all()))
    acts = {
        "start": lambda: start(by, title=f"Thread {chance.random()}", tags=chance.choice([[], ["loud"]])),
        "say": lambda: _say(chance, by, at),
        "reply": lambda: reply(at, by, shown_as=chance.choice(["all", "all", "withheld"])),
        "read": lambda: reading.mark_read(at, by=by, number=chance.randint(1, at.last_number)),
        "all": lambda: reading.mark_all_read(by=by),
        "turn": lambda: _turn(chance.choice(list(at.posts.all())), boss),
        "move": lambda: _move(_some_of(at, chance), chance.choice(list(Thread.objects.all())), boss),
        "undo": lambda: _undo(chance, boss),
    }
    acts[chance.choice([*acts, "reply", "read", "turn", "move", "say"])]()


def _some_of(thread, chance):
    return chance.sample(list(thread.posts.all()), k=chance.randint(1, min(2, thread.posts.count())))


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
    thread(posts=2, title="Older than the third", tags=["loud"])
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
