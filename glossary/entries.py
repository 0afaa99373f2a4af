"""What the page of a term shows, put together: its senses with their names and relations, and its versions."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html import escape
from itertools import groupby

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _, gettext_lazy

from glossary.lexicon import PortalLexicon
from glossary.models import (
    READABLE,
    ExternalReference,
    NamingKind,
    Relation,
    RelationKind,
    Sense,
    SenseRevision,
    SenseState,
    Term,
    TermSense,
)
from markup.diff import Change, word_diff
from markup.terms import Mark, link_terms, write
from markup.text import cut

FOLDED_FROM = 3  # senses
# What a relation is called from its source and from its target.
LABELS: dict[str, tuple[str | Promise, str | Promise]] = {
    RelationKind.KIND_OF: (gettext_lazy("Kind of"), gettext_lazy("Kinds")),
    RelationKind.PART_OF: (gettext_lazy("Part of"), gettext_lazy("Parts")),
    RelationKind.RELATED: (gettext_lazy("Related"), gettext_lazy("Related")),
    RelationKind.NOT_TO_BE_CONFUSED: (gettext_lazy("Not to be confused with"), gettext_lazy("Not to be confused with")),
}


@dataclass
class SenseEntry:
    """One sense on a term's page; the texts are HTML with the terms in them marked."""

    sense: Sense
    is_usual: bool
    definition: str = ""
    usage_note: str = ""
    names: list[tuple[str, list[Term]]] = field(default_factory=list)
    relations: list[tuple[str, list[TermSense]]] = field(default_factory=list)
    successor: TermSense | None = None
    references: list[ExternalReference] = field(default_factory=list)
    number: int = 1

    @property
    def is_foreign(self) -> bool:
        return self.sense.field is not None and self.sense.field.is_foreign


@dataclass
class Entry:
    """A term's page. `met` are the ids of the terms marked in its texts."""

    term: Term
    senses: list[SenseEntry]
    met: set[int]

    @property
    def elsewhere(self) -> list[SenseEntry]:
        """Senses from outside project work, which are folded where there are three or more in all and one is not."""
        foreign = [entry for entry in self.senses if entry.is_foreign]
        is_folded = len(self.senses) >= FOLDED_FROM and len(foreign) < len(self.senses)
        return foreign if is_folded else []

    @property
    def here(self) -> list[SenseEntry]:
        """All the others; they stand first."""
        return self.senses[: len(self.senses) - len(self.elsewhere)]

    @property
    def description(self) -> str:
        """For search engines and link previews: what the term means."""
        return cut(" ".join(f"{entry.sense.name}: {entry.sense.definition}" for entry in self.senses), 300)


@dataclass(frozen=True)
class Version:
    """One published version of a sense, with what changed since the one before."""

    revision: SenseRevision
    changes: list[Change]
    more: list[tuple[str, list[Change]]]


def entry_of(term: Term, lexicon: PortalLexicon) -> Entry:
    """The page of a term loaded by `for_page`; three queries, whatever the number of senses."""
    shown: list[TermSense] = term.readable  # type: ignore[attr-defined]  # set by `for_page`
    senses = [naming.sense for naming in shown]
    relations = _relations([sense.pk for sense in senses])
    names = _names(senses, relations)
    entries = [SenseEntry(sense, is_usual=sense.pk == term.usual_sense_id) for sense in senses]
    references = _references(senses)
    marker = _Marker(lexicon)
    for number, entry in enumerate(entries, start=1):
        entry.number = number
        entry.references = references.get(entry.sense.pk, [])
        own = names.get(entry.sense.pk, [])
        entry.names = list(_other_names(own, term))
        entry.relations = list(_related(entry.sense, relations, names))
        entry.successor = _preferred(names, entry.sense.successor_id)
        skip = frozenset({term.pk, *(naming.term_id for naming in own)})
        entry.definition = marker.mark(entry.sense.definition, skip)
        entry.usage_note = marker.mark(entry.sense.usage_note, skip)
    return Entry(term, entries, marker.seen)


class _Marker:
    """Marks terms in plain texts, each term once a page."""

    def __init__(self, lexicon: PortalLexicon) -> None:
        self.lexicon = lexicon
        self.seen: set[int] = set()

    def mark(self, text: str, skip: frozenset[int]) -> str:
        """A plain text as paragraphs of HTML. A definition marks none of its own names, given in `skip`."""
        html = "".join(f"<p>{escape(row, quote=False)}</p>" for row in text.split("\n") if row)
        linked = link_terms(html, self.lexicon.spellings, skip=skip)
        return SafeString(write(linked, seen=self.seen, link=self._link))

    def _link(self, mark: Mark) -> str:
        entry = self.lexicon.term(mark.term)
        return f'<a class="term" href="{escape(entry.url)}" data-term="{entry.id}">{mark.html}</a>' if entry else ""


def _relations(senses: Iterable[int]) -> list[Relation]:
    """The relations of these senses whose ends are both there for readers."""
    ids = list(senses)
    rows = Relation.objects.filter(Q(source__in=ids) | Q(target__in=ids))
    readable = rows.filter(source__state__in=READABLE, target__state__in=READABLE)
    return list(readable.select_related("source", "target").order_by("kind", "pk"))


def _references(senses: Iterable[Sense]) -> dict[int, list[ExternalReference]]:
    """Where others define these senses; one query."""
    found: dict[int, list[ExternalReference]] = {}
    for reference in ExternalReference.objects.filter(sense__in=list(senses)).order_by("source", "pk"):
        found.setdefault(reference.sense_id, []).append(reference)
    return found


def _names(senses: Iterable[Sense], relations: Iterable[Relation]) -> dict[int, list[TermSense]]:
    """The names of these senses, of their successors and of the other ends of their relations; one query."""
    ids = {pk for sense in senses for pk in (sense.pk, sense.successor_id) if pk}
    ids |= {pk for relation in relations for pk in (relation.source_id, relation.target_id)}
    rows = TermSense.objects.filter(sense__in=ids).exclude(kind=NamingKind.MISSPELLING).select_related("term", "sense")
    names: dict[int, list[TermSense]] = {}
    for naming in rows.order_by("pk"):
        names.setdefault(naming.sense_id, []).append(naming)
    return names


def _other_names(names: Iterable[TermSense], term: Term) -> Iterator[tuple[str, list[Term]]]:
    """By kind, preferred first, without the term whose page it is."""
    order = list(NamingKind)
    others = sorted(
        (naming for naming in names if naming.term_id != term.pk),
        key=lambda naming: (order.index(NamingKind(naming.kind)), naming.pk),
    )
    for kind, group in groupby(others, key=lambda naming: naming.kind):
        yield str(NamingKind(kind).label).capitalize(), [naming.term for naming in group]


def _related(
    sense: Sense, relations: Iterable[Relation], names: dict[int, list[TermSense]]
) -> Iterator[tuple[str, list[TermSense]]]:
    """By label, each with the preferred names of the senses at the other end; retired ones are left out."""
    found: dict[str, list[TermSense]] = {}
    for relation in relations:
        if sense.pk not in {relation.source_id, relation.target_id}:
            continue
        is_source = relation.source_id == sense.pk
        other = relation.target if is_source else relation.source
        naming = _preferred(names, other.pk)
        if naming and other.state == SenseState.PUBLISHED:
            found.setdefault(str(LABELS[relation.kind][0 if is_source else 1]), []).append(naming)
    yield from found.items()


def _preferred(names: dict[int, list[TermSense]], sense: int | None) -> TermSense | None:
    return next((naming for naming in names.get(sense or 0, ()) if naming.kind == NamingKind.PREFERRED), None)


def history_of(senses: Iterable[Sense]) -> list[tuple[Sense, list[Version]]]:
    """Every published version of these senses, newest first, with the words that differ; one query."""
    senses = list(senses)
    by_sense: dict[int, list[SenseRevision]] = {}
    for revision in SenseRevision.objects.filter(sense__in=senses).order_by("number"):
        by_sense.setdefault(revision.sense_id, []).append(revision)
    return [(sense, list(_versions(by_sense.get(sense.pk, [])))[::-1]) for sense in senses]


def _versions(revisions: list[SenseRevision]) -> Iterator[Version]:
    for before, revision in zip([None, *revisions], revisions, strict=False):
        old = before or revision
        more = [
            (_("Name"), old.name, revision.name),
            (_("Usage note"), old.usage_note, revision.usage_note),
            (_("Example"), old.example, revision.example),
        ]
        differing = [(label, word_diff(was, now)) for label, was, now in more if was != now]
        yield Version(revision, word_diff(old.definition, revision.definition), differing)
