"""What a term means in a thread: people settle it, in one order, and nothing else ever does."""

from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from hypothesis import given, strategies as st

from glossary.actions import senses, terms
from glossary.lexicon import SenseEntry, TermEntry
from glossary.models import Sense, Term
from members.permissions import Refused
from tests import factories, glossaries
from tests.races import at_once
from threads.actions import meanings, posting
from threads.lexicon import BoundTag, SpelledOut, Step, meant, settle
from threads.models import ModerationEntry, Tag, Thread, ThreadSense

CHANGE = SenseEntry(1, "Change office", "One.", "", frozenset({"cmo", "change office", "change management office"}))
MARKETING = SenseEntry(
    2, "Marketing chief", "Two.", "", frozenset({"cmo", "marketing chief", "chief marketing officer"})
)
MEDICAL = SenseEntry(3, "Medical chief", "Three.", "", frozenset({"cmo", "medical chief", "chief medical officer"}))
CMO = TermEntry(7, "CMO", "/glossary/cmo/", (CHANGE, MARKETING, MEDICAL))
SPELLED = SpelledOut("Change Management Office", 3, 30)
OTHERWISE = SpelledOut("Chief Medical Officer", 5, 50)
UNKNOWN = SpelledOut("Cheese Making Operation", 4, 40)
TAG = BoundTag("marketing", 2)


def test_a_post_that_spells_it_out_comes_first():
    settled = settle(replace(CMO, usual=3), spelled=[SPELLED], chosen=2, tags=[TAG])
    assert (settled.step, settled.sense, settled.source) == (Step.POST, CHANGE, "3")


def test_what_a_post_spells_out_and_the_glossary_does_not_know_is_none_of_its_senses():
    settled = settle(replace(CMO, usual=3), spelled=[UNKNOWN], chosen=2, tags=[TAG])
    assert (settled.step, settled.sense, settled.words) == (Step.POST, None, "Cheese Making Operation")


def test_posts_that_disagree_settle_nothing_and_the_choice_of_the_thread_comes_next():
    settled = settle(replace(CMO, usual=3), spelled=[SPELLED, OTHERWISE], chosen=2, tags=[BoundTag("x", 1)])
    assert (settled.step, settled.sense) == (Step.THREAD, MARKETING)


def test_a_choice_of_a_retired_sense_is_taken_back_and_nothing_takes_its_place():
    settled = settle(replace(CMO, usual=3), chosen=99, tags=[TAG])
    assert (settled.step, settled.sense) == (Step.OPEN, None)


def test_a_tag_comes_next():
    settled = settle(replace(CMO, usual=3), tags=[BoundTag("elsewhere", 42), TAG])
    assert (settled.step, settled.sense, settled.source) == (Step.TAG, MARKETING, "marketing")


def test_two_tags_that_disagree_settle_nothing_and_the_usual_sense_comes_next():
    settled = settle(replace(CMO, usual=3), tags=[TAG, BoundTag("change", 1)])
    assert (settled.step, settled.sense) == (Step.USUAL, MEDICAL)


def test_else_nothing_settles_it():
    assert settle(CMO, tags=[TAG, BoundTag("change", 1)]) == settle(CMO)
    assert settle(CMO).step == Step.OPEN
    assert settle(replace(CMO, usual=42)).sense is None


def test_words_name_a_sense_by_any_of_its_terms_but_the_acronym_itself():
    assert meant(CMO, "change management offices") == CHANGE
    assert meant(CMO, "CMO") is None


_ids = st.sampled_from([1, 2, 3, 42])
_said = st.builds(
    SpelledOut,
    st.sampled_from(["Change Management Office", "Chief Medical Officer", "Cheese Making Operation"]),
    st.integers(1, 9),
    st.just(1),
)


@given(
    spelled=st.lists(_said, max_size=3),
    chosen=st.none() | _ids,
    tags=st.lists(st.builds(BoundTag, st.just("tag"), _ids), max_size=3),
    usual=st.none() | _ids,
)
def test_nothing_else_ever_selects_a_sense(spelled, chosen, tags, usual):
    settled = settle(replace(CMO, usual=usual), spelled=spelled, chosen=chosen, tags=tags)
    if settled.sense is None:
        return
    said_by = {
        Step.POST: {meant(CMO, each.words).id for each in spelled if meant(CMO, each.words)},
        Step.THREAD: {chosen},
        Step.TAG: {tag.sense for tag in tags},
        Step.USUAL: {usual},
    }
    assert settled.sense.id in said_by[settled.step]
    for earlier in list(Step)[: list(Step).index(settled.step)]:
        if earlier == Step.THREAD:
            assert chosen is None
        if earlier == Step.POST:
            assert not spelled or len({each.words for each in spelled}) > 1


# --- In the portal ----------------------------------------------------------------------------------------------------
@pytest.fixture
def cmo():
    by = glossaries.curator()
    for name, full in (("Change office", "Change Management Office"), ("Marketing chief", "Chief Marketing Officer")):
        glossaries.published(by, name=name, preferred=full, abbreviation="CMO")
    return Term.objects.get(key="cmo")


def sense(name):
    return Sense.objects.get(name=name)


def page(client, thread):
    return client.get(thread.get_absolute_url(), follow=True).content.decode()


@pytest.mark.django_db
def test_the_panel_says_which_step_applied(client, cmo):
    starter = factories.member()
    first = factories.start(starter, body="Our CMO decides.", tags=["change-office"])
    thread = first.thread
    assert "2 meanings" in page(client, thread)
    terms.set_usual_sense(cmo, by=glossaries.curator(), sense=sense("Marketing chief"))
    assert "usual here" in page(client, thread)
    Tag.objects.update(sense=sense("Change office"))
    Thread.objects.update(revision=77)
    assert "from the tag change-office" in page(client, thread)
    meanings.choose(thread, by=starter, term=cmo.pk, sense=sense("Marketing chief").pk)
    assert "chosen for this thread" in page(client, thread)
    post = factories.reply(thread, body="A Change Management Office (CMO), of course.")
    assert f"spelled out in #{post.number}" in page(client, thread)
    posting.withdraw(post, by=post.author)
    assert "chosen for this thread" in page(client, thread)


@pytest.mark.django_db
def test_retiring_a_sense_takes_its_choices_back_and_republishing_gives_them_again(client, cmo):
    starter = factories.member()
    thread = factories.start(starter, body="Our CMO decides.").thread
    third = glossaries.published(
        glossaries.curator(), name="Contract maker", preferred="Contract Maker", abbreviation="CMO"
    )
    meanings.choose(thread, by=starter, term=cmo.pk, sense=third.pk)
    terms.set_usual_sense(cmo, by=glossaries.curator(), sense=sense("Marketing chief"))
    assert "chosen for this thread" in page(client, thread)
    senses.retire(glossaries.again(third), by=glossaries.curator(), reason="Not ours.")
    shown = page(client, thread)
    assert "2 meanings" in shown
    assert "usual here" not in shown
    assert "chosen for this thread" not in shown
    assert "Meant here" not in client.get(reverse("thread_words", args=[thread.pk])).content.decode()
    senses.publish(glossaries.again(third), by=glossaries.curator())
    assert "chosen for this thread" in page(client, thread)
    assert ThreadSense.objects.get().sense == third


@pytest.mark.django_db
def test_a_choice_never_goes_on_to_a_successor(client, cmo):
    starter, by = factories.member(), glossaries.curator()
    thread = factories.start(starter, body="Our CMO decides.").thread
    meanings.choose(thread, by=starter, term=cmo.pk, sense=sense("Change office").pk)
    senses.retire(sense("Change office"), by=by, reason="Not ours.", successor=sense("Marketing chief"))
    assert "chosen for this thread" not in page(client, thread)
    assert list(ThreadSense.objects.values_list("sense__name", flat=True)) == ["Change office"]
    with pytest.raises(Refused):
        meanings.choose(thread, by=starter, term=cmo.pk, sense=sense("Change office").pk)


@pytest.mark.django_db
def test_the_only_sense_that_is_left_does_not_pass_for_the_one_that_was_chosen(client, cmo):
    starter = factories.member()
    thread = factories.start(starter, body="Our CMO decides.").thread
    other = factories.start(starter, body="Your CMO decides.").thread
    meanings.choose(thread, by=starter, term=cmo.pk, sense=sense("Change office").pk)
    senses.retire(sense("Change office"), by=glossaries.curator(), reason="Not ours.")
    assert "another meaning was chosen here" in page(client, thread)
    assert "another meaning was chosen here" not in page(client, other)


@pytest.mark.django_db
def test_who_chose_anew_after_a_retirement_keeps_the_new_choice_when_the_old_sense_comes_back(client, cmo):
    starter, by = factories.member(), glossaries.curator()
    thread = factories.start(starter, body="Our CMO decides.").thread
    meanings.choose(thread, by=starter, term=cmo.pk, sense=sense("Change office").pk)
    senses.retire(sense("Change office"), by=by, reason="Not ours.")
    meanings.choose(thread, by=starter, term=cmo.pk, sense=sense("Marketing chief").pk)
    senses.publish(sense("Change office"), by=by)
    assert list(ThreadSense.objects.filter(state="chosen").values_list("sense__name", flat=True)) == ["Marketing chief"]
    assert "chosen for this thread" in page(client, thread)


@pytest.mark.django_db
def test_members_propose_and_the_starter_a_curator_or_a_moderator_decides(cmo):
    starter, other = factories.member(), factories.member("otto")
    thread = factories.start(starter, body="Our CMO decides.").thread
    said = {"term": cmo.pk, "sense": sense("Change office").pk}
    meanings.propose(thread, by=other, **said)
    with pytest.raises(PermissionDenied):
        meanings.choose(thread, by=other, **said)
    for by in (starter, factories.curator(), factories.moderator()):
        meanings.choose(thread, by=by, **said)
        meanings.undo(thread, by=by, term=cmo.pk)
    row = ThreadSense.objects.get()
    assert (row.state, row.proposed_by) == ("proposed", other)
    acts = list(ModerationEntry.objects.filter(subject=f"thread:{thread.pk}").values_list("action", flat=True))
    assert acts.count("choose_meaning") == acts.count("undo_meaning") == 3


@pytest.mark.django_db
def test_each_choice_gives_the_page_a_new_revision_and_one_choice_stands(cmo):
    starter = factories.member()
    thread = factories.start(starter, body="Our CMO decides.").thread
    before = factories.again(thread).revision
    for name in ("Change office", "Marketing chief"):
        meanings.choose(thread, by=starter, term=cmo.pk, sense=sense(name).pk)
    assert factories.again(thread).revision == before + 2
    assert list(ThreadSense.objects.filter(state="chosen").values_list("sense__name", flat=True)) == ["Marketing chief"]


@pytest.mark.django_db
def test_what_is_not_published_cannot_be_chosen(cmo):
    starter = factories.member()
    thread = factories.start(starter, body="Our CMO decides.").thread
    draft = glossaries.draft(glossaries.curator())
    with pytest.raises(Refused):
        meanings.choose(thread, by=starter, term=cmo.pk, sense=draft.pk)


@pytest.mark.django_db(transaction=True)
def test_two_who_choose_at_once_leave_one_choice(cmo):
    starter, moderator = factories.member(), factories.moderator()
    thread = factories.start(starter, body="Our CMO decides.").thread
    pairs = [(starter, sense("Change office").pk), (moderator, sense("Marketing chief").pk)] * 2
    outcomes = at_once(
        *[lambda by=by, pk=pk: meanings.choose(thread, by=by, term=cmo.pk, sense=pk).pk for by, pk in pairs]
    )
    assert all(isinstance(outcome, int) for outcome in outcomes), outcomes
    assert ThreadSense.objects.filter(state="chosen").count() == 1


@pytest.mark.django_db
def test_the_page_of_words_proposes_chooses_and_takes_back_without_script(client, cmo):
    starter = factories.member()
    thread = factories.start(starter, body="Our CMO and the SOX board.").thread
    address = reverse("thread_words", args=[thread.pk])
    assert "SOX" in client.get(address).content.decode()
    value = f"{cmo.pk}:{sense('Change office').pk}"
    client.force_login(factories.member("otto"))
    assert client.post(address, {"act": f"propose:{value}"}).status_code == 302
    assert "Proposed by Otto" in client.get(address).content.decode()
    assert client.post(address, {"act": f"choose:{value}"}).status_code == 403
    client.force_login(starter)
    assert client.post(address, {"act": f"choose:{value}"}).status_code == 302
    assert "Meant here" in client.get(address).content.decode()
    assert client.post(address, {"act": f"undo:{value}"}).status_code == 302
    assert client.post(address, {"act": "undo:x"}).status_code == 422
