"""Many senses at once: the sample glossary, put in and taken out again."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F, Min, Q

from glossary.actions import bulk_steps, relation_steps, steps
from glossary.actions.bulk_steps import SenseEntry
from glossary.actions.relation_steps import Link
from glossary.models import Relation, Sense, SubjectField, Term
from members.actions.site import grow_site_version
from members.models import Member


@dataclass(frozen=True, slots=True)
class Removed:
    """How many were taken out, the names of samples that stay, and of those that are no samples any more."""

    senses: int
    kept: tuple[str, ...]
    own: tuple[str, ...] = ()


@transaction.atomic(durable=True)
def load_senses(entries: Sequence[SenseEntry], *, by: Member | None = None, is_sample: bool = True) -> int:
    """Publish senses with their terms and relations, and answer how many were new.

    One that is there already, known by its name, is left as it is, a sample
    also when a curator has made it theirs; so a second load makes nothing
    twice. `by` None is the operator at the command line. Raises
    ValidationError for an entry that breaks a rule, Refused for a cycle,
    KeyError for a relation to a key that no entry has: then nothing is loaded.

    Senses that are there are not changed, so none is locked: under the lock of
    the structure none can be deleted, nor the same file loaded a second time.
    """
    steps.lock_structure()
    there = Sense.objects.filter(name__in=[steps.line(entry.name) for entry in entries])
    existing = {sense.name: sense for sense in (there if is_sample else there.filter(is_sample=False))}
    new = [entry for entry in entries if steps.line(entry.name) not in existing]
    made = bulk_steps.new_senses(new, by=by, is_sample=is_sample)
    senses = {entry.key: existing[steps.line(entry.name)] for entry in entries if entry not in new}
    senses |= {entry.key: sense for entry, sense in zip(new, made, strict=True)}
    relation_steps.add_relations(
        (senses[entry.key], Link(kind, senses[other])) for entry in new for kind, other in entry.relations
    )
    if new:
        grow_site_version(lexicon=True)
    return len(new)


@transaction.atomic(durable=True)
def remove_sample_senses(loaded: Iterable[str] = (), *, keep: Collection[int] = ()) -> Removed:
    """Take the sample senses out, with the terms and fields that are then empty.

    A sense that a curator worked on (its words, names, relations or state, or
    a term of it with its spellings) is no sample any more since then:
    `steps.make_own` has made it theirs. Kept and named beside those: samples
    that a sense of a member's is joined to or leads on to, and those of
    `keep`, which members' discussions use. Terms that were
    there before the samples stay too. `loaded` are the names in the file, for
    telling which of them are no samples any more.
    """
    locked = steps.lock_senses(Sense.objects.filter(is_sample=True).values_list("pk", flat=True))
    steps.lock_structure()
    samples = Sense.objects.filter(pk__in=locked, is_sample=True)
    own = Sense.objects.filter(is_sample=False)
    joined = samples.filter(
        Q(pk__in=Relation.objects.filter(target__in=own).values("source"))
        | Q(pk__in=Relation.objects.filter(source__in=own).values("target"))
        | Q(pk__in=own.exclude(successor=None).values("successor"))
        | Q(pk__in=keep)
    )
    kept = dict(joined.order_by("name", "pk").values_list("pk", "name"))
    gone = samples.exclude(pk__in=kept)
    # A term is made after the sense that it is made for.
    named = Term.objects.filter(namings__sense__in=gone).annotate(sample_since=Min("namings__sense__created_at"))
    terms = list(named.filter(created_at__gte=F("sample_since")).values_list("pk", flat=True))
    fields = list(gone.values_list("field", flat=True))
    count = gone.count()
    gone.delete()
    Term.objects.filter(pk__in=terms, namings=None).delete()
    SubjectField.objects.filter(pk__in=fields, senses=None).delete()
    grow_site_version(lexicon=True)
    theirs = Sense.objects.filter(is_sample=False, name__in=list(loaded)).order_by("name", "pk")
    return Removed(count, tuple(kept.values()), tuple(theirs.values_list("name", flat=True)))
