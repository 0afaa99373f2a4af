from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from hypothesis import HealthCheck, given, settings as hypothesis_settings, strategies as st

from markup.render import Unrenderable
from members.actions.accounts import delete_member, update_profile
from members.permissions import Refused
from tests import factories
from tests.factories import again, member, moderator, reply, start
from tests.people import run_jobs
from tests.races import at_once
from threads.actions import importing, moderation, posting, tagging, upkeep
from threads.models import Claim, Flag, ModerationEntry, Post, PostRevision, Tag, TagAlias, Thread

pytestmark = pytest.mark.django_db
VISITOR = AnonymousUser()


def seen_by(reader):
    return set(Post.objects.visible_to(reader).values_list("pk", flat=True))


# --- Posting ---


def test_a_post_keeps_the_affiliation_of_that_day():
    linda = member("linda", name="Linda Berg", role="Head of PMO", organisation="Acme", location="Leeds, UK")
    post = start(linda)
    update_profile(linda, by=linda, name="Linda Stein", role="Consultant", organisation="", location="Oslo, Norway")

    post = again(post)
    assert (post.author_name, post.author_role, post.author_organisation) == ("Linda Berg", "Head of PMO", "Acme")
    assert post.author_location == "Leeds, UK"


def test_numbers_are_given_once_and_never_again():
    first = start()
    second = reply(first.thread)
    Post.objects.filter(pk=second.pk).delete()
    third = reply(first.thread)

    assert (first.number, second.number, third.number) == (1, 2, 3)


def test_the_same_token_lands_on_the_first_post():
    mona = member()
    token = uuid4()
    thread = start(mona).thread
    one = posting.reply(thread, by=mona, body="Once.", token=token)
    two = posting.reply(thread, by=mona, body="Once.", token=token)

    assert one == two
    assert again(thread).post_count == 2


def test_starting_twice_with_the_same_token_starts_one_thread():
    mona = member()
    token = uuid4()
    posts = [posting.start(by=mona, title="One", body="Once.", tags=[], token=token) for _ in range(2)]

    assert posts[0] == posts[1]
    assert Thread.objects.count() == 1


def test_somebody_elses_token_gives_no_way_to_their_post():
    token = uuid4()
    thread = start().thread
    mine = posting.reply(thread, by=member("mona"), body="Mine.", token=token)
    theirs = posting.reply(thread, by=member("nora"), body="Theirs.", token=token)
    assert mine != theirs


def test_without_a_confirmed_address_nothing_is_posted():
    thread = start().thread
    with pytest.raises(Refused, match="Confirm"):
        reply(thread, by=member(confirmed=False))


def test_a_locked_thread_refuses_members_and_takes_moderators():
    thread = start().thread
    boss = moderator()
    moderation.lock(thread, by=boss, reason="It goes in circles.")
    with pytest.raises(Refused, match="locked"):
        reply(thread)
    assert reply(thread, by=boss).number == 2


def test_a_hidden_thread_takes_no_reply():
    thread = start().thread
    factories.hidden_thread(thread)
    with pytest.raises(PermissionDenied):
        reply(thread)


def test_a_body_that_cannot_be_rendered_is_not_stored():
    with pytest.raises(Unrenderable):
        start(body="x" * 70_000)
    assert not Post.objects.exists()


def test_an_edit_keeps_the_older_version_whole():
    mona = member()
    post = start(mona, body="First words.")
    edited = posting.edit(post, by=mona, body="Second words.", based_on=1)

    assert (edited.body, edited.revision, edited.edited_by) == ("Second words.", 2, mona)
    assert "Second words." in edited.body_html
    assert list(PostRevision.objects.values_list("number", "body", "written_by")) == [(1, "First words.", mona.pk)]


def test_saving_what_stands_already_makes_no_version():
    mona = member()
    post = start(mona, body="As it was.")
    posting.edit(post, by=mona, body="As it was.", based_on=1)
    assert not PostRevision.objects.exists()


def test_an_edit_based_on_an_older_version_is_a_conflict_and_changes_nothing():
    mona = member()
    post = start(mona, body="First.")
    posting.edit(post, by=mona, body="Second.", based_on=1)
    with pytest.raises(posting.EditedMeanwhile) as conflict:
        posting.edit(post, by=mona, body="Third.", based_on=1)
    assert conflict.value.post.body == "Second."
    assert again(post).body == "Second."


def test_nobody_edits_or_withdraws_what_somebody_else_wrote():
    post = start()
    with pytest.raises(PermissionDenied):
        posting.edit(post, by=member(), body="Mine now.", based_on=1)
    with pytest.raises(PermissionDenied):
        posting.withdraw(post, by=member("nora"))


def test_a_moderator_who_edits_enters_the_log():
    post = start()
    boss = moderator()
    posting.edit(post, by=boss, body="Without the client's name.", based_on=1)
    assert ModerationEntry.objects.get().subject == f"post:{post.pk}"


def test_a_withdrawn_post_is_gone_for_others_and_comes_back():
    mona = member()
    thread = start(mona).thread
    post = reply(thread, by=mona)
    posting.withdraw(post, by=mona)
    assert post.pk not in seen_by(VISITOR) | seen_by(member("nora"))
    assert post.pk in seen_by(mona)
    assert again(thread).post_count == 1

    posting.bring_back(post, by=mona)
    assert post.pk in seen_by(VISITOR)
    assert again(thread).post_count == 2


def test_a_thread_whose_only_post_is_withdrawn_is_no_longer_there():
    mona = member()
    post = start(mona)
    posting.withdraw(post, by=mona)
    assert not Thread.objects.visible_to(VISITOR).exists()
    assert Thread.objects.visible_to(mona).exists()


# --- Moderation ---


def test_hiding_and_restoring_leave_reason_and_log():
    thread = start().thread
    post = reply(thread)
    boss = moderator()
    moderation.hide_post(post, by=boss, reason="It names a client.")
    hidden = again(post)
    assert (hidden.state, hidden.state_by, hidden.state_reason) == ("hidden", boss, "It names a client.")
    assert post.pk not in seen_by(VISITOR)

    moderation.restore_post(hidden, by=boss, reason="The client agreed.")
    assert post.pk in seen_by(VISITOR)
    assert list(ModerationEntry.objects.order_by("pk").values_list("action", "reason")) == [
        ("hide_post", "It names a client."),
        ("restore_post", "The client agreed."),
    ]


def test_an_author_sees_a_hidden_post_and_cannot_bring_it_back():
    mona = member()
    thread = start(mona).thread
    post = reply(thread, by=mona)
    factories.hidden_post(post)
    assert post.pk in seen_by(mona)
    with pytest.raises(PermissionDenied):
        posting.bring_back(post, by=mona)
    with pytest.raises(PermissionDenied):
        posting.edit(post, by=mona, body="Without the name.", based_on=1)


def test_a_moderator_does_not_bring_back_what_its_author_withdrew():
    mona = member()
    post = reply(start(mona).thread, by=mona)
    withdrawn = posting.withdraw(post, by=mona)
    with pytest.raises(Refused):
        moderation.restore_post(withdrawn, by=moderator(), reason="It was good.")


def test_a_hidden_thread_takes_all_its_posts_along():
    thread = factories.thread(posts=3)
    factories.hidden_thread(thread)
    assert not seen_by(VISITOR)
    assert not Thread.objects.visible_to(VISITOR).exists()


def test_only_moderators_moderate():
    post = start()
    nobody = member()
    for act in (moderation.hide_post, moderation.restore_post):
        with pytest.raises((PermissionDenied, Refused)):
            act(post, by=nobody, reason="I want to.")
    for act in (moderation.hide_thread, moderation.restore_thread, moderation.lock, moderation.unlock):
        with pytest.raises(PermissionDenied):
            act(post.thread, by=nobody, reason="I want to.")
    assert not ModerationEntry.objects.exists()


def test_a_curator_is_no_moderator():
    with pytest.raises(PermissionDenied):
        moderation.hide_post(start(), by=factories.curator(), reason="Not my taste.")


def test_a_pin_ends_by_itself():
    thread = start().thread
    boss = moderator()
    moderation.pin(thread, by=boss, reason="Read this first.", until=timezone.now() + timedelta(days=1))
    assert list(Thread.objects.pinned()) == [thread]
    moderation.pin(thread, by=boss, reason="Enough.", until=timezone.now() - timedelta(seconds=1))
    assert not Thread.objects.pinned().exists()


def test_a_new_title_keeps_the_address():
    thread = start(title="Where does it end").thread
    moderation.retitle(thread, by=moderator(), title="Where does a PMO end?")
    renamed = again(thread)
    assert renamed.pk == thread.pk
    assert renamed.slug == "where-does-a-pmo-end"


def test_a_second_report_replaces_the_first():
    post = start()
    nora = member("nora")
    moderation.report(post, by=nora, reason="spam", note="")
    moderation.report(post, by=nora, reason="abuse", note="Look again.")
    assert list(Flag.objects.values_list("reason", "note")) == [("abuse", "Look again.")]


def test_deleting_a_member_keeps_their_posts_and_the_name_of_that_day():
    mona = member(name="Mona Lind")
    post = start(mona)
    delete_member(mona, by=factories.administrator())
    kept = again(post)
    assert kept.author is None
    assert kept.author_name == "Mona Lind"


# --- Claims ---


def test_a_granted_claim_gives_an_imported_post_its_author():
    mona = member()
    post = factories.imported_thread().posts.get(number=1)
    claim = moderation.claim(post, by=mona, kind="mine", contact="", note="My words of 2019.")
    moderation.decide_claim(claim, by=moderator(), granted=True, reason="The address is theirs.")
    assert again(post).author == mona


def test_a_granted_removal_hides_the_post_and_needs_no_account():
    post = factories.imported_thread().posts.get(number=1)
    claim = moderation.claim(post, by=None, kind="remove", contact="mary@example.org", note="")
    moderation.decide_claim(claim, by=moderator(), granted=True, reason="Asked for by its author.")
    assert post.pk not in seen_by(VISITOR)
    assert not Claim.objects.filter(decided_at=None).exists()


def test_a_claim_is_decided_once():
    post = factories.imported_thread().posts.get(number=1)
    claim = moderation.claim(post, by=None, kind="remove", contact="mary@example.org", note="")
    boss = moderator()
    moderation.decide_claim(claim, by=boss, granted=False, reason="Somebody else's words.")
    with pytest.raises(Refused):
        moderation.decide_claim(claim, by=boss, granted=True, reason="On second thoughts.")


def test_only_imported_posts_can_be_claimed():
    with pytest.raises(PermissionDenied):
        moderation.claim(start(), by=member(), kind="mine", contact="", note="")


# --- Tags ---


def test_one_tag_whatever_the_case():
    start(tags=["PMO", "pmo", "Pmo "])
    start(tags=["pMo"])
    assert list(Tag.objects.values_list("name", "key")) == [("PMO", "pmo")]


def test_tags_of_signs_get_addresses_of_their_own():
    start(tags=["C#", "C++"])
    assert sorted(Tag.objects.values_list("slug", flat=True)) == ["c", "c-2"]


def test_a_renamed_tag_is_found_by_its_old_name():
    start(tags=["pmo setup"])
    tag = tagging.save_tag(Tag.objects.get(), by=factories.curator(), name="Founding a PMO", description="")
    start(tags=["PMO Setup"])
    assert tag.taggings.count() == 2
    assert TagAlias.objects.get().slug == "pmo-setup"


def test_a_tag_may_go_back_to_its_old_name():
    start(tags=["first"])
    curator = factories.curator()
    tag = tagging.save_tag(Tag.objects.get(), by=curator, name="second", description="")
    tag = tagging.save_tag(tag, by=curator, name="first", description="")
    assert (tag.key, tag.slug) == ("first", "first")
    assert list(TagAlias.objects.values_list("key", flat=True)) == ["second"]


def test_merging_moves_threads_and_names_and_leaves_no_alias_of_an_alias():
    curator = factories.curator()
    start(tags=["risk", "risks"])
    start(tags=["risks"])
    risks, risk = Tag.objects.get(key="risks"), Tag.objects.get(key="risk")
    tagging.add_alias(risks, by=curator, name="hazards")
    tagging.merge(risks, into=risk, by=curator)
    assert risk.taggings.count() == 2
    assert set(TagAlias.objects.values_list("key", "tag__key")) == {("risks", "risk"), ("hazards", "risk")}


def test_a_tag_is_not_merged_into_itself():
    start(tags=["risk"])
    tag = Tag.objects.get()
    with pytest.raises(Refused):
        tagging.merge(tag, into=tag, by=factories.curator())
    assert Tag.objects.exists()


def test_a_name_that_leads_elsewhere_is_not_taken():
    start(tags=["risk", "issue"])
    with pytest.raises(Refused, match="Merge"):
        tagging.save_tag(Tag.objects.get(key="risk"), by=factories.curator(), name="Issue", description="")


def test_members_do_not_rename_tags():
    start(tags=["risk"])
    with pytest.raises(PermissionDenied):
        tagging.save_tag(Tag.objects.get(), by=member(), name="mine", description="")


# --- Counters ---


def test_counters_count_people_and_not_posts():
    thread = factories.imported_thread()
    mona = member(location="Oslo, Norway", country="NO")
    reply(thread, by=mona)
    reply(thread, by=mona)
    thread = again(thread)
    assert (thread.post_count, thread.people_count, thread.country_count, thread.unattributed_count) == (4, 2, 2, 1)


ACTS = st.lists(st.sampled_from(["reply", "withdraw", "bring_back", "hide", "restore", "edit"]), max_size=12)


@hypothesis_settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS, data=st.data())
def test_recount_finds_nothing_after_any_history(acts, data):
    mona, boss = member(f"m-{uuid4().hex[:12]}"), moderator(f"b-{uuid4().hex[:12]}")
    thread = start(mona).thread
    for act in acts:
        post = data.draw(st.sampled_from(list(thread.posts.order_by("number"))), label="post")
        try:
            _do(act, thread, post, mona, boss)
        except (PermissionDenied, Refused):
            continue
    assert list(upkeep.recount_all(repair=False, progress=lambda: None)) == []


def _do(act, thread, post, mona, boss):
    match act:
        case "reply":
            reply(thread, by=mona)
        case "withdraw":
            posting.withdraw(post, by=mona)
        case "bring_back":
            posting.bring_back(post, by=mona)
        case "hide":
            moderation.hide_post(post, by=boss, reason="A reason.")
        case "restore":
            moderation.restore_post(post, by=boss, reason="A reason.")
        case "edit":
            posting.edit(post, by=mona, body=f"{post.body} And more.", based_on=post.revision)


def test_recount_finds_and_repairs_drift():
    thread = factories.thread(posts=3)
    Thread.objects.filter(pk=thread.pk).update(post_count=7)
    assert len(list(upkeep.recount_all(repair=True, progress=lambda: None))) == 1
    assert again(thread).post_count == 3


# --- At the same moment ---


@pytest.mark.django_db(transaction=True)
def test_eight_replies_at_once_get_eight_numbers():
    thread = start().thread
    people = [member(f"person{n}") for n in range(8)]
    outcomes = at_once(*[lambda p=p: posting.reply(thread, by=p, body="At once.", token=uuid4()) for p in people])
    assert sorted(post.number for post in outcomes) == list(range(2, 10))
    assert again(thread).post_count == 9


@pytest.mark.django_db(transaction=True)
def test_a_double_click_is_one_post():
    mona = member()
    thread = start(mona).thread
    token = uuid4()
    one, two = at_once(*[lambda: posting.reply(thread, by=mona, body="Twice.", token=token)] * 2)
    assert one == two
    assert again(thread).post_count == 2


@pytest.mark.django_db(transaction=True)
def test_a_double_click_starts_one_thread():
    mona = member()
    token = uuid4()
    one, two = at_once(*[lambda: posting.start(by=mona, title="T", body="B", tags=["new"], token=token)] * 2)
    assert one == two
    assert Thread.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_edits_at_once_one_is_told():
    mona, boss = member(), moderator()
    post = start(mona)
    outcomes = at_once(
        lambda: posting.edit(post, by=mona, body="Hers.", based_on=1),
        lambda: posting.edit(post, by=boss, body="His.", based_on=1),
    )
    assert sum(isinstance(outcome, posting.EditedMeanwhile) for outcome in outcomes) == 1
    assert again(post).revision == 2


@pytest.mark.django_db(transaction=True)
def test_a_lock_and_a_reply_at_once_leave_no_doubt():
    thread, boss, mona = start().thread, moderator(), member()
    _locked, answer = at_once(
        lambda: moderation.lock(thread, by=boss, reason="Enough."), lambda: reply(thread, by=mona, body="Wait.")
    )
    kept = isinstance(answer, Post)
    assert kept or isinstance(answer, Refused)
    assert again(thread).post_count == (2 if kept else 1)


@pytest.mark.django_db(transaction=True)
def test_two_threads_that_make_the_same_two_tags_at_once_share_them():
    mona, nora = member(), member("nora")
    outcomes = at_once(
        lambda: posting.start(by=mona, title="One", body="B", tags=["PMO", "risk"], token=uuid4()),
        lambda: posting.start(by=nora, title="Two", body="B", tags=["Risk", "pmo"], token=uuid4()),
    )
    assert all(isinstance(outcome, Post) for outcome in outcomes)
    assert Tag.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_same_page_imported_twice_at_once_is_there_once():
    outcomes = at_once(factories.imported_thread, factories.imported_thread)
    assert Thread.objects.count() == 1
    assert sum(isinstance(outcome, Thread) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, importing.ImportedBefore) for outcome in outcomes) == 1


def test_who_claimed_hears_what_was_decided(mailoutbox):
    post = factories.imported_thread().posts.get(number=1)
    claim = moderation.claim(post, by=None, kind="remove", contact="mary@example.org", note="")
    moderation.decide_claim(claim, by=moderator(), granted=True, reason="Asked for by its author.")
    run_jobs()
    (mail,) = mailoutbox
    assert mail.to == ["mary@example.org"]
    assert "granted" in mail.body
    assert "Asked for by its author." in mail.body
    assert f"/posts/{post.pk}/" in mail.body


def test_hiding_is_not_a_way_to_publish_what_its_author_withdrew():
    mona, boss = member(), moderator()
    post = reply(start(mona).thread, by=mona)
    stale = moderation.hide_post(post, by=boss, reason="A reason.")
    moderation.restore_post(stale, by=boss, reason="A reason.")
    posting.withdraw(post, by=mona)
    for act in (moderation.restore_post, moderation.hide_post):
        with pytest.raises(Refused, match="withdrawn"):
            act(stale, by=boss, reason="Once more.")
    assert again(post).is_withdrawn


def test_a_post_is_given_to_one_claimer_only_and_to_nobody_who_left():
    post = factories.imported_thread().posts.get(number=1)
    mona, nora, boss = member(), member("nora"), moderator()
    hers, theirs = (moderation.claim(post, by=who, kind="mine", contact="", note="") for who in (mona, nora))
    moderation.decide_claim(hers, by=boss, granted=True, reason="Known.")
    with pytest.raises(Refused):
        moderation.decide_claim(theirs, by=boss, granted=True, reason="Known.")
    assert again(post).author == mona

    other = factories.imported_thread(factories.PASTED.replace("Mary", "Maria")).posts.get(number=1)
    orphan = moderation.claim(other, by=nora, kind="mine", contact="", note="")
    delete_member(nora, by=factories.administrator())
    with pytest.raises(Refused):
        moderation.decide_claim(again(orphan), by=boss, granted=True, reason="Known.")


def test_a_tag_that_a_curator_worked_on_is_no_sample_any_more():
    factories.sample_thread(tags=["risk"])
    tag = Tag.objects.get()
    assert tag.is_sample
    assert not tagging.save_tag(tag, by=factories.curator(), name="Risk", description="What may happen.").is_sample


def test_counters_stay_right_when_accounts_come_and_go():
    thread = factories.imported_thread()
    mona = member(name="Mona Lind")
    reply(thread, by=mona)
    claim = moderation.claim(thread.posts.get(number=1), by=mona, kind="mine", contact="", note="")
    moderation.decide_claim(claim, by=moderator(), granted=True, reason="Known.")
    delete_member(mona, by=factories.administrator())
    assert list(upkeep.recount_all(repair=False, progress=lambda: None)) == []


@pytest.mark.django_db(transaction=True)
def test_who_deletes_an_account_and_who_posts_with_it_are_both_told_the_truth():
    thread, mona, boss = start().thread, member(), factories.administrator()
    outcomes = at_once(lambda: reply(thread, by=mona), lambda: delete_member(mona, by=boss))
    assert isinstance(outcomes[0], Post | PermissionDenied)
    assert not isinstance(outcomes[1], Exception)
    assert list(upkeep.recount_all(repair=False, progress=lambda: None)) == []


@pytest.mark.django_db(transaction=True)
def test_two_moderators_and_the_author_at_once_leave_one_decision():
    mona, boss, other = member(), moderator(), moderator("mike")
    post = reply(start(mona).thread, by=mona)
    outcomes = at_once(
        lambda: moderation.hide_post(post, by=boss, reason="A reason."),
        lambda: moderation.hide_post(post, by=other, reason="Another reason."),
        lambda: posting.withdraw(post, by=mona),
    )
    assert sum(isinstance(outcome, Post) for outcome in outcomes) == 1
    assert ModerationEntry.objects.count() <= 1
    assert list(upkeep.recount_all(repair=False, progress=lambda: None)) == []


@pytest.mark.django_db(transaction=True)
def test_a_claim_decided_twice_at_once_is_decided_once():
    post = factories.imported_thread().posts.get(number=1)
    claim = moderation.claim(post, by=None, kind="remove", contact="mary@example.org", note="")
    bosses = [moderator(), moderator("mike")]
    outcomes = at_once(
        lambda: moderation.decide_claim(claim, by=bosses[0], granted=True, reason="Yes."),
        lambda: moderation.decide_claim(claim, by=bosses[1], granted=False, reason="No."),
    )
    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 1


@pytest.mark.django_db(transaction=True)
def test_a_tag_merged_while_a_thread_takes_it_loses_neither():
    start(tags=["risk", "risks"])
    risk, risks = Tag.objects.get(key="risk"), Tag.objects.get(key="risks")
    mona, curator = member(), factories.curator()
    outcomes = at_once(
        lambda: posting.start(by=mona, title="New", body="B", tags=["risks", "aaa"], token=uuid4()),
        lambda: tagging.merge(risks, into=risk, by=curator),
    )
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert set(Thread.objects.get(title="New").tags.values_list("key", flat=True)) == {"risk", "aaa"}


@pytest.mark.django_db(transaction=True)
def test_a_tag_renamed_and_merged_at_once_stays_findable():
    start(tags=["risk", "risks"])
    risk, risks = Tag.objects.get(key="risk"), Tag.objects.get(key="risks")
    one, two = factories.curator(), factories.curator("cleo")
    at_once(
        lambda: tagging.save_tag(risks, by=one, name="hazards", description=""),
        lambda: tagging.merge(risks, into=risk, by=two),
    )
    known = {*Tag.objects.values_list("key", flat=True), *TagAlias.objects.values_list("key", flat=True)}
    assert {"risk", "risks"} <= known


def test_the_same_words_sent_again_by_the_back_button_are_one_post():
    mona = member()
    thread = start().thread
    one = reply(thread, by=mona, body="Said once.")
    assert reply(thread, by=mona, body="Said once.") == one
    assert reply(thread, body="Said once.") != one
    assert reply(thread, by=mona, body="Said once.") != one
