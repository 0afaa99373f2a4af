"""What the page of a term shows, put together: its senses with their names and relations, and its versions."""

from collections.abc import Container, Iterable, Iterator, Mapping
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
from members.models import Marks

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
    is_most_used: bool = False

    @property
    def is_foreign(self) -> bool:
        return self.sense.field is not None and self.sense.field.is_foreign


@dataclass
class Entry:
    """A term's page, its senses by their numbers. `met` are the ids of the terms marked in its texts."""

    term: Term
    senses: list[SenseEntry]
    met: set[int]

    @property
    def elsewhere(self) -> list[SenseEntry]:
        """Senses from outside project work, which are folded where there are three or more in all and one is not."""
        foreign = [entry for entry in self.senses if entry.is_foreign]
        return foreign if self.is_long and len(foreign) < len(self.senses) else []

    @property
    def here(self) -> list[SenseEntry]:
        """All the others, the one most used here first and then by their numbers."""
        elsewhere = self.elsewhere
        return sorted((each for each in self.senses if each not in elsewhere), key=lambda each: not each.is_most_used)

    @property
    def is_long(self) -> bool:
        """Whether a line of contents stands above the senses."""
        return len(self.senses) >= FOLDED_FROM

    @property
    def is_retired(self) -> bool:
        """Whether none of its senses is in use any more."""
        return all(each.sense.is_retired for each in self.senses)

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


def entry_of(
    term: Term,
    lexicon: PortalLexicon,
    *,
    marks: str = Marks.PAGE,
    known: Container[str] = (),
    uses: Mapping[int, tuple[int, ...]] | None = None,
) -> Entry:
    """The page of a term loaded by `for_page`; three queries, whatever the number of senses.

    Terms in its texts are marked as the reader chose (`marks`), those with a
    key in `known` never. `uses` says how much a sense is used here, by its id:
    the greatest comes first, and changes no number.
    """
    shown: list[TermSense] = term.readable  # type: ignore[attr-defined]  # set by `for_page`
    senses = [naming.sense for naming in shown]
    relations = _relations([sense.pk for sense in senses])
    names = _names(senses, relations)
    entries = [
        SenseEntry(sense, is_usual=sense.pk == term.usual_sense_id, number=number)
        for number, sense in enumerate(senses, start=1)
    ]
    marker = _Marker(lexicon, marks, known)
    made = Entry(term, entries, met=set())
    if made.is_long:
        _find_most_used(made.here, uses or {})
    references = _references(senses)
    for entry in [*made.here, *made.elsewhere]:  # as they are read, for the first of a page is marked
        entry.references = references.get(entry.sense.pk, [])
        own = names.get(entry.sense.pk, [])
        entry.names = list(_other_names(own, term))
        entry.relations = list(_related(entry.sense, relations, names))
        entry.successor = _preferred(names, entry.sense.successor_id)
        skip = frozenset({term.pk, *(naming.term_id for naming in own)})
        marker.begin()
        entry.definition = marker.mark(entry.sense.definition, skip)
        entry.usage_note = marker.mark(entry.sense.usage_note, skip)
    made.met = marker.met
    return made


def _find_most_used(senses: Iterable[SenseEntry], uses: Mapping[int, tuple[int, ...]]) -> None:
    """Say which of these is used most; of two that are used as much, the smaller number. A retired one never is."""
    used = [each for each in senses if any(uses.get(each.sense.pk, ())) and not each.sense.is_retired]
    if used:
        max(used, key=lambda each: (uses[each.sense.pk], -each.number)).is_most_used = True


class _Marker:
    """Marks terms in plain texts by the rules for posts (docs/decisions/0014): a sense is what a post is elsewhere."""

    def __init__(self, lexicon: PortalLexicon, marks: str, known: Container[str]) -> None:
        self.lexicon, self.marks, self.known = lexicon, marks, known
        self.seen: set[int | str] = set()
        self.met: set[int] = set()

    def begin(self) -> None:
        """Before each sense."""
        if self.marks == Marks.POST:
            self.seen = set()

    def mark(self, text: str, skip: frozenset[int]) -> str:
        """A plain text as paragraphs of HTML. A definition marks none of its own names, given in `skip`."""
        html = "".join(f"<p>{escape(row, quote=False)}</p>" for row in text.split("\n") if row)
        linked = link_terms(html, self.lexicon.spellings, skip=skip)
        return SafeString(write(linked, seen=self.seen, link=self._link))

    def _link(self, mark: Mark) -> str:
        entry = self.lexicon.term(mark.term)
        if entry is None or self.marks == Marks.NONE or entry.key in self.known:
            return ""
        if entry.is_phrase and self.marks != Marks.POST:
            return ""
        self.met |= {entry.id}
        return f'<a class="term" href="{escape(entry.url)}" data-term="{entry.id}">{mark.html}</a>'


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
