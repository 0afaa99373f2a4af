"""The rows of a table of terms, what each changes, and the glossary that they are held against. Reads only."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from glossary import cells
from glossary.actions.bulk_steps import Reference, SenseEntry
from glossary.actions.steps import Naming
from glossary.models import (
    ExternalReference,
    NamingKind,
    Relation,
    Sense,
    Spelling,
    SpellingKind,
    SubjectField,
    Term,
    TermSense,
)
from markup.slugs import key
from members.permissions import Refused

NEW, CHANGED, UNCHANGED, REJECTED = "new", "changed", "unchanged", "rejected"
# Seconds that a plan or an import may take. It is the one request that may take longer than the others: a curator waits
# for it, and it is all done or all undone. A server that is given 30 seconds (`pmo_cmo/serving.py`) does not end it.
LONGEST = 25.0

# A sense of the plan: the id of one that is there, the keys of name and preferred term of a new one.
Node = int | tuple[str, str]
Ends = tuple[Node, Node, str]


class Watch:
    """How long a table has taken; `look` raises Refused when it is more than a request has."""

    def __init__(self) -> None:
        self.started = time.monotonic()

    def look(self) -> None:
        if time.monotonic() - self.started > LONGEST:
            raise Refused(_("This table takes too long for one go. Cut it into parts; nothing was written."))


@dataclass(slots=True)
class Row:
    """A row of the table and what becomes of it; a rejected one says at which column, and why."""

    number: int
    cells: Mapping[str, str]
    outcome: str = UNCHANGED
    column: str = ""
    reason: str = ""
    says: list[str] = field(default_factory=list)  # the columns that change something
    term: str = ""
    sense: str = ""  # the term's own where the table names none
    term_key: str = ""
    name_key: str = ""
    preferred_key: str = ""

    def __post_init__(self) -> None:
        self.term = self.cells.get("term", "")
        self.sense = self.cells.get("sense") or self.term
        self.term_key, self.name_key = key(self.term), key(self.sense)
        self.preferred_key = key(self.cells.get("preferred term", ""))

    def reject(self, column: str, reason: str) -> None:
        if self.outcome != REJECTED:
            self.outcome, self.column, self.reason = REJECTED, column, reason

    def change(self, column: str, outcome: str = CHANGED) -> None:
        """Say that this row changes something, by its column."""
        if self.outcome != REJECTED:
            self.outcome = NEW if NEW in {self.outcome, outcome} else outcome
            self.says.append(column)
            self.column = ", ".join(self.says)


@dataclass(slots=True)
class Change:
    """What becomes of one sense: its words, names, links and state as they will be, and the rows that say so."""

    node: Node
    sense: Sense | None
    entry: SenseEntry
    rows: list[Row] = field(default_factory=list)
    said: dict[str, tuple[str, Row]] = field(default_factory=dict)  # column → what it says, and the row that did first
    new_names: list[Naming] = field(default_factory=list)
    kinds: dict[str, str] = field(default_factory=dict)  # key of a term → kind, where that changes
    positions: dict[str, int] = field(default_factory=dict)  # key of a term → place, where that changes
    has_new_words: bool = False
    references: tuple[Reference, ...] | None = None  # None: as they are
    links: set[Ends] | None = None
    state: str = ""  # as it will be; with reason and successor where that is “retired”
    reason: str = ""
    successor: Node | None = None
    made: Sense | None = None  # a new sense with its words, checked; not saved

    @property
    def is_rejected(self) -> bool:
        return any(row.outcome == REJECTED for row in self.rows)

    @property
    def is_one(self) -> bool:
        """Whether the sense itself changes; not only how its terms are recognised or whom it is joined to."""
        words = self.sense is None or self.has_new_words or self.new_names or self.kinds or self.positions
        return bool(words or self.references is not None or self.state != self.sense_state)

    @property
    def sense_state(self) -> str:
        return self.sense.state if self.sense else ""


@dataclass(slots=True)
class TermChange:
    """What becomes of a term: each as it will be, None where it stays."""

    case_rule: str | None = None
    spellings: tuple[frozenset[str], frozenset[str]] | None = None  # added by a curator; not marked
    usual: Node | None = None
    has_usual: bool = False


@dataclass(slots=True)
class Plan:
    """What an import would do: to senses, to terms (by key), and which relations go and come."""

    rows: list[Row]
    changes: list[Change] = field(default_factory=list)
    terms: dict[str, TermChange] = field(default_factory=dict)
    gone: set[Ends] = field(default_factory=set)
    joined: set[Ends] = field(default_factory=set)

    def count(self, outcome: str) -> int:
        return sum(row.outcome == outcome for row in self.rows)

    @property
    def does_something(self) -> bool:
        return bool(self.changes or self.terms or self.gone or self.joined)

    @property
    def digest(self) -> str:
        """The same as long as the import would do the same to the same senses."""
        senses = [(c.sense.pk, c.sense.revision, c.state) for c in self.changes if c.sense]
        links = sorted(map(repr, self.gone)), sorted(map(repr, self.joined))
        terms = sorted((each, repr(_sorted(change))) for each, change in self.terms.items())
        what = repr(([(row.number, row.outcome, row.column) for row in self.rows], senses, terms, links))
        return hashlib.blake2b(what.encode(), digest_size=16).hexdigest()

    @property
    def touched(self) -> set[int]:
        """The senses that are there and would change, or be joined to."""
        nodes: list[Node | None] = [node for ends in (*self.gone, *self.joined) for node in ends[:2]]
        nodes += [node for change in self.changes for node in (change.node, change.successor)]
        nodes += [change.usual for change in self.terms.values()]
        return {node for node in nodes if isinstance(node, int)}


def _sorted(change: TermChange) -> tuple[object, ...]:
    said = [sorted(each) for each in change.spellings or ()]
    return change.case_rule, said, change.usual, change.has_usual


class Glossary:
    """The senses that are there, by what a row says of them; seven queries."""

    def __init__(self) -> None:
        self.senses = {sense.pk: sense for sense in Sense.objects.defer("search").select_related("field")}
        fields = SubjectField.objects.values_list("name", flat=True)
        self.fields = {name.casefold(): name for name in fields}
        self.names: dict[int, dict[str, Naming]] = {pk: {} for pk in self.senses}
        self.by_name: dict[str, list[int]] = {}
        for pk, sense in self.senses.items():
            self.by_name.setdefault(key(sense.name), []).append(pk)
        columns = ("key", "slug", "case_rule", "usual_sense_id")
        self.terms = {row[0]: row for row in Term.objects.values_list(*columns)}
        names = TermSense.objects.order_by("pk").values_list("sense_id", "term__key", "term__text", "kind", "position")
        for pk, term_key, text, kind, position in names:
            self.names[pk][term_key] = Naming(text, kind, position=position)
        self.spellings = _spellings()
        self.links: set[Ends] = set(Relation.objects.values_list("source", "target", "kind"))
        self.links_of: dict[Node, list[Ends]] = {}
        for ends in self.links:
            for pk in ends[:2]:
                self.links_of.setdefault(pk, []).append(ends)
        self.references: dict[int, set[Reference]] = {}
        for row in ExternalReference.objects.all():
            said = Reference(row.source, row.address, row.relation, row.note, row.version)
            self.references.setdefault(row.sense_id, set()).add(said)

    def find(self, row: Row) -> list[int]:
        """The senses of this name with this preferred term, else those that the terms name, else all of this name."""
        called = self.by_name.get(row.name_key, [])
        if row.preferred_key and (same := [pk for pk in called if self.preferred(pk) == row.preferred_key]):
            return same
        for term_key in filter(None, (row.term_key, row.preferred_key)):
            if named := [pk for pk in called if term_key in self.names[pk]]:
                return named
        return [] if row.preferred_key else called

    def preferred(self, pk: int) -> str:
        """The key of a sense's preferred term."""
        named = self.names[pk].items()
        return next((term_key for term_key, name in named if name.kind == NamingKind.PREFERRED), "")

    def label(self, pk: int) -> tuple[str, int]:
        """What decides which of two senses tells of a symmetric relation: as the export does."""
        term_key = self.preferred(pk) or min(self.names[pk], default="")
        slug = self.terms[term_key][1] if term_key in self.terms else ""
        return cells.label(slug, self.senses[pk].name), pk


def _spellings() -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """By the key of a term: what curators added, and what is not marked in posts."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    rows = Spelling.objects.exclude(kind__in=[SpellingKind.OWN, SpellingKind.PLURAL], suppressed_at=None)
    for term_key, text, suppressed_at in rows.values_list("term__key", "text", "suppressed_at"):
        found.setdefault(term_key, (set(), set()))[suppressed_at is not None].add(text)
    return {term_key: (frozenset(marked), frozenset(unmarked)) for term_key, (marked, unmarked) in found.items()}
