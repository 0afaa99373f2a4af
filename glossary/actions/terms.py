"""What curators do with terms: their text, address and spellings, and which of their senses is the usual one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from glossary.actions import steps
from glossary.models import Sense, SenseState, Spelling, SpellingKind, Term, TermSense
from glossary.permissions import may_keep_terms
from markup.slugs import key
from members.actions.site import grow_site_version
from members.models import Member
from members.permissions import Refused


@dataclass(frozen=True, slots=True)
class Spelled:
    """A spelling in a curator's list, and whether it is marked in posts."""

    text: str
    is_marked: bool = True


@transaction.atomic(durable=True)
def save_term(
    term: Term | None,
    *,
    by: Member,
    text: str,
    case_rule: str | None = None,
    address: str | None = None,
    spellings: Sequence[Spelled] | None = None,
    order: Sequence[int] | None = None,
) -> Term:
    """Make a term, or change its text, how it is recognised, its address, and the order of its senses.

    `address` None keeps the one it has; every address it ever had goes on
    leading to it. `spellings` is the whole list as the curator left it: what
    was made from the text and is not in it is suppressed, what was typed and
    is not in it goes. `order` are the ids of its namings as they shall stand.
    None leaves them. Raises ValidationError by field, Refused when another
    term has this text.

    The senses of the term are locked: they are samples no more, and who has
    the form of one open with its old name is told before saving.
    """
    term, named = _locked(term, by)
    text = steps.line(text)
    steps.check_text(text, field="text")
    if Term.objects.filter(key=key(text)).exclude(pk=term.pk).exists():
        raise Refused(_("The term “%(text)s” exists already: add the sense to it.") % {"text": text})
    before = set(term.spellings.values_list("text", flat=True)) if term.pk else set()
    was = (term.text, term.case_rule)
    term = steps.write_term(term, text=text, case_rule=case_rule, address=address)
    if spellings is not None:
        _set_spellings(term, spellings, before=before)
    for position, naming in enumerate(order or (), start=1):
        term.namings.filter(pk=naming).update(position=position)
    steps.make_own(named)
    if (term.text, term.case_rule) != was:
        Sense.objects.filter(pk__in=[sense.pk for sense in named]).update(revision=F("revision") + 1)
    grow_site_version(lexicon=True)
    return term


@transaction.atomic(durable=True)
def set_usual_sense(term: Term, *, by: Member, sense: Sense | None) -> Term:
    """Say which of a term's senses is meant here as a rule, or with None that none is.

    The senses of the term are locked first, so nobody retires one meanwhile.
    Then they are samples no more, the others neither: the choice was among them.
    """
    term, named = _locked(term, by)
    if sense:
        sense = next((each for each in named if each.pk == sense.pk), None)
        if sense is None or sense.state != SenseState.PUBLISHED:
            raise Refused(_("The usual sense is a published sense of this term."))
    steps.make_own(named)
    term.usual_sense = sense
    term.save(update_fields=["usual_sense"])
    grow_site_version(lexicon=True)
    return term


@transaction.atomic(durable=True)
def delete_term(term: Term, *, by: Member) -> None:
    """Delete a term that names no sense, a mistyped one for example."""
    term, named = _locked(term, by)
    if named:
        raise Refused(_("“%(text)s” names a sense. Take the name away from the sense first.") % {"text": term.text})
    steps.note_respelled([term.pk])
    term.delete()
    grow_site_version(lexicon=True)


def _locked(term: Term | None, by: Member) -> tuple[Term, list[Sense]]:
    """The term as it is now with its senses, these locked, and nobody else changing names meanwhile."""
    if not may_keep_terms(by):
        raise PermissionDenied(_("You may not change terms."))
    ids = _senses_of(term) if term else set()
    named = steps.lock_senses(ids)
    steps.lock_structure()
    if term is None:
        return Term(), []
    found: Term | None = Term.objects.filter(pk=term.pk).first()
    if found is None:
        raise Refused(_("This term was deleted meanwhile."))
    now = _senses_of(found)
    if not now <= ids:  # senses are locked before the structure, so this one came too late
        raise Refused(_("Somebody gave another sense this name a moment ago. Try once more."))
    return found, [named[pk] for pk in sorted(now)]


def _senses_of(term: Term) -> set[int]:
    return set(TermSense.objects.filter(term=term).values_list("sense", flat=True))


def _set_spellings(term: Term, spellings: Sequence[Spelled], *, before: Collection[str]) -> None:
    """Make the spellings those of a list that was drawn up when there were those of `before`."""
    wanted = {steps.line(spelled.text): spelled.is_marked for spelled in spellings}
    for text in wanted:
        steps.check_text(text, field="spellings")
    left_out = term.spellings.filter(text__in=before).exclude(text__in=wanted)
    left_out.filter(kind=SpellingKind.VARIANT).delete()
    left_out.filter(suppressed_at=None).update(suppressed_at=timezone.now())
    here = set(term.spellings.values_list("text", flat=True))
    steps.note_respelled([], gone=set(before) - here)
    for text in sorted(wanted.keys() - here - set(before)):
        Spelling.objects.create(term=term, text=text, key=key(text), kind=SpellingKind.VARIANT)
    marked = [text for text, is_marked in wanted.items() if is_marked]
    unmarked = [text for text, is_marked in wanted.items() if not is_marked]
    term.spellings.filter(text__in=marked).update(suppressed_at=None)
    term.spellings.filter(text__in=unmarked, suppressed_at=None).update(suppressed_at=timezone.now())
    steps.note_respelled([term.pk])
