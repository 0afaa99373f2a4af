"""Moving posts to another discussion: what hangs on where a post stands follows it, both ways, for everybody."""

import re
import threading
from datetime import timedelta
from email.message import EmailMessage
from functools import partial
from uuid import uuid4

import pytest
from django.core.cache import cache, caches
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from glossary.models import Sense
from markup.references import quotation
from members import notifications
from members.models import SiteVersion
from members.permissions import Refused
from members.tokens import reply_address
from pmo_cmo.mail_in import Outcome, receive
from tests import factories, glossaries
from tests.factories import again, hidden_post, member, moderator, reply, start
from tests.races import at_once
from threads.actions import evidence, following, moderation, moving, posting, questions, reading, steps, upkeep
from threads.models import EventKind, Follow, MeaningRequest, ModerationEntry, Post, Thread, ThreadEvent

pytestmark = pytest.mark.django_db


class Scene:
    """Two discussions: five posts in the one that is left, two in the other."""

    def __init__(self):
        self.boss = moderator()
        self.ann, self.bob, self.cas = (member(name) for name in ("ann", "bob", "cas"))
        self.first = start(self.ann, title="What is a PMO?", body="I ask.")
        self.source = self.first.thread
        self.two, self.three, self.four, self.five = (
            reply(self.source, by, body=f"Answer {number}.")
            for number, by in enumerate((self.bob, self.cas, self.bob, self.ann), start=2)
        )
        self.target = start(self.ann, title="What is a CMO?", body="I ask that too.").thread
        reply(self.target, self.cas, body="An office for change.")

    def move(self, *posts, to=None):
        return moving.move([again(post) for post in posts], to=to or self.target, by=self.boss, reason="It fits there.")

    def undo(self, entry):
        return moving.undo(again(entry), by=self.boss, reason="It did not.")


@pytest.fixture
def scene():
    return Scene()


def places(thread):
    return list(Post.objects.filter(thread=thread).order_by("number").values_list("number", "pk"))


def page(thread, client=None, query=""):
    response = (client or Client()).get(again(thread).get_absolute_url() + query)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def lines(thread, client=None, query=""):
    """What the lines between the posts say, without their tags and times."""
    said = page(thread, client, query).split('<p class="happened"')[1:]
    return [re.sub("<[^>]*>", "", line.partition("<span>")[2].partition("</span>")[0]).strip() for line in said]


def assert_counted():
    assert list(upkeep.recount_all(repair=False, progress=lambda: None)) == []


# --- Where posts stand ------------------------------------------------------------------------------------------------
def test_posts_stand_at_the_end_in_time_order_and_their_numbers_are_given_to_nobody(scene):
    scene.move(scene.five, scene.three)
    assert places(scene.target)[2:] == [(3, scene.three.pk), (4, scene.five.pk)]
    assert [number for number, _pk in places(scene.source)] == [1, 2, 4]
    assert reply(scene.source).number == 6, "5 was given before"
    assert reply(scene.target).number == 5
    assert_counted()


def test_what_was_moved_before_what_stands_there_comes_after_it_and_the_list_names_the_newest_post(scene):
    scene.move(scene.two)
    target = again(scene.target)
    newest = target.posts.get(number=2)
    assert target.posts.get(number=3).created_at < newest.created_at == target.last_posted_at
    assert target.last_post == newest
    assert_counted()


def test_a_hidden_and_a_withdrawn_post_are_moved_and_stay_so(scene):
    hidden_post(scene.two, by=scene.boss)
    posting.withdraw(scene.three, by=scene.cas)
    count = again(scene.target).post_count
    scene.move(scene.two, scene.three)
    assert (again(scene.two).state, again(scene.three).state) == ("hidden", "withdrawn")
    assert again(scene.target).post_count == count
    assert again(scene.two).state_reason == "It names a client."
    posting.bring_back(scene.three, by=scene.cas)
    assert again(scene.target).post_count == count + 1
    assert_counted()


def test_the_address_of_a_post_leads_to_its_page_wherever_it_was_moved(scene, client):
    for _ in range(24):
        reply(scene.target)
    scene.move(scene.two)
    place = client.get(f"/posts/{scene.two.pk}/")["Location"]
    assert place == f"{scene.target.get_absolute_url()}?page=2#post-{scene.two.pk}"
    assert "Answer 2." in page(scene.target, query="?page=2")
    assert "Answer 2." not in page(scene.source)
    assert client.get(f"/threads/{scene.source.pk}.md").text.count("\n## #") == 4
    assert "## #27" in client.get(f"/threads/{scene.target.pk}.md").text
    feeds = [client.get(reverse("thread_feed", args=[row.pk])).text for row in (scene.source, scene.target)]
    assert [feed.count("Answer 2.") for feed in feeds] == [0, 1]


@pytest.mark.parametrize("kind", ["visitor", "member"])
def test_kept_pages_are_written_anew(scene, client, kind):
    if kind == "member":
        client.force_login(scene.ann)
    for thread in (scene.source, scene.target):
        page(thread, client)
    scene.move(scene.two)
    assert "Answer 2." not in page(scene.source, client)
    assert "Answer 2." in page(scene.target, client)


def test_pages_named_by_the_revision_of_a_posts_thread_get_another_name(scene, client):
    """The other thread may have, by chance, the revision next below."""
    Thread.objects.filter(pk=scene.source.pk).update(revision=20)
    Thread.objects.filter(pk=scene.target.pk).update(revision=19)
    before = client.get("/people/bob/feed.atom")["ETag"]
    entry = scene.move(scene.two, scene.four)
    moved = client.get("/people/bob/feed.atom")
    assert moved["ETag"] != before
    assert "What is a CMO?" in moved.text
    Thread.objects.filter(pk=scene.source.pk).update(revision=again(scene.target).revision - 1)
    scene.undo(entry)
    assert "What is a CMO?" not in client.get("/people/bob/feed.atom").text


def test_a_move_costs_the_same_for_two_posts_and_for_ten(scene):
    for _ in range(20):
        reply(scene.source, scene.bob)
    posts = list(scene.source.posts.select_related("thread").order_by("number")[2:])
    costs = []
    for chosen in (posts[:1], posts[1:3], posts[3:13]):  # the first asks once who may
        target = start(title="Another").thread
        with CaptureQueriesContext(connection) as queries:
            moving.move(chosen, to=target, by=scene.boss, reason="It fits there.")
        costs.append(len(queries))
    assert costs[1] == costs[2]


# --- What is refused --------------------------------------------------------------------------------------------------
def refused(scene, *posts, to=None):
    with pytest.raises(Refused) as refusal:
        scene.move(*posts, to=to)
    assert not ModerationEntry.objects.filter(action="move_posts").exists()
    return str(refusal.value)


def test_what_is_not_moved_is_refused_with_a_sentence(scene):
    assert "opens a discussion" in refused(scene, scene.first, scene.two)
    assert "stand in this discussion already" in refused(scene, scene.two, to=scene.source)
    assert "at most 100" in refused(scene)
    assert "at most 100" in refused(scene, *[scene.two] * 101)
    assert "stand in several" in refused(scene, scene.two, scene.target.posts.get(number=2))
    assert "is hidden" in refused(scene, scene.two, to=factories.hidden_thread(start(title="Hidden").thread))
    assert "nobody knows when" in refused(scene, scene.two, to=factories.imported_thread())
    assert "Samples" in refused(scene, scene.two, to=factories.sample_thread())


def test_what_somebody_else_moved_meanwhile_is_refused(scene):
    known = again(scene.two)
    scene.move(scene.two)
    with pytest.raises(Refused, match="Nothing was moved"):
        moving.move([known, scene.three], to=start(title="A third").thread, by=scene.boss, reason="It fits there.")
    assert again(scene.three).thread == scene.source


def test_only_moderators_move_and_undo(scene):
    with pytest.raises(PermissionDenied):
        moving.move([scene.two], to=scene.target, by=scene.bob, reason="Mine.")
    entry = scene.move(scene.two)
    with pytest.raises(PermissionDenied):
        moving.undo(entry, by=factories.curator(), reason="Mine.")


# --- The lines between the posts --------------------------------------------------------------------------------------
def test_both_discussions_say_what_was_moved_and_where_and_lead_to_each_other(scene):
    scene.move(scene.two, scene.three, scene.five)
    assert lines(scene.source) == ["2 posts were moved to “What is a CMO?”", "1 post was moved to “What is a CMO?”"]
    assert lines(scene.target) == ["3 posts were moved here from “What is a PMO?”"]
    said = page(scene.target)
    assert f'href="{scene.source.get_absolute_url()}#left-2"' in said
    assert said.index('id="came-3"') < said.index(f'id="post-{scene.two.pk}"')
    said = page(scene.source)
    assert f'href="{scene.target.get_absolute_url()}#came-3"' in said
    order = [f'id="post-{scene.first.pk}"', 'id="left-2"', f'id="post-{scene.four.pk}"', 'id="left-5"']
    assert sorted(order, key=said.index) == order
    assert scene.boss.name not in said
    assert "It fits there." not in said


def test_no_line_counts_what_readers_did_not_see(scene):
    hidden_post(scene.two, by=scene.boss)
    posting.withdraw(again(scene.three), by=scene.cas)
    entry = scene.move(scene.two, scene.three)
    assert lines(scene.source) == lines(scene.target) == []
    scene.undo(entry)
    assert lines(scene.source) == lines(scene.target) == []
    assert again(scene.two).thread == scene.source
    scene.move(scene.two, scene.three, scene.four)
    assert ["1 post was moved" in line for line in (*lines(scene.source), *lines(scene.target))] == [True, True]


def test_a_line_stands_on_the_page_of_its_number_though_that_holds_no_post(scene):
    for _ in range(22):
        reply(scene.source, scene.bob)
    posts = list(scene.source.posts.filter(number__gt=25))
    scene.move(*posts)
    assert lines(scene.source) == []
    assert lines(scene.source, query="?page=2") == ["2 posts were moved to “What is a CMO?”"]


def test_lines_cost_one_statement_however_many_they_are(scene):
    def cost():
        caches["pages"].clear()
        with CaptureQueriesContext(connection) as queries:
            page(scene.source)
        return len(queries)

    page(scene.source)
    costs = [cost()]
    for post in (scene.two, scene.four):
        scene.move(post, to=start(title=f"Of {post.pk}").thread)
        costs.append(cost())
    assert costs == [costs[0], costs[0] + 1, costs[0] + 1]


def test_a_filtered_page_shows_no_lines(scene):
    for number in range(8):
        by = member(f"voice-{number}", role_family=["planning", "pmo", "consulting"][number % 3])
        posting.reply(scene.source, by=by, body=f"Voice {number}.", token=uuid4())
    scene.move(scene.two)
    assert lines(scene.source, query="?role=planning") == []
    assert "Voice 0." in page(scene.source, query="?role=planning")


def test_a_new_title_and_a_hidden_discussion_change_the_kept_line_of_the_other_one(scene):
    scene.move(scene.two)
    assert lines(scene.source) == ["1 post was moved to “What is a CMO?”"]
    moderation.retitle(scene.target, by=scene.boss, title="What does a CMO do?")
    assert lines(scene.source) == ["1 post was moved to “What does a CMO do?”"]
    moderation.hide_thread(scene.target, by=scene.boss, reason="A reason.")
    assert lines(scene.source) == ["1 post was moved to another discussion"]
    assert "does a CMO" not in page(scene.source)
    reader = Client()
    reader.force_login(scene.bob)
    assert "does a CMO" not in page(scene.source, reader)
    reader.force_login(scene.ann)  # its starter
    assert "does a CMO" in page(scene.source, reader)
    moderation.restore_thread(scene.target, by=scene.boss, reason="A reason.")
    moderation.hide_thread(scene.source, by=scene.boss, reason="A reason.")
    assert lines(scene.target) == ["1 post was moved here from another discussion"]


def test_a_discussion_that_nobody_sees_any_more_is_not_named(scene):
    """Not hidden itself, but without a post that everybody sees."""
    lone = start(title="Does it end?")
    scene.move(scene.two, to=lone.thread)
    assert "Does it end?" in page(scene.source)
    for post in (lone, scene.two):
        hidden_post(again(post), by=scene.boss)
    assert "Does it end?" not in page(scene.source)


def test_what_was_moved_is_seen_by_nobody_once_its_discussion_is_hidden(scene):
    post = reply(scene.source, scene.bob, body="The quagmire bank, says SOX.")
    reply(scene.source, scene.cas, body=quotation(post.pk, post.number, "The quagmire bank") + "I see.")
    scene.move(post)
    paths = [scene.source.get_absolute_url(), f"/threads/{scene.source.pk}.md", "/search/?q=quagmire", "/people/bob/"]
    paths += [reverse("thread_feed", args=[scene.source.pk]), "/threads/", "/", "/people/bob/feed.atom", "/sitemap.xml"]
    clients = [Client(), Client()]
    clients[1].force_login(scene.cas)
    assert any("quagmire" in client.get(path).text for client in clients for path in paths)
    moderation.hide_thread(scene.target, by=scene.boss, reason="A reason.")
    for client in clients:
        for path in paths:
            assert "quagmire bank" not in client.get(path).text, path
        assert client.get(f"/posts/{post.pk}/").status_code == 404
        assert client.get(scene.target.get_absolute_url()).status_code == 404


# --- Undo -------------------------------------------------------------------------------------------------------------
def test_undo_gives_thread_and_number_back(scene):
    before = places(scene.source)
    entry = scene.move(scene.two, scene.five)
    later = reply(scene.target, scene.bob)
    done = scene.undo(entry)
    assert places(scene.source) == before
    assert (later.number, again(scene.target).last_number) == (5, 5)
    assert lines(scene.source) == []
    assert lines(scene.target) == ["2 posts that were moved here were moved back to “What is a PMO?”"]
    assert (done.action, done.detail["undoes"]) == ("undo_move", entry.pk)
    assert reply(scene.source).number == 6
    assert reply(scene.target).number == 6
    assert_counted()


def test_the_log_holds_plain_ids_and_the_numbers_of_before(scene):
    entry = scene.move(scene.two)
    assert (entry.action, entry.subject, entry.by_id) == ("move_posts", f"thread:{scene.source.pk}", scene.boss.pk)
    posts = [{"id": scene.two.pk, "was": 2, "is": 3}]
    assert entry.detail == {"from": scene.source.pk, "to": scene.target.pk, "posts": posts}


def test_undo_is_refused_when_it_is_not_possible_any_more(scene):
    entry = scene.move(scene.two)
    onward = scene.move(scene.two, to=start(title="A third").thread)
    with pytest.raises(Refused, match="does not stand where"):
        scene.undo(entry)
    scene.undo(onward)
    scene.undo(entry)
    with pytest.raises(Refused, match="undone already"):
        scene.undo(entry)
    with pytest.raises(Refused, match="Only a move"):
        scene.undo(ModerationEntry.objects.latest("pk"))
    old = scene.move(scene.three)
    ModerationEntry.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=31))
    assert not moving.can_be_undone(again(old))
    with pytest.raises(Refused, match="30 days"):
        scene.undo(old)
    assert again(scene.three).thread == scene.target


# --- What refers to posts ---------------------------------------------------------------------------------------------
def test_a_number_leads_to_the_post_with_its_number_of_today_and_says_that_it_stands_elsewhere(scene):
    pointing = reply(scene.source, scene.bob, body="As #3 says.")
    scene.move(scene.three)
    link = f'As <a href="/posts/{scene.three.pk}/" rel="nofollow">#3</a> in another discussion says.'
    assert link in page(scene.source)
    posting.edit(again(pointing), by=scene.bob, body="As #3 says, and #2.", based_on=1)
    assert link.removesuffix(" says.") in page(scene.source), "an edit does not forget what the number meant"
    Post.objects.update(renderer_version=0)
    upkeep.render_again(lambda: None)
    assert link.removesuffix(" says.") in page(scene.source)
    scene.move(pointing)
    assert f'As <a href="/posts/{scene.three.pk}/" rel="nofollow">#3</a> says' in page(scene.target)
    assert f'<a href="/posts/{scene.two.pk}/" rel="nofollow">#2</a> in another discussion' in page(scene.target)


def test_an_edit_of_a_post_that_was_moved_means_by_a_number_what_it_meant_there(scene, client):
    pointing = reply(scene.source, scene.bob, body="As #2 says.")
    scene.move(pointing)
    client.force_login(scene.bob)
    typed = {"body": "As #2 says, I think.", "based_on": 1, "preview": "1"}
    said = client.post(f"/posts/{pointing.pk}/edit/", typed).text
    assert f'<a href="/posts/{scene.two.pk}/" rel="nofollow">#2</a> in another discussion' in said
    posting.edit(again(pointing), by=scene.bob, body="As #2 says, I think.", based_on=1)
    assert again(pointing).references.get().target == scene.two


def test_quotations_follow_and_pages_of_other_discussions_are_written_anew(scene):
    quoting = reply(scene.source, scene.ann, body=quotation(scene.two.pk, 2, "Answer 2.") + "Yes.")
    third = start(scene.cas, title="A third").thread
    reply(third, scene.cas, body=quotation(scene.three.pk, 3, "Answer 3.") + "No.")
    assert ">#3</a> in another discussion" in page(third)
    version = SiteVersion.objects.get().version
    scene.move(scene.two)
    assert SiteVersion.objects.get().version == version, "both pages are new anyway"
    assert f'href="/posts/{scene.two.pk}/" rel="nofollow">#3</a> in another discussion' in page(scene.source)
    assert "in another discussion" in page(scene.target).split('class="referrers"')[1].split("</p>")[0]
    scene.move(scene.three)
    assert ">#4</a> in another discussion" in page(third)
    assert again(quoting).references.get().target == scene.two


# --- Who hears and has read -------------------------------------------------------------------------------------------
def level(person, thread):
    return Follow.objects.filter(member=person, thread=thread).values_list("level", flat=True).first()


def test_who_wrote_what_was_moved_hears_of_where_it_is_unless_they_hear_nothing(scene):
    dora, eve = member("dora"), member("eve")
    posts = [reply(scene.source, by) for by in (dora, eve)]
    following.follow(by=eve, level="muted", thread=scene.source)
    following.follow(by=scene.bob, level="muted", thread=scene.target)
    entry = scene.move(scene.two, *posts)
    levels = [level(person, scene.target) for person in (dora, eve, scene.bob)]
    assert levels == ["all", None, "muted"]
    assert level(dora, scene.source) == "all"
    scene.undo(entry)
    assert [level(person, scene.target) for person in (dora, scene.bob, scene.cas)] == [None, "muted", "all"]


def test_who_wrote_there_since_goes_on_hearing_after_an_undo(scene):
    dora = member("dora")
    entry = scene.move(reply(scene.source, dora))
    reply(scene.target, dora)
    scene.undo(entry)
    assert level(dora, scene.target) == "all"


def test_what_told_of_a_post_leads_to_it_and_is_read_where_it_stands(scene, client):
    reading.mark_read(scene.source, by=scene.ann, number=2)
    assert notifications.unread(scene.ann).filter(subject=f"post:{scene.three.pk}").exists()
    scene.move(scene.three)
    client.force_login(scene.ann)
    assert f"/posts/{scene.three.pk}/" in client.get("/me/inbox/").text
    client.get(scene.source.get_absolute_url())
    assert notifications.unread(scene.ann).filter(subject=f"post:{scene.three.pk}").exists()
    client.get(scene.target.get_absolute_url())
    assert not notifications.unread(scene.ann).exists()


def test_the_head_counts_what_the_list_holds_where_the_last_page_was_emptied(scene, client):
    for _ in range(22):
        reply(scene.source, scene.bob)
    scene.move(*scene.source.posts.filter(number__gt=25))
    reader = member("zoe")
    start(title="New to Zoe")
    reading.mark_read(scene.source, by=reader, number=3)
    client.force_login(reader)
    counted = client.get(scene.source.get_absolute_url()).wsgi_request.user.unread_threads
    reading.mark_read(scene.target, by=reader, number=2)
    response = client.get(scene.target.get_absolute_url())
    listed = client.get("/threads/?order=unread").context["threads"]
    assert [row.title for row in listed] == ["New to Zoe"]
    assert (counted, response.wsgi_request.user.unread_threads) == (1, 1)


def test_a_decision_about_cited_words_is_read_where_the_post_stands(scene):
    factories.published_term("PMO")
    sense = Sense.objects.get()
    proposed = evidence.propose(scene.two, by=scene.cas, sense=sense, excerpt="Answer 2.", stance="uses")
    evidence.decide(proposed, by=factories.curator("cora"), publish=True)
    scene.move(scene.two)
    reading.mark_read(scene.target, by=scene.cas, number=3)
    assert not notifications.unread(scene.cas).filter(kind="evidence").exists()
    client = Client()
    assert "What is a CMO?" in client.get("/glossary/pmo/").text


# --- Words ------------------------------------------------------------------------------------------------------------
def test_a_post_that_spells_a_word_out_does_so_for_the_discussion_it_stands_in(scene):
    by = factories.curator()
    for name in ("Change Management Office", "Chief Marketing Officer"):
        glossaries.published(by, name=name, preferred=name, abbreviation="CMO")
    words = reply(scene.source, scene.bob, body="Our Change Management Office (CMO) does.")
    reply(scene.source, scene.cas, body="A CMO, then.")
    assert "spelled out in #6" in page(scene.source)
    scene.move(words)
    assert "spelled out in" not in page(scene.source)
    assert "spelled out in #3" in page(scene.target)


def test_a_question_about_a_word_stays_where_the_word_does_and_goes_along_else(scene):
    both = reply(scene.source, scene.bob, body="The SOX board and the QXA.")
    still = reply(scene.source, scene.cas, body="What, the SOX board?")
    stays = questions.ask(scene.source, by=scene.ann, text="SOX")
    goes = questions.ask(scene.source, by=scene.ann, text="QXA")
    entry = scene.move(both)
    assert (again(stays).thread, again(stays).post) == (scene.source, still)
    assert (again(goes).thread, again(goes).post) == (scene.target, both)
    assert "1 person asks" in page(scene.target)
    scene.undo(entry)
    assert again(goes).thread == scene.source


def test_who_asks_in_both_discussions_waits_for_one_answer(scene):
    post = reply(scene.source, scene.bob, body="The QXA.")
    reply(scene.target, scene.bob, body="The QXA, here.")
    questions.ask(scene.source, by=scene.ann, text="QXA")
    questions.ask(scene.source, by=scene.cas, text="QXA")
    there = questions.ask(scene.target, by=scene.ann, text="QXA")
    scene.move(post)
    assert set(there.askers.values_list("member", flat=True)) == {scene.ann.pk, scene.cas.pk}
    assert MeaningRequest.objects.filter(thread=scene.source).get().post is None


# --- Writing while it happens -----------------------------------------------------------------------------------------
def test_a_form_that_was_opened_before_is_saved_where_the_post_stands_now(scene, client):
    known = again(scene.two)
    scene.move(scene.two)
    client.force_login(scene.bob)
    edited = posting.edit(known, by=scene.bob, body="Answer 2, better.", based_on=1)
    assert (edited.thread, edited.number) == (scene.target, 3)
    assert "Answer 2, better." in page(scene.target)
    assert moderation.hide_post(known, by=scene.boss, reason="A reason.").thread == scene.target
    assert_counted()


def test_a_lock_of_the_discussion_where_it_stands_now_counts(scene):
    known = again(scene.two)
    scene.move(scene.two)
    moderation.lock(scene.target, by=scene.boss, reason="Enough.")
    with pytest.raises(Refused, match="locked"):
        posting.edit(known, by=scene.bob, body="Answer 2, better.", based_on=1)


@pytest.mark.django_db(transaction=True)
def test_nobody_waits_out_of_order_for_the_discussion_that_a_post_went_to(scene):
    known = again(scene.two)
    scene.move(scene.two)
    held, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            steps.lock_thread(scene.target.pk)
            held.set()
            done.wait(timeout=30)

    def edit():
        held.wait(timeout=30)
        try:
            return posting.edit(known, by=scene.bob, body="Answer 2, better.", based_on=1)
        finally:
            done.set()

    _held, refusal = at_once(hold, edit)
    assert isinstance(refusal, Refused)
    assert "at this very moment" in str(refusal)
    assert posting.edit(known, by=scene.bob, body="Answer 2, better.", based_on=1).thread == scene.target


MEANWHILE = {
    "an edit": lambda s: posting.edit(again(s.two), by=s.bob, body="Otherwise.", based_on=1),
    "a reply there": lambda s: reply(s.target, s.cas),
    "a reply here": lambda s: reply(s.source, s.cas),
    "a withdrawal": lambda s: posting.withdraw(again(s.two), by=s.bob),
    "a hidden post": lambda s: moderation.hide_post(again(s.two), by=s.boss, reason="A reason."),
    "a hidden thread": lambda s: moderation.hide_thread(s.target, by=s.boss, reason="A reason."),
    "the same move": lambda s: s.move(s.two),
    "a move the other way": lambda s: moving.move(
        list(s.target.posts.filter(number=2)), to=s.source, by=moderator("mark"), reason="It fits there."
    ),
}


@pytest.mark.parametrize("name", MEANWHILE)
@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_moment_leave_everything_counted(scene, name):
    """Each is done, or refused with a sentence: nobody waits in a circle, and no number is given twice."""
    outcomes = at_once(partial(scene.move, scene.two), partial(MEANWHILE[name], scene))
    failed = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert all(isinstance(error, Refused) for error in failed), failed
    assert len(failed) < 2
    assert_counted()
    for thread in Thread.objects.all():
        assert thread.last_number >= max(number for number, _pk in places(thread))
    moved = ThreadEvent.objects.filter(kind=EventKind.CAME, thread=scene.target).count()
    assert moved == Post.objects.filter(pk=scene.two.pk, thread=scene.target).count()


# --- In the admin -----------------------------------------------------------------------------------------------------
MOVE = "/admin/threads/post/move/"


@pytest.fixture
def desk(scene, client):
    """The browser of the moderator."""
    client.force_login(scene.boss)
    return client


def test_a_moderator_says_where_to_reads_what_will_happen_and_does_it(scene, desk):
    typed = {"posts": [scene.two.pk, scene.five.pk], "to": scene.target.get_absolute_url(), "reason": "It fits there."}
    address = f"{MOVE}?posts={scene.two.pk}&posts={scene.five.pk}"
    assert "Answer 2." in desk.get(address).text
    shown = desk.post(address, typed)
    assert shown.status_code == 200
    said = " ".join(shown.text.split())
    assert "2 posts go to the end of" in said
    assert "<td>#3</td>" in said
    assert "<td>#4</td>" in said
    assert again(scene.two).thread == scene.source, "nothing is moved before that was read"
    answer = desk.post(address, {**typed, "planned": scene.target.pk}, follow=True)
    assert "2 posts are moved." in answer.text
    assert "#2 → #3" in answer.text
    assert again(scene.five).number == 4
    assert "It fits there." in desk.get(f"/admin/threads/post/{scene.two.pk}/history/").text


def test_another_discussion_typed_after_the_plan_gets_a_plan_of_its_own(scene, desk):
    third = start(title="A third").thread
    typed = {"posts": scene.two.pk, "to": str(third.pk), "reason": "It fits there.", "planned": scene.target.pk}
    shown = desk.post(MOVE, typed)
    assert (shown.status_code, again(scene.two).thread) == (200, scene.source)
    assert f'name="planned" value="{third.pk}"' in shown.text


@pytest.mark.parametrize(
    "typed",
    [
        "{pk}",
        " #{pk} ",
        "thread:{pk}",
        "/threads/{pk}/",
        "/threads/{pk}.md",
        "threads/{pk}/any-slug/?page=2#post-9",
        "http://testserver/threads/{pk}/what/",
        "/posts/{post}/",
        "post:{post}",
    ],
)
def test_a_discussion_is_found_by_what_stands_in_the_address_bar(scene, desk, settings, typed):
    settings.SITE_URL = "http://testserver"
    to = typed.format(pk=scene.target.pk, post=scene.target.last_post_id)
    shown = desk.post(MOVE, {"posts": scene.two.pk, "to": to, "reason": "It fits there."})
    assert f'name="planned" value="{scene.target.pk}"' in shown.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Paste the address of the discussion"),
        ("9" * 19, "There is no discussion"),
        ("0", "There is no discussion"),
        ("CMO", "There is no discussion"),
        ("/glossary/cmo/", "There is no discussion"),
        ("http://[", "There is no discussion"),
        ("https://elsewhere.example/threads/1/", "an address of another site"),
        ("/threads/{source}/", "stand in this discussion already"),
        ("/threads/{hidden}/", "That discussion is hidden"),
    ],
)
def test_what_is_no_discussion_to_move_to_is_said_and_the_reason_stays(scene, desk, typed, said):
    hidden = factories.hidden_thread(start(title="Hidden").thread)
    to = typed.format(source=scene.source.pk, hidden=hidden.pk)
    answer = desk.post(MOVE, {"posts": scene.two.pk, "to": to, "reason": "Typed with care.", "planned": hidden.pk})
    assert answer.status_code == 422
    assert said in answer.text
    assert "Typed with care." in answer.text


@pytest.mark.parametrize("asked", ["", "?posts=x", "?posts=0", f"?posts={'9' * 30}", "?posts=-1"])
def test_a_page_without_posts_says_how_to_choose_them(scene, desk, asked):
    answer = desk.get(MOVE + asked)
    assert answer.status_code == 200
    assert "Choose the posts to be moved" in answer.text
    assert desk.post(MOVE + asked, {"to": "1", "reason": "x"}).status_code == 422


def test_an_opening_post_is_refused_before_anything_is_typed(scene, desk):
    assert "opens a discussion" in desk.get(f"{MOVE}?posts={scene.first.pk}").text
    assert 'name="reason"' not in desk.get(f"{MOVE}?posts={scene.first.pk}").text
    assert MOVE not in desk.get(f"/admin/threads/post/{scene.first.pk}/change/").text


def test_posts_of_a_discussion_are_listed_ticked_and_moved(scene, desk):
    listed = desk.get(f"/admin/threads/post/?q=thread:{scene.source.pk}").text
    assert "Answer 5." in listed
    assert "An office for change." not in listed
    ticked = {"action": "move_several", "_selected_action": [scene.two.pk, scene.three.pk]}
    answer = desk.post(f"/admin/threads/post/?q=thread:{scene.source.pk}", ticked)
    assert answer["Location"] == f"{MOVE}?posts={scene.two.pk}&posts={scene.three.pk}"
    assert f"thread:{scene.source.pk}" in desk.get(f"/admin/threads/thread/{scene.source.pk}/change/").text
    assert f"{MOVE}?posts={scene.two.pk}" in desk.get(f"/admin/threads/post/{scene.two.pk}/change/").text


def test_a_move_is_found_in_the_log_and_undone_there(scene, desk):
    entry = scene.move(scene.two)
    other = scene.move(scene.three, to=start(title="A third").thread)
    for asked in (f"post:{scene.two.pk}", f"thread:{scene.target.pk}"):
        listed = desk.get(f"/admin/threads/moderationentry/?q={asked}").text
        assert f"/moderationentry/{entry.pk}/change/" in listed
        assert f"/moderationentry/{other.pk}/change/" not in listed
    address = f"/admin/threads/moderationentry/{entry.pk}/"
    assert f"{address}undo/" in desk.get(f"{address}change/").text
    assert desk.post(f"{address}undo/", {"reason": "It did not."}).status_code == 302
    assert again(scene.two).number == 2
    assert f"{address}undo/" not in desk.get(f"{address}change/").text
    refused_now = desk.post(f"{address}undo/", {"reason": "It did not."})
    assert (refused_now.status_code, "undone already" in refused_now.text) == (422, True)


def test_a_moderator_finds_the_way_at_each_post_but_the_first(scene, desk, client):
    said = page(scene.source, desk)
    assert said.count(f"{MOVE}?posts=") == 4
    assert f"{MOVE}?posts={scene.first.pk}" not in said
    assert MOVE not in page(scene.source)


# --- Answers by mail --------------------------------------------------------------------------------------------------
def answer_to(post, person, body):
    mail = EmailMessage()
    mail["From"], mail["To"] = person.email, reply_address(person.pk, post.thread_id)
    mail["In-Reply-To"], mail["Message-ID"] = f"<post-{post.pk}.{person.pk}@portal.example>", "<one@example.org>"
    mail.set_content(body)
    return mail.as_bytes()


def test_an_answer_by_mail_stands_where_the_post_stands_that_it_answers(scene, settings):
    settings.REPLY_ADDRESS = "reply@portal.example"
    raw = answer_to(scene.two, scene.ann, "So it is.")
    stays = answer_to(scene.three, scene.ann, "Here too.").replace(b"one@", b"two@")
    scene.move(scene.two)
    assert receive(raw) is receive(stays) is Outcome.POSTED
    assert again(scene.target).last_post.body == "So it is."
    assert again(scene.source).last_post.body == "Here too."
    moderation.hide_thread(scene.target, by=scene.boss, reason="A reason.")
    receive(answer_to(scene.two, scene.ann, "And so.").replace(b"one@", b"three@"))
    assert again(scene.source).last_post.body == "And so.", "where the mail was about: she does not see the post"


def test_a_post_that_came_does_not_name_who_withheld_their_name_there_since(scene, settings, client):
    settings.REPLY_ADDRESS = "reply@portal.example"
    posting.reply(scene.target, by=scene.bob, body="Between us.", shown_as="withheld", token=uuid4())
    scene.move(scene.two)
    client.force_login(scene.bob)
    for path in (scene.target.get_absolute_url(), reverse("reply", args=[scene.target.pk])):
        assert client.get(path).context["form"]["shown_as"].value() == "withheld"
    client.post(reverse("reply", args=[scene.target.pk]), {"body": "Nothing said of it."})
    assert scene.target.posts.get(body="Nothing said of it.").shown_as == "withheld"
    own = scene.target.posts.filter(author=scene.bob)
    own.filter(body="Nothing said of it.").delete()
    assert own.order_by("number").last().shown_as == "all"
    assert receive(answer_to(scene.target.posts.get(number=1), scene.bob, "By mail.")) is not Outcome.POSTED


def test_a_mail_that_is_given_again_is_known_though_its_post_was_moved_and_edited(scene, settings):
    settings.REPLY_ADDRESS = "reply@portal.example"
    raw = answer_to(scene.two, scene.ann, "So it is.")
    receive(raw)
    post = Post.objects.get(body="So it is.")
    scene.move(post)
    posting.edit(again(post), by=scene.ann, body="So it was.", based_on=1)
    cache.clear()
    assert receive(raw) is Outcome.POSTED
    assert Post.objects.filter(author=scene.ann).count() == 4


def test_a_mail_that_went_to_both_discussions_does_not_hinder_a_move(scene, settings):
    posts = [
        posting.reply(thread, by=scene.bob, body="To both.", token=uuid4(), message_id="one@example.org")
        for thread in (scene.source, scene.target)
    ]
    entry = scene.move(posts[0])
    assert [again(post).message_id for post in posts] == ["", "one@example.org"]
    scene.undo(entry)
    assert_counted()
