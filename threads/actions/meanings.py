"""What terms mean in a thread: members propose, its starter, a curator or a moderator decides; for this thread only."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from glossary import lexicon
from glossary.lexicon import SenseEntry, TermEntry
from members.models import Member
from members.permissions import Refused
from threads.actions import steps
from threads.actions.questions import LONGEST_ANSWER, at_shown_post, close_question
from threads.lexicon import named_by
from threads.models import ChoiceState, MeaningRequest, Thread, ThreadSense
from threads.permissions import may_answer_question, may_choose_meaning, may_propose_meaning


@transaction.atomic(durable=True)
def propose(thread: Thread, *, by: Member, term: int, sense: int) -> ThreadSense:
    """Say what a term means in this thread; whoever proposes the same again changes nothing."""
    steps.lock_member(by)
    thread = steps.lock_thread(thread.pk)
    if not may_propose_meaning(by, thread):
        raise PermissionDenied(_("You may not propose a meaning in this discussion."))
    if not by.is_confirmed:
        raise Refused(_("Confirm your e-mail address first."))
    _published(term, sense)
    return _row(thread, term, sense, by)


@transaction.atomic(durable=True)
def choose(thread: Thread, *, by: Member, term: int, sense: int) -> ThreadSense:
    """Settle what a term means in this thread; an earlier choice becomes a proposal again. Logged."""
    steps.lock_member(by)
    thread = steps.lock_thread(thread.pk)
    if not may_choose_meaning(by, thread):
        raise PermissionDenied(_("The discussion’s starter, a curator or a moderator decides what a word means in it."))
    entry, meaning = _published(term, sense)
    row = _row(thread, term, sense, by)
    if row.state != ChoiceState.CHOSEN:
        _settle(row, thread, by)
        close_question(thread, entry.key, by=by, words=f"{meaning.name}: {meaning.definition}")
        steps.log("choose_meaning", thread, by=by, reason=f"{entry.text}: {meaning.name}")
    return row


@transaction.atomic(durable=True)
def answer(request: MeaningRequest, *, by: Member, words: str) -> MeaningRequest:
    """Say in words what was asked for, and tell those who asked, once.

    Words that name a published sense fill the thread's lexicon: they choose it
    where the member decides on meanings in the thread, and propose it else.
    Raises Refused when it was answered.
    """
    steps.lock_member(by)
    thread = steps.lock_thread(request.thread_id)
    request = MeaningRequest.objects.select_related("post", "thread").get(pk=request.pk)
    if request.thread_id != thread.pk:
        raise Refused(_("A moderator has moved this question at this very moment. Send your answer once more."))
    if not may_answer_question(by, thread, request.post):
        raise PermissionDenied(_("Who wrote the post, the discussion’s starter, a curator or a moderator answers."))
    at_shown_post(request)
    words = " ".join(words.split())
    if not words or len(words) > LONGEST_ANSWER or "\x00" in words:
        raise Refused(_("An answer has 1 to %(longest)d characters.") % {"longest": LONGEST_ANSWER})
    if request.answered_at:
        raise Refused(_("This was answered meanwhile: %(answer)s") % {"answer": request.answer})
    term, sense = named_by(words, request.text, lexicon.current())
    if term and sense and len(term.senses) > 1:
        row = _row(thread, term.id, sense.id, by)
        if may_choose_meaning(by, thread) and row.state != ChoiceState.CHOSEN:
            _settle(row, thread, by)
            steps.log("choose_meaning", thread, by=by, reason=f"{term.text}: {sense.name}")
    close_question(thread, request.key, by=by, words=words)
    return MeaningRequest.objects.get(pk=request.pk)


@transaction.atomic(durable=True)
def undo(thread: Thread, *, by: Member, term: int) -> None:
    """Take a choice back; it stays as a proposal, and the term is settled by the next step or by none. Logged."""
    steps.lock_member(by)
    thread = steps.lock_thread(thread.pk)
    if not may_choose_meaning(by, thread):
        raise PermissionDenied(_("The discussion’s starter, a curator or a moderator decides what a word means in it."))
    chosen = thread.senses.filter(term=term, state=ChoiceState.CHOSEN).select_related("term").first()
    if chosen is None:
        return  # the second click of a double click
    chosen.state, chosen.decided_by, chosen.decided_at = ChoiceState.PROPOSED, None, None
    chosen.save()
    steps.grow(thread)
    steps.log("undo_meaning", thread, by=by, reason=chosen.term.text)


def _published(term: int, sense: int) -> tuple[TermEntry, SenseEntry]:
    """The term and the sense; raises Refused when readers no longer see them so."""
    entry = lexicon.current().term(term)
    meaning = next((each for each in entry.senses if each.id == sense), None) if entry else None
    if entry is None or meaning is None:
        raise Refused(_("This meaning is no longer published. Choose another one."))
    return entry, meaning


def _settle(row: ThreadSense, thread: Thread, by: Member) -> None:
    """Make a proposal the choice for the locked thread; an earlier choice becomes a proposal again."""
    earlier = thread.senses.filter(term=row.term_id, state=ChoiceState.CHOSEN)
    earlier.update(state=ChoiceState.PROPOSED, decided_by=None)
    row.state, row.decided_by, row.decided_at = ChoiceState.CHOSEN, by, timezone.now()
    row.save()
    steps.grow(thread)


def _row(thread: Thread, term: int, sense: int, by: Member) -> ThreadSense:
    defaults = {"proposed_by": by}
    row: ThreadSense = thread.senses.get_or_create(term_id=term, sense_id=sense, defaults=defaults)[0]
    return row
