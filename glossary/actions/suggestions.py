"""What members suggest to the curators, and what becomes of it."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from glossary.actions import steps
from glossary.actions.senses import EditedMeanwhile
from glossary.actions.steps import Naming
from glossary.models import (
    READABLE,
    RevisionKind,
    Sense,
    SenseState,
    Suggestion,
    SuggestionKind,
    SuggestionState,
    Term,
    TermSense,
)
from glossary.permissions import may_decide_suggestions, may_save_sense, may_suggest
from markup.slugs import key
from members.actions.inbox import notify
from members.actions.site import grow_site_version
from members.models import Member
from members.permissions import Refused

LONGEST_NAME = 120
LONGEST_DEFINITION = 1000
LONGEST_NOTE = 2000
LONGEST_REASON = 500


@transaction.atomic(durable=True)
def suggest(
    *,
    by: Member,
    kind: str,
    text: str,
    name: str = "",
    definition: str = "",
    note: str = "",
    origin: str = "",
    term: Term | None = None,
    sense: Sense | None = None,
) -> Suggestion:
    """Ask the curators for a new term, another meaning of `term`, or a change to `sense`.

    What the same member asked for at the same place before and nobody has
    decided yet is rewritten, not doubled. `origin` is an opaque key
    (`post:812`) of where it was made; empty for the glossary's own form. The
    member's row is locked first. Raises PermissionDenied, Refused for an
    address that is not confirmed and for a term that readers have already,
    ValidationError by field.
    """
    _lock(by)
    if not may_suggest(by):
        raise PermissionDenied(_("You may not suggest anything."))
    if not by.is_confirmed:
        raise Refused(_("Confirm your e-mail address, then suggest. Your text is kept below."))
    kind, text = SuggestionKind(kind), steps.line(text)
    steps.check_text(text, field="text")
    said = {
        "text": text,
        "name": _within(steps.line(name), LONGEST_NAME, "name"),
        "definition": _within(steps.lines(definition), LONGEST_DEFINITION, "definition"),
        "note": _within(steps.lines(note), LONGEST_NOTE, "note"),
    }
    _check_enough(kind, said)
    about = _about(kind, text, term=term, sense=sense)
    place = {"by": by, "kind": kind, "key": key(text), "origin": origin, **about}
    row = Suggestion.objects.filter(state=SuggestionState.OPEN, **place).first() or Suggestion(**place)
    for column, value in said.items():
        setattr(row, column, value)
    row.save()
    return row


@transaction.atomic(durable=True)
def accept(
    suggestion: Suggestion,
    *,
    by: Member,
    reason: str = "",
    name: str | None = None,
    definition: str | None = None,
    based_on: int | None = None,
) -> Suggestion:
    """Take a suggestion up and tell its member; in other words where `name` or `definition` amend it.

    For a new term or sense a draft is made and named so; it is the
    suggestion's `sense` then, and nothing is published. A change is written
    into its sense, whose readers see it at once; without words in it, only
    what amends it is. `based_on` is the sense's `revision` as the curator read
    it: `EditedMeanwhile` is raised when somebody saved since. Raises Refused
    when it was decided meanwhile, ValidationError by field for words that no
    sense may have.
    """
    _lock(by)
    senses = steps.lock_senses([suggestion.sense_id] if suggestion.sense_id else [])
    suggestion = _locked(suggestion, by)
    if suggestion.kind == SuggestionKind.CHANGE and suggestion.sense_id:
        sense = suggestion.sense = senses[suggestion.sense_id]
        if based_on not in {None, sense.revision}:
            raise EditedMeanwhile(sense)
        said = (
            (suggestion.name if name is None else name),
            (suggestion.definition if definition is None else definition),
        )
        _write(sense, by=by, name=said[0], definition=said[1])
    else:
        suggestion.sense = _draft(suggestion, by=by, name=name, definition=definition)
        suggestion.term = suggestion.sense.terms.get()
    return _decided(suggestion, SuggestionState.ACCEPTED, by=by, reason=reason)


@transaction.atomic(durable=True)
def decline(suggestion: Suggestion, *, by: Member, reason: str) -> Suggestion:
    """Decide against a suggestion and tell its member why."""
    suggestion = _locked(suggestion, by)
    if not steps.line(reason):
        raise ValidationError({"reason": _("Say why, in a few words: who suggested it reads them.")})
    return _decided(suggestion, SuggestionState.DECLINED, by=by, reason=reason)


def _lock(by: Member) -> None:
    """Lock who acts: two suggestions of one member come one after the other, and a deleted account makes none."""
    if Member.objects.select_for_update(no_key=True).filter(pk=by.pk).values_list("pk").first() is None:
        raise PermissionDenied(_("This account no longer exists."))


def _within(text: str, most: int, field: str) -> str:
    if len(text) > most:
        raise ValidationError({field: _("Say it in at most %(most)d characters.") % {"most": most}})
    return text


def _check_enough(kind: SuggestionKind, said: dict[str, str]) -> None:
    if kind == SuggestionKind.SENSE and not (said["name"] or said["definition"]):
        raise ValidationError({"definition": _("Say what else it means, in a few words.")})
    if kind == SuggestionKind.CHANGE and not (said["definition"] or said["note"]):
        raise ValidationError({"definition": _("Write the definition as it should read, or say below what is wrong.")})


def _about(kind: SuggestionKind, text: str, *, term: Term | None, sense: Sense | None) -> dict[str, int | None]:
    """Which rows a suggestion is about, as columns; raises Refused for one that readers do not see."""
    if kind == SuggestionKind.TERM:
        if Term.objects.filter(key=key(text), senses__state__in=READABLE).exists():
            raise Refused(
                _("“%(text)s” is in the glossary already. Suggest a change or another meaning on its page.")
                % {"text": text}
            )
        return {"term_id": None, "sense_id": None}
    if kind == SuggestionKind.SENSE:
        if term is None or not TermSense.objects.filter(term=term, sense__state__in=READABLE).exists():
            raise Refused(_("This term is not in the glossary. Suggest it as a new one."))
        return {"term_id": term.pk, "sense_id": None}
    if sense is None or not Sense.objects.filter(pk=sense.pk, state__in=READABLE).exists():
        raise Refused(_("This meaning is no longer in the glossary."))
    return {"term_id": term.pk if term else None, "sense_id": sense.pk}


def _locked(suggestion: Suggestion, by: Member) -> Suggestion:
    """The suggestion as it is now, locked after the structure of the glossary, which a draft's names need."""
    _lock(by)
    if not may_decide_suggestions(by):
        raise PermissionDenied(_("Only curators decide suggestions."))
    steps.lock_structure()
    found = Suggestion.objects.select_for_update(no_key=True).filter(pk=suggestion.pk).first()
    if found is None:
        raise Refused(_("This suggestion was deleted meanwhile."))
    if found.state != SuggestionState.OPEN:
        raise Refused(_("This was decided meanwhile: it is “%(state)s”.") % {"state": found.get_state_display()})
    return found


def _draft(suggestion: Suggestion, *, by: Member, name: str | None, definition: str | None) -> Sense:
    """A draft sense that the suggested word names. Under `lock_structure`."""
    if not may_save_sense(by, None):
        raise PermissionDenied(_("You may not draft senses."))
    sense = Sense(
        name=steps.line(suggestion.name if name is None else name) or suggestion.text,
        definition=steps.line(suggestion.definition if definition is None else definition),
    )
    if not sense.definition:
        raise ValidationError({"definition": _("Write a definition: a draft begins with one.")})
    names = steps.checked_names([Naming(suggestion.text)])
    sense.clean_fields(exclude={"field", "successor"})
    steps.check_definition(sense, steps.right_names(names))
    sense.save()
    steps.set_names(sense, names)
    return sense


def _write(sense: Sense, *, by: Member, name: str, definition: str) -> None:
    """Give a locked sense these words, where there are any, and keep the version. Under `lock_structure`."""
    if not may_save_sense(by, sense):
        raise PermissionDenied(_("You may not change this sense."))
    if sense.state == SenseState.RETIRED:
        raise Refused(_("This sense is retired. Publish it again before changing it."))
    before = (sense.name, sense.definition)
    sense.name, sense.definition = steps.line(name) or before[0], steps.line(definition) or before[1]
    if (sense.name, sense.definition) == before:
        return
    sense.clean_fields(exclude={"field", "successor"})
    names = list(steps.names_in_use(sense))
    if steps.is_shown(sense):
        steps.check_publishable(sense, names)
    steps.check_definition(sense, steps.right_names(names))
    sense.revision += 1
    sense.is_sample = False
    sense.save()
    if steps.is_shown(sense):
        kind = RevisionKind.EDITORIAL if sense.definition == before[1] else RevisionKind.MEANING
        steps.keep_version(sense, kind=kind, by=by)
        grow_site_version(lexicon=True)


def _decided(suggestion: Suggestion, state: SuggestionState, *, by: Member, reason: str) -> Suggestion:
    suggestion.state, suggestion.decided_by, suggestion.decided_at = state, by, timezone.now()
    suggestion.reason = _within(steps.lines(reason), LONGEST_REASON, "reason")
    suggestion.save()
    if suggestion.by:
        notify([suggestion.by], kind="suggestion", subject=f"suggestion:{suggestion.pk}", actor=by)
    return suggestion
