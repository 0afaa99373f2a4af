"""The starter glossary: real content that an empty portal begins with, and that later loads only add to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from glossary.actions import bulk_steps, relation_steps, steps
from glossary.actions.bulk_steps import SenseEntry
from glossary.actions.relation_steps import Link
from glossary.models import Comparison, ComparisonRow, KnownAcronym, NamingKind, Sense, Term
from markup.slugs import key
from members.actions.site import grow_site_version


@dataclass(frozen=True, slots=True)
class ComparisonEntry:
    """Two senses of the files by their keys, each under the term it is compared by; `rows` are (aspect, a, b)."""

    sense_a: str
    sense_b: str
    term_a: str
    term_b: str
    rows: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """How much was new."""

    senses: int
    comparisons: int
    acronyms: int


@transaction.atomic(durable=True)
def load_starter(
    entries: Sequence[SenseEntry], comparisons: Sequence[ComparisonEntry] = (), acronyms: Sequence[str] = ()
) -> Loaded:
    """Publish what is not there yet of senses, comparisons and known acronyms; run by the operator.

    What is there is left as it is, so nothing of a curator's is overwritten,
    and a second load changes nothing. A sense is known by any name that it
    was ever published under. A sample that nobody worked on becomes the
    starter's sense in place, so none stands there twice. Comparisons come
    with a sense of theirs that is new, or where there are none at all; known
    acronyms only where there are none: what curators took away stays away.

    Raises ValidationError for an entry that breaks a rule, Refused for a
    cycle, KeyError for a sense or term that is not there: nothing is loaded.
    """
    samples = _samples(entries)
    steps.lock_senses(sample.pk for sample in samples.values())
    steps.lock_structure()
    there = _there(entries)
    samples = {name: sense for name, sense in samples.items() if name not in there}
    taken = [entry for entry in entries if steps.line(entry.name) in samples]
    new = [entry for entry in entries if steps.line(entry.name) not in {*there, *samples}]
    senses = {entry.key: there[steps.line(entry.name)] for entry in entries if steps.line(entry.name) in there}
    senses |= {entry.key: _take_over(samples[steps.line(entry.name)], entry) for entry in taken}
    senses |= dict(zip((entry.key for entry in new), bulk_steps.new_senses(new, by=None), strict=True))
    relation_steps.add_relations(
        (senses[entry.key], Link(kind, senses[other])) for entry in [*taken, *new] for kind, other in entry.relations
    )
    added = {entry.key for entry in [*taken, *new]}
    is_first = not Comparison.objects.exists()
    wanted = [each for each in comparisons if is_first or {each.sense_a, each.sense_b} & added]
    loaded = Loaded(len(added), _add_comparisons(wanted, senses), _add_acronyms(acronyms))
    if loaded != Loaded(0, 0, 0):
        grow_site_version(lexicon=True)
    return loaded


def _samples(entries: Sequence[SenseEntry]) -> dict[str, Sense]:
    """By the name of an entry: the sample with that name, else the one with the same preferred term."""
    rows = Sense.objects.filter(is_sample=True).order_by("-pk")
    by_name = {sense.name: sense for sense in rows}
    named = rows.filter(namings__kind=NamingKind.PREFERRED).values_list("namings__term__key", "pk")
    by_term, by_pk = dict(named), {sense.pk: sense for sense in rows}
    found: dict[str, Sense] = {}
    for entry in entries:
        preferred = next((key(name.text) for name in entry.namings if name.kind == NamingKind.PREFERRED), "")
        sense = by_name.get(steps.line(entry.name)) or by_pk.get(by_term.get(preferred, 0))
        if sense and sense not in found.values():
            found[steps.line(entry.name)] = sense
    return found


def _there(entries: Sequence[SenseEntry]) -> dict[str, Sense]:
    """Senses that are no samples, by a name they have or had when readers saw them."""
    names = [steps.line(entry.name) for entry in entries]
    own = Sense.objects.filter(is_sample=False).order_by("-pk")
    versions = own.filter(revisions__name__in=names).values_list("revisions__name", "pk")
    by_pk = own.in_bulk([pk for _name, pk in versions])
    earlier = {name: by_pk[pk] for name, pk in versions}
    return earlier | {sense.name: sense for sense in own.filter(name__in=names)}


def _take_over(sense: Sense, entry: SenseEntry) -> Sense:
    """Make a locked sample the starter's sense."""
    names = bulk_steps.write_words(sense, entry, bulk_steps.subject_fields([entry]))
    sense.is_sample = False
    sense.revision += 1
    sense.save()
    steps.set_names(sense, names)
    bulk_steps.add_references([(sense, entry)])
    bulk_steps.keep_versions([sense], by=None)
    return sense


def _add_comparisons(wanted: Sequence[ComparisonEntry], senses: Mapping[str, Sense]) -> int:
    texts = {key(text) for each in wanted for text in (each.term_a, each.term_b)}
    terms = {term.key: term for term in Term.objects.filter(key__in=texts)}
    count = 0
    for each in wanted:
        sides = [(terms[key(each.term_a)], senses[each.sense_a]), (terms[key(each.term_b)], senses[each.sense_b])]
        is_turned = sides[0][0].pk > sides[1][0].pk
        (term_a, sense_a), (term_b, sense_b) = reversed(sides) if is_turned else sides
        comparison, is_new = Comparison.objects.get_or_create(
            term_a=term_a, term_b=term_b, sense_a=sense_a, sense_b=sense_b, defaults={"published_at": timezone.now()}
        )
        if is_new:
            count += 1
            _add_rows(comparison, each.rows, is_turned=is_turned)
    return count


def _add_rows(comparison: Comparison, rows: Sequence[tuple[str, str, str]], *, is_turned: bool) -> None:
    made = []
    for position, (aspect, a, b) in enumerate(rows, start=1):
        left, right = (b, a) if is_turned else (a, b)
        row = ComparisonRow(comparison=comparison, position=position, aspect=steps.line(aspect))
        row.left, row.right = steps.line(left), steps.line(right)
        row.clean_fields(exclude={"comparison"})
        made.append(row)
    ComparisonRow.objects.bulk_create(made)


def _add_acronyms(texts: Sequence[str]) -> int:
    if KnownAcronym.objects.exists():
        return 0
    by_key = {key(text): steps.line(text) for text in reversed(texts)}  # the first of two spellings stays
    # A word with a meaning in the glossary is marked there; on the list it would only be silenced.
    terms = set(Term.objects.filter(key__in=by_key).values_list("key", flat=True))
    rows = [KnownAcronym(text=text, key=each) for each, text in by_key.items() if each not in terms]
    for row in rows:
        row.clean_fields()
    return len(KnownAcronym.objects.bulk_create(rows))
