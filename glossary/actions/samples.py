"""Many senses at once: the sample glossary, put in and taken out again."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from glossary.actions import relation_steps, steps
from glossary.actions.relation_steps import Link
from glossary.actions.steps import Naming
from glossary.models import Relation, RevisionKind, Sense, SenseRevision, SenseState, SubjectField, Term
from members.actions.site import grow_site_version
from members.models import Member


@dataclass(frozen=True, slots=True)
class SenseEntry:
    """One sense of a file. `key` is what relations of the same file call it; `relations` are (kind, key)."""

    key: str
    name: str
    definition: str
    namings: tuple[Naming, ...]
    field: str = ""
    is_foreign: bool = False
    usage_note: str = ""
    example: str = ""
    relations: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Removed:
    """What was taken out, and the names of what real members have since worked on, which stays."""

    senses: int
    kept: tuple[str, ...]


@transaction.atomic(durable=True)
def load_senses(entries: Sequence[SenseEntry], *, by: Member | None = None, is_sample: bool = True) -> int:
    """Publish senses with their terms and relations, and answer how many were new.

    One that is there already, known by its name, is left as it is; so a second
    load makes nothing twice. `by` None is the operator at the command line.
    Raises ValidationError for an entry that breaks a rule, Refused for a
    cycle, KeyError for a relation to a key that no entry has: then nothing is
    loaded.
    """
    there = Sense.objects.filter(is_sample=is_sample, name__in=[steps.line(entry.name) for entry in entries])
    existing = {sense.name: sense for sense in steps.lock_senses(there.values_list("pk", flat=True)).values()}
    steps.lock_structure()
    new = [entry for entry in entries if steps.line(entry.name) not in existing]
    senses = {entry.key: existing.get(steps.line(entry.name)) or _load(entry, is_sample, by) for entry in entries}
    for entry in new:
        links = [Link(kind, senses[key]) for kind, key in entry.relations]
        relation_steps.add_relations(senses[entry.key], links)
    if new:
        grow_site_version(lexicon=True)
    return len(new)


@transaction.atomic(durable=True)
def remove_sample_senses() -> Removed:
    """Take the sample senses out, with the terms and fields that are then empty.

    Kept: those that a member edited, and those that a sense of a member's is joined to.
    """
    steps.lock_senses(Sense.objects.filter(is_sample=True).values_list("pk", flat=True))
    steps.lock_structure()
    touched = Sense.objects.filter(is_sample=True).filter(
        Q(pk__in=SenseRevision.objects.exclude(by=None).values("sense"))
        | Q(pk__in=Relation.objects.filter(target__is_sample=False).values("source"))
        | Q(pk__in=Relation.objects.filter(source__is_sample=False).values("target"))
    )
    kept = dict(touched.order_by("name", "pk").values_list("pk", "name"))
    gone = Sense.objects.filter(is_sample=True).exclude(pk__in=kept)
    terms = list(Term.objects.filter(namings__sense__in=gone).values_list("pk", flat=True))
    fields = list(gone.values_list("field", flat=True))
    count = gone.count()
    gone.delete()
    Term.objects.filter(pk__in=terms, namings=None).delete()
    SubjectField.objects.filter(pk__in=fields, senses=None).delete()
    grow_site_version(lexicon=True)
    return Removed(count, tuple(kept.values()))


def _load(entry: SenseEntry, is_sample: bool, by: Member | None) -> Sense:  # noqa: FBT001  a private step
    sense = Sense(
        name=steps.line(entry.name),
        definition=steps.line(entry.definition),
        usage_note=steps.lines(entry.usage_note),
        example=steps.lines(entry.example),
        field=_field(entry),
        state=SenseState.PUBLISHED,
        published_at=timezone.now(),
        is_sample=is_sample,
    )
    names = steps.checked_names(entry.namings)
    sense.clean_fields(exclude={"field", "successor"})
    steps.check_publishable(sense, names)
    sense.save()
    steps.set_names(sense, names)
    steps.keep_version(sense, kind=RevisionKind.MEANING, by=by)
    return sense


def _field(entry: SenseEntry) -> SubjectField | None:
    if not entry.field:
        return None
    return SubjectField.objects.get_or_create(name=steps.line(entry.field), defaults={"is_foreign": entry.is_foreign})[
        0
    ]
