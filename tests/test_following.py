"""Following: who is told of what, once, and never of what they may not see."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings as hypothesis_settings, strategies as st

from glossary.actions import suggestions
from glossary.models import Sense
from members import notifications
from members.models import Member, Notification
from members.notifications import describe
from tests import factories, glossaries
from tests.factories import again, member, reply, start
from threads.actions import (
    evidence,
    following,
    meanings,
    moderation,
    posting,
    questions,
    reading,
    tagging,
    term_news,
)
from threads.models import Follow, PersonMention, Reference, Tag

pytestmark = pytest.mark.django_db


def rows(person):
    """What a member was told: (kind, subject)."""
    return list(person.notifications.order_by("pk").values_list("kind", "subject"))


def inbox(person):
    """What their inbox says: sentences, newest first."""
    found = list(notifications.shown_to(person).order_by("-created_at", "-pk"))
    told = notifications.describe(found, person)
    assert set(told) == {row.pk for row in found}, "what is counted is described"
    return [told[row.pk].sentence for row in found]


@pytest.fixture
def thread(bea):
    return start(bea, tags=["pmo"]).thread


# --- Who follows ------------------------------------------------------------------------------------------------------
def test_who_starts_follows_and_who_replies_follows(thread, bea, carl):
    reply(thread, carl)
    assert set(Follow.objects.values_list("member__username", "level")) == {("bea", "all"), ("carl", "all")}


def test_neither_when_it_is_switched_off():
    dora = member("dora", follows_started=False, follows_replied=False)
    reply(start(dora).thread, dora)
    assert not dora.follows.exists()


def test_a_reply_does_not_unmute(thread, carl):
    following.follow(by=carl, level="muted", thread=thread)
    reply(thread, carl)
    assert carl.follows.get().level == "muted"


def test_following_changes_nothing_that_visitors_see(thread, carl):
    following.follow(by=carl, level="all", thread=thread)
    assert again(thread).revision == thread.revision


def test_a_follow_is_of_exactly_one_thing(thread, carl):
    with pytest.raises(TypeError):
        following.follow(by=carl, level="all", thread=thread, person=carl)


# --- Who is told ------------------------------------------------------------------------------------------------------
def test_followers_of_a_thread_are_told_of_a_reply_and_its_author_is_not(thread, bea, carl):
    post = reply(thread, carl)
    assert rows(bea) == [("reply", f"post:{post.pk}")]
    assert rows(carl) == []
    assert inbox(bea) == ["Carl Cole answered"]


def test_followers_of_a_tag_and_of_a_person_are_told_of_a_new_thread_once(bea, carl, thread):
    dora = member("dora")
    following.follow(by=dora, level="all", tag=Tag.objects.get(key="pmo"))
    following.follow(by=dora, level="all", person=carl)
    first = start(carl, title="Another", tags=["pmo"])
    assert rows(dora) == [("thread", f"post:{first.pk}")]
    second = reply(thread, carl)
    assert rows(dora)[1:] == [("person", f"post:{second.pk}")]


def test_a_mention_comes_before_a_quotation_and_that_before_a_followed_thread(thread, bea, carl):
    first = thread.posts.get()
    for kinds in (["mention"], ["quote"], ["quote", "mention"]):
        Notification.objects.all().delete()
        post = reply(thread, carl)
        Notification.objects.all().delete()
        if "mention" in kinds:
            PersonMention.objects.create(post=post, member=bea)
        if "quote" in kinds:
            Reference.objects.create(post=post, target=first, kind="quote")
        following.posted(post)
        assert rows(bea) == [("mention" if "mention" in kinds else "quote", f"post:{post.pk}")]


@pytest.mark.parametrize(("level", "told"), [("mentions", ["mention"]), ("muted", [])])
def test_mentions_only_and_mute(thread, bea, carl, level, told):
    following.follow(by=bea, level=level, thread=thread)
    reply(thread, carl)
    assert rows(bea) == []
    post = reply(thread, carl)
    PersonMention.objects.create(post=post, member=bea)
    following.edited(post)
    assert [kind for kind, _subject in rows(bea)] == told


def test_of_a_person_only_what_mentions_or_quotes_one(bea, carl, thread):
    following.follow(by=bea, level="mentions", person=carl)
    following.follow(by=bea, level="all", tag=Tag.objects.get(key="pmo"))
    reply(thread, carl)
    start(carl, title="Under a tag that Bea follows", tags=["pmo"])
    assert rows(bea) == [], "neither in her own discussion nor under her tag"
    other = reply(thread, member("dora"))
    assert rows(bea) == [("reply", f"post:{other.pk}")], "others are told as before"
    named = start(carl, body="What does @bea think?")
    quoting = reply(named.thread, carl, body=f"> [#1](/posts/{other.pk}/)\n> words\n\nWell.")
    first = thread.posts.get(number=1)
    quoted = reply(named.thread, carl, body=f"> [#1](/posts/{first.pk}/)\n> words\n\nWell.")
    assert rows(bea)[1:] == [("mention", f"post:{named.pk}"), ("quote", f"post:{quoted.pk}")], quoting


def test_the_silence_of_a_person_heard_only_by_mentions_never_names_who_withheld_their_name(bea, carl, thread):
    following.follow(by=bea, level="mentions", person=carl)
    posting.reply(thread, by=carl, body="Between us.", token=uuid4(), shown_as="withheld")
    assert inbox(bea) == ["An author whose name is withheld answered"]


def test_a_muted_tag_keeps_its_new_threads_from_who_follows_another_tag_or_their_author(bea, carl, thread):
    noise = start(member("eva"), tags=["noise"])
    for follow in ({"tag": Tag.objects.get(key="pmo")}, {"person": carl}):
        following.follow(by=bea, level="all", **follow)
    following.follow(by=bea, level="muted", tag=Tag.objects.get(key="noise"))
    start(carl, title="Both", tags=["pmo", "noise"])
    assert rows(bea) == []
    assert noise.thread.tags.count() == 1


def test_editing_twice_tells_of_a_mention_once_and_nobody_who_was_told_of_the_post(thread, bea, carl):
    dora = member("dora")
    post = reply(thread, carl, body="First words.")
    PersonMention.objects.create(post=post, member=dora)
    PersonMention.objects.create(post=post, member=bea)
    for number in (1, 2):
        following.edited(post)
        following.edited(again(post))
        assert rows(dora) == [("mention", f"post:{post.pk}")], number
    assert rows(bea) == [("reply", f"post:{post.pk}")]


def test_of_samples_and_to_samples_nothing_is_told(bea):
    sample = factories.sample_thread()
    following.follow(by=bea, level="all", thread=sample)
    reply(sample, member("carl"))
    assert rows(bea) == []
    dummy = member("dummy", is_sample=True)
    own = start(bea).thread
    following.follow(by=dummy, level="all", thread=own)
    reply(own)
    assert rows(dummy) == []


def test_five_hundred_followers_cost_one_statement_more_than_none(thread, carl, django_assert_num_queries):
    post = reply(thread, carl)
    Notification.objects.all().delete()
    people = [Member(username=f"f-{n}", name=f"F {n}", email=f"f-{n}@example.org") for n in range(500)]
    people = Member.objects.bulk_create(people)
    Follow.objects.bulk_create([Follow(member=each, thread=thread) for each in people])
    with django_assert_num_queries(1):
        following.posted(post)
    assert Notification.objects.count() == 501


def test_merging_tags_moves_their_followers_and_keeps_what_was_said_of_the_other(bea, carl):
    start(bea, tags=["pmo"])
    start(bea, tags=["offices"])
    old, new = Tag.objects.get(key="offices"), Tag.objects.get(key="pmo")
    following.follow(by=bea, level="all", tag=old)
    following.follow(by=carl, level="all", tag=old)
    following.follow(by=carl, level="muted", tag=new)
    tagging.merge(old, into=new, by=factories.curator())
    assert set(new.follows.values_list("member__username", "level")) == {("bea", "all"), ("carl", "muted")}


# --- What may be seen -------------------------------------------------------------------------------------------------
def test_what_is_hidden_or_withdrawn_is_not_told_and_is_again_when_it_comes_back(thread, bea, carl):
    post = reply(thread, carl)
    moderator = factories.moderator()
    for away, back in (
        (lambda: posting.withdraw(post, by=carl), lambda: posting.bring_back(post, by=carl)),
        (
            lambda: moderation.hide_post(post, by=moderator, reason="x"),
            lambda: moderation.restore_post(post, by=moderator, reason="x"),
        ),
        (
            lambda: moderation.hide_thread(thread, by=moderator, reason="x"),
            lambda: moderation.restore_thread(thread, by=moderator, reason="x"),
        ),
    ):
        away()
        assert inbox(bea) == []
        assert not notifications.unread(bea).exists()
        back()
        assert inbox(bea) == ["Carl Cole answered"]


def test_moderators_are_not_told_of_hidden_posts_either(thread, carl):
    moderator = factories.moderator()
    following.follow(by=moderator, level="all", thread=thread)
    moderation.hide_post(reply(thread, carl), by=moderator, reason="x")
    assert inbox(moderator) == []


def test_a_withheld_post_is_told_without_a_name_and_never_to_who_follows_its_author(thread, bea, carl):
    dora = member("dora")
    following.follow(by=dora, level="all", person=carl)
    following.follow(by=bea, level="muted", person=carl)
    post = posting.reply(thread, by=carl, body="Between us.", token=uuid4(), shown_as="withheld")
    assert rows(dora) == []
    assert inbox(bea) == ["An author whose name is withheld answered"], "a muted person would be known by the silence"
    assert Notification.objects.get(subject=f"post:{post.pk}").actor is None


def test_who_shows_less_later_is_taken_out_of_the_inboxes_of_their_followers(thread, bea, carl):
    dora = member("dora")
    following.follow(by=dora, level="all", person=carl)
    post = reply(thread, carl)
    assert inbox(dora) == ["Carl Cole answered"]
    posting.show_less(post, by=carl, shown_as="withheld")
    assert inbox(dora) == []
    assert inbox(bea) == ["An author whose name is withheld answered"]


# --- Other things that members are told -------------------------------------------------------------------------------
def test_decisions_and_answers_are_told_with_their_reasons(bea, carl):
    curator, moderator = factories.curator(), factories.moderator()
    term = factories.published_term("CMO", "Change Management Office", by=curator)
    first = start(carl, body="The CMO is our change office. The PMO is not.")
    row = evidence.propose(first, by=bea, sense=term.senses.get(), excerpt="our change office", stance="uses")
    evidence.decide(row, by=curator, publish=False, reason="Too vague.")
    suggestion = suggestions.suggest(by=bea, kind="term", text="Stage gate", definition="A point of decision.")
    suggestions.decline(suggestion, by=curator, reason="Not ours.")
    questions.ask(first.thread, by=bea, text="PMO")
    question = first.thread.meaning_requests.get()
    meanings.answer(question, by=carl, words="Project Management Office.")
    claim = factories.claim(factories.imported_thread().posts.get(number=2), by=bea)
    moderation.decide_claim(claim, by=moderator, granted=False, reason="Not proven.")
    found = list(notifications.shown_to(bea).order_by("pk"))
    told = notifications.describe(found, bea)
    assert [(row.kind, told[row.pk].excerpt) for row in found] == [
        ("evidence", "Too vague."),
        ("suggestion", "Not ours."),
        ("question", "Project Management Office."),
        ("claim", "Not proven."),
    ]
    assert rows(curator) == rows(carl) == []


def test_followers_of_a_term_are_told_that_a_sense_was_retired_once_with_what_takes_its_place(bea, carl, settings):
    curator = factories.curator()
    old = factories.published_term("PMO office", "The old office", by=curator)
    new = factories.published_term("Delivery office", "The new office", by=curator)
    sense, successor = old.senses.get(), new.senses.get()
    for person in (bea, curator):
        following.follow(by=person, level="all", term=old)
    glossaries.senses.retire(sense, by=curator, reason="Nobody says so any more.", successor=successor)
    following.follow(by=carl, level="all", term=old)
    for _time in range(2):
        term_news.tell_of_retired()
    assert inbox(bea) == ["“The old office” is out of use"]
    assert rows(curator) == rows(carl) == [], "who did it, and who followed later, know"
    (told,) = describe(bea.notifications.all(), bea).values()
    assert told.excerpt == "Nobody says so any more. “The new office” takes its place."
    assert told.text.endswith(f"takes its place.\n{settings.SITE_URL}{new.get_absolute_url()}")
    assert told.address == f"{old.get_absolute_url()}#sense-{sense.pk}"
    assert told.group_address == old.get_absolute_url()
    senses = glossaries.senses
    senses.publish(again(sense), by=curator)
    assert inbox(bea) == [], "one that came back is not out of use"
    Sense.objects.filter(pk=sense.pk).update(state="retired", retired_at=timezone.now() + timedelta(days=1))
    term_news.tell_of_retired()
    assert len(rows(bea)) == 2, "a second time is told again"


def test_choosing_a_meaning_answers_the_question_and_tells_who_asked(bea, carl):
    term = factories.published_term("CMO", "Change Management Office")
    thread = start(carl, body="The CMO again.").thread
    questions.ask(thread, by=bea, text="CMO")
    meanings.choose(thread, by=carl, term=term.pk, sense=term.senses.get().pk)
    assert inbox(bea) == ["What “CMO” means was answered"]


def test_followers_of_a_term_are_told_of_each_version_once_and_not_of_older_ones(bea, carl):
    curator = factories.curator()
    term = factories.published_term(
        "CMO", "Change Management Office", "An office that keeps change in order.", by=curator
    )
    following.follow(by=bea, level="all", term=term)
    following.follow(by=curator, level="all", term=term)
    following.follow(by=carl, level="mentions", term=term)
    term_news.tell_of_terms()
    assert inbox(bea) == []
    sense = term.senses.get()
    glossaries.senses.save_sense(
        sense, by=curator, name=sense.name, definition="An office that leads change.", based_on=sense.revision
    )
    term_news.tell_of_terms()
    term_news.tell_of_terms()
    assert inbox(bea) == ["“Change Management Office” was changed"]
    assert rows(curator) == rows(carl) == []


# --- Read and unread --------------------------------------------------------------------------------------------------
def test_reading_a_thread_marks_what_told_of_it(client, thread, bea, carl):
    reply(thread, carl)
    client.force_login(bea)
    client.get(thread.get_absolute_url())
    assert not notifications.unread(bea).exists()
    post = reply(thread, carl)
    reading.mark_read(thread, by=bea, number=post.number - 1)
    assert notifications.unread(bea).count() == 1


def test_a_post_that_was_read_before_it_named_somebody_is_read_by_opening_its_page_again(client, thread, bea, carl):
    post = reply(thread, member("dora"))
    client.force_login(carl)
    client.get(thread.get_absolute_url())
    PersonMention.objects.create(post=post, member=carl)
    following.edited(post)
    assert notifications.unread(carl).count() == 1
    client.get(thread.get_absolute_url())
    assert not notifications.unread(carl).exists()


ACTS = st.lists(
    st.tuples(st.sampled_from(["post", "hide", "restore", "withdraw", "back", "read", "less"]), st.integers(0, 4)),
    max_size=12,
)


@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_the_badge_says_what_the_list_holds_after_any_history(client, monkeypatch, acts):  # noqa: C901 the acts
    monkeypatch.setattr(posting, "MOST_A_MINUTE", 10_000)
    reader, writer = member_once("reader"), member_once("writer")
    Follow.objects.filter(member=reader).delete()
    Notification.objects.all().delete()
    following.follow(by=reader, level="all", person=writer)
    moderator = moderator_once()
    thread = start(writer).thread
    following.follow(by=reader, level="all", thread=thread)
    posts = [reply(thread, writer)]
    for act, number in acts:
        post = again(posts[number % len(posts)])
        if act == "post":
            posts.append(reply(thread, writer))
        elif act == "hide" and post.is_published:
            moderation.hide_post(post, by=moderator, reason="x")
        elif act == "restore" and post.is_hidden:
            moderation.restore_post(post, by=moderator, reason="x")
        elif act == "withdraw" and post.is_published:
            posting.withdraw(post, by=writer)
        elif act == "back" and post.is_withdrawn:
            posting.bring_back(post, by=writer)
        elif act == "less" and not post.is_hidden and "withheld" in post.lesser_shown:
            posting.show_less(post, by=writer, shown_as="withheld")
        elif act == "read":
            reading.mark_read(thread, by=reader, number=post.number)
    client.force_login(reader)
    response = client.get("/me/inbox/")
    listed = sum(len(group.entries) for group in response.context["groups"])
    assert response.wsgi_request.user.unread == listed == notifications.unread(reader).count()


def member_once(username):
    return Member.objects.filter(username=username).first() or member(username)


def moderator_once():
    return Member.objects.filter(username="molly").first() or factories.moderator()
