"""What curators do with senses: write, review, publish, retire."""

from collections.abc import Callable, Iterable, Sequence

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from glossary.actions import bulk_steps, relation_steps, steps
from glossary.actions.bulk_steps import Reference
from glossary.actions.relation_steps import Link
from glossary.actions.steps import Naming
from glossary.models import RevisionKind, Sense, SenseState, SubjectField, Term
from glossary.permissions import may_delete_sense, may_publish, may_save_sense
from members.actions.site import grow_site_version
from members.models import Member
from members.permissions import Refused

__all__ = ["EditedMeanwhile", "Link", "Naming"]

TEXTS = ("name", "definition", "usage_note", "example")


class EditedMeanwhile(Refused):
    """Somebody changed the sense after it was read; `sense` is what stands there now."""

    def __init__(self, sense: Sense) -> None:
        super().__init__(_("Somebody changed this sense after you had read it."))
        self.sense = sense


@transaction.atomic(durable=True)
def save_sense(  # noqa: PLR0913  the fields of a sense, each by its name
    sense: Sense | None,
    *,
    by: Member,
    name: str,
    definition: str,
    field: SubjectField | None = None,
    usage_note: str = "",
    example: str = "",
    namings: Sequence[Naming] | None = None,
    relations: Sequence[Link] | None = None,
    references: Sequence[Reference] | None = None,
    based_on: int | None = None,
    kind: str = RevisionKind.EDITORIAL,
) -> Sense:
    """Write a new draft (`sense` None) or change a sense with its names and relations, all or nothing.

    Field and texts are the whole new content. `namings`, `relations` and `references`
    are the whole new lists; None leaves them as they are. Terms are made for
    names that have none. A published sense keeps a new version of `kind` when
    its words changed, and readers see it at once. A sample is none any more.

    `based_on` is the sense's `revision` as the writer read it; when somebody
    saved meanwhile, `EditedMeanwhile` is raised. ValidationError by field for
    texts that break the rules; Refused for cycles and for retired senses.
    """
    found = steps.lock_senses([*([sense.pk] if sense else []), *(link.target.pk for link in relations or ())])
    sense = found[sense.pk] if sense else None
    if not may_save_sense(by, sense):
        raise PermissionDenied(_("You may not change this sense."))
    if sense and sense.state == SenseState.RETIRED:
        raise Refused(_("This sense is retired. Publish it again before changing it."))
    if sense and based_on not in {None, sense.revision}:
        raise EditedMeanwhile(sense)
    before = _words(sense) if sense else None
    sense = sense or Sense()
    _set_words(sense, name=name, definition=definition, usage_note=usage_note, example=example)
    sense.field = field
    names = steps.checked_names(namings) if namings is not None else steps.names_in_use(sense)
    _check(sense, names)
    steps.lock_structure()
    _check_field(field)
    sense.revision += 1 if sense.pk else 0
    sense.is_sample = False
    sense.save()
    if namings is not None:
        steps.set_names(sense, names)
    _set_links(sense, relations, references)
    if steps.is_shown(sense):
        if _words(sense) != before:
            steps.keep_version(sense, kind=kind, by=by)
        grow_site_version(lexicon=True)
    return sense


@transaction.atomic(durable=True)
def submit_for_review(sense: Sense, *, by: Member) -> Sense:
    """Say that a draft is ready to be read by another curator."""
    sense = _locked(sense, may_save_sense, by)
    _expect(sense, SenseState.DRAFT)
    steps.check_publishable(sense, steps.names_in_use(sense))
    sense.state, sense.is_sample = SenseState.REVIEW, False
    sense.save(update_fields=["state", "is_sample"])
    return sense


@transaction.atomic(durable=True)
def send_back_to_draft(sense: Sense, *, by: Member) -> Sense:
    """Take a sense out of review."""
    sense = _locked(sense, may_save_sense, by)
    _expect(sense, SenseState.REVIEW)
    sense.state, sense.is_sample = SenseState.DRAFT, False
    sense.save(update_fields=["state", "is_sample"])
    return sense


@transaction.atomic(durable=True)
def publish(sense: Sense, *, by: Member, based_on: int | None = None) -> Sense:
    """Show a reviewed sense to readers and mark its terms in every post; or bring a retired one back.

    The first publication keeps version 1. `based_on` as in `save_sense`:
    nobody publishes words that they have not read.
    """
    sense = _locked(sense, _may_publish, by)
    _expect(sense, SenseState.REVIEW, SenseState.RETIRED)
    if based_on not in {None, sense.revision}:
        raise EditedMeanwhile(sense)
    steps.check_publishable(sense, steps.names_in_use(sense))
    is_first = sense.state == SenseState.REVIEW
    sense.state, sense.successor, sense.retired_reason = SenseState.PUBLISHED, None, ""
    sense.retired_at = sense.retired_by = None
    sense.published_at = sense.published_at or timezone.now()
    sense.is_sample = False
    sense.save()
    if is_first:
        steps.keep_version(sense, kind=RevisionKind.MEANING, by=by)
    steps.note_respelled(sense.namings.values_list("term", flat=True))
    grow_site_version(lexicon=True)
    return sense


@transaction.atomic(durable=True)
def confirm(sense: Sense, *, by: Member, based_on: int | None = None) -> Sense:
    """Say that a published sense was read again and is right as it stands; `based_on` as in `save_sense`."""
    sense = _locked(sense, may_save_sense, by)
    _expect(sense, SenseState.PUBLISHED)
    if based_on not in {None, sense.revision}:
        raise EditedMeanwhile(sense)
    sense.reviewed_at = timezone.now()
    sense.save(update_fields=["reviewed_at"])
    return sense


@transaction.atomic(durable=True)
def retire(sense: Sense, *, by: Member, reason: str, successor: Sense | None = None) -> Sense:
    """Take a published sense out of use: its page stays, says so and why, and leads to its successor.

    Senses that had this one as their successor get the new successor, so that
    a reader is led on once. Raises Refused for a successor that is not published.
    """
    earlier = Sense.objects.filter(successor=sense).order_by("pk").values_list("pk", flat=True) if successor else ()
    found = steps.lock_senses([sense.pk, *([successor.pk] if successor else []), *earlier])
    sense = found[sense.pk]
    if not may_publish(by):
        raise PermissionDenied(_("You may not publish or retire senses."))
    _expect(sense, SenseState.PUBLISHED)
    successor = found[successor.pk] if successor else None
    if successor and (successor.state != SenseState.PUBLISHED or successor.pk == sense.pk):
        raise Refused(_("The successor is another sense that is published."))
    sense.state, sense.successor, sense.retired_reason = SenseState.RETIRED, successor, _reason(reason)
    sense.retired_at, sense.retired_by = timezone.now(), by
    sense.is_sample = False
    steps.lock_structure()  # `save_term` writes whole terms under it, with the usual sense as it read it
    sense.save()
    if successor:
        Sense.objects.filter(pk__in=found, successor=sense).exclude(pk=successor.pk).update(successor=successor)
    Term.objects.filter(usual_sense=sense).update(usual_sense=None)
    steps.note_respelled(sense.namings.values_list("term", flat=True))
    grow_site_version(lexicon=True)
    return sense


@transaction.atomic(durable=True)
def delete_sense(sense: Sense, *, by: Member) -> None:
    """Delete a sense that no reader has ever seen; its terms stay."""
    sense = steps.lock_senses([sense.pk])[sense.pk]
    if sense.published_at and may_save_sense(by, sense):
        raise Refused(_("Readers have seen this sense, so its address must last. Retire it instead."))
    if not may_delete_sense(by, sense):
        raise PermissionDenied(_("You may not delete this sense."))
    steps.lock_structure()
    sense.delete()


def _may_publish(by: Member, sense: Sense) -> bool:  # noqa: ARG001  the shape of a rule for `_locked`
    return may_publish(by)


def _locked(sense: Sense, may: Callable[[Member, Sense], bool], by: Member) -> Sense:
    sense = steps.lock_senses([sense.pk])[sense.pk]
    if not may(by, sense):
        raise PermissionDenied(_("You may not do this with a sense."))
    return sense


def _expect(sense: Sense, *states: SenseState) -> None:
    if sense.state not in states:
        raise Refused(
            _("This sense is “%(state)s” now, so this cannot be done.") % {"state": sense.get_state_display()}
        )


def _words(sense: Sense) -> list[str]:
    return [getattr(sense, text) for text in TEXTS]


def _set_words(sense: Sense, *, name: str, definition: str, usage_note: str, example: str) -> None:
    sense.name, sense.definition = steps.line(name), steps.line(definition)
    sense.usage_note, sense.example = steps.lines(usage_note), steps.lines(example)


def _check(sense: Sense, names: Iterable[Naming]) -> None:
    """Raise ValidationError by field; what readers see already must stay fit for them."""
    sense.clean_fields(exclude={"field", "successor"})
    names = list(names)
    if steps.is_shown(sense):
        steps.check_publishable(sense, names)
    steps.check_definition(sense, steps.right_names(names))


def _set_links(sense: Sense, relations: Sequence[Link] | None, references: Sequence[Reference] | None) -> None:
    if relations is not None:
        relation_steps.set_relations(sense, relations)
    if references is not None:
        bulk_steps.set_references(sense, references)


def _check_field(field: SubjectField | None) -> None:
    """Raise ValidationError on `field` when it is gone. Under `lock_structure`, so that it stays."""
    if field and not SubjectField.objects.filter(pk=field.pk).exists():
        raise ValidationError({"field": _("This field was deleted a moment ago. Choose another one.")})


def _reason(reason: str) -> str:
    reason = steps.line(reason)
    if not reason:
        raise ValidationError({"reason": _("Say why, in a few words: readers see it.")})
    if len(reason) > steps.LONGEST_REASON:
        raise ValidationError({"reason": _("Say it in at most %(most)d characters.") % {"most": steps.LONGEST_REASON}})
    return reason
