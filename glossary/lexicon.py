"""The glossary as others may use it: which terms stand in a text, and what they mean. Reads only.

An immutable lookup, built once per version in each process. Threads reach the
glossary through this module and through nothing else.
"""

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

from django.urls import reverse

from glossary.models import (
    FOREIGN_LAST,
    CaseRule,
    Comparison,
    KnownAcronym,
    NamingKind,
    SenseState,
    Spelling,
    SpellingKind,
    TermSense,
)
from markup.acronyms import fits, initials, readings
from markup.slugs import key
from markup.terms import Lexicon, Spelling as MarkupSpelling
from members.models import SiteVersion

# Where two terms have the same spelling, the one whose own text it is comes first.
_OWN_FIRST = {SpellingKind.OWN: 0, SpellingKind.VARIANT: 1, SpellingKind.PLURAL: 2}


@dataclass(frozen=True, slots=True)
class SenseEntry:
    """A published meaning, as panels show it."""

    id: int
    name: str
    definition: str
    field: str
    names: frozenset[str] = frozenset()  # the keys of its terms
    called: tuple[str, ...] = ()  # its terms as they are written

    def words_for(self, acronym: str) -> str:
        """What the letters of an acronym stand for in this sense: its first term that they begin, else its name."""
        return next((text for text in (*self.called, self.name) if fits(acronym, text)), "")


@dataclass(frozen=True, slots=True)
class TermEntry:
    """A term with its published senses, in the order of its page."""

    id: int
    text: str
    url: str
    senses: tuple[SenseEntry, ...]
    usual: int | None = None  # the sense that curators call usual here
    is_phrase: bool = False  # recognised in any case

    @property
    def key(self) -> str:
        return key(self.text)

    @property
    def other_senses(self) -> int:
        """How many meanings it has beside the first."""
        return len(self.senses) - 1

    def as_json(self) -> dict[str, Any]:
        """What static/terms.js reads of a term."""
        senses = [{"name": sense.name, "definition": sense.definition} for sense in self.senses]
        return {"text": self.text, "url": self.url, "senses": senses}


@dataclass(frozen=True, slots=True)
class ComparisonEntry:
    """Two terms that have a page side by side, in the order of its address."""

    terms: tuple[int, int]
    texts: tuple[str, str]
    url: str


@dataclass(frozen=True, slots=True, eq=False)
class PortalLexicon:
    """The glossary at one version: give `spellings` to `markup.terms.link_terms`, ask `term` what was marked."""

    version: int
    spellings: Lexicon
    terms: Mapping[int, TermEntry]
    # The keys of all spellings, and of the acronyms that curators list as known to everybody.
    not_undefined: frozenset[str] = frozenset()
    comparisons: tuple[ComparisonEntry, ...] = ()

    def term(self, pk: int) -> TermEntry | None:
        """A term that is marked; None for one that was retired since a text was cut."""
        return self.terms.get(pk)

    def sense(self, pk: int) -> SenseEntry | None:
        """A published meaning, whichever term names it."""
        return next((sense for term in self.terms.values() for sense in term.senses if sense.id == pk), None)

    def term_at(self, url: str) -> TermEntry | None:
        """The term whose page has this address."""
        return next((term for term in self.terms.values() if term.url == url), None)

    def term_of(self, sense: int) -> TermEntry | None:
        """A term that names a published meaning."""
        return next((term for term in self.terms.values() if sense in {each.id for each in term.senses}), None)

    def named(self, text: str) -> list[TermEntry]:
        """The terms in a typed line, or the one that is written so in other capitals."""
        found = [term for match in self.spellings.find(text) if (term := self.terms.get(match.term))]
        return found or [term for term in self.terms.values() if key(term.text) == key(text)]

    def spelled_by(self, acronym: str) -> list[SenseEntry]:
        """The meanings whose words begin with the letters of an acronym that is no term; nothing is chosen by it."""
        rows = (_by_letters(self).get(letters, ()) for letters in readings(acronym) if len(letters) > 1)
        return [sense for sense in dict.fromkeys(chain.from_iterable(rows)) if sense.words_for(acronym)]

    def as_json(self, terms: Iterable[int]) -> dict[str, dict[str, Any]]:
        """The content of the element `#terms`, which static/terms.js reads: these terms by their id."""
        return {str(pk): entry.as_json() for pk in sorted(set(terms)) if (entry := self.terms.get(pk))}

    def comparisons_of(self, term: int) -> list[ComparisonEntry]:
        """The published comparisons of a term, one for each other term."""
        return [entry for entry in self.comparisons if term in entry.terms]

    def compared(self, among: Collection[int]) -> list[ComparisonEntry]:
        """The published comparisons both of whose terms are among these."""
        return [entry for entry in self.comparisons if entry.terms[0] in among and entry.terms[1] in among]


@lru_cache(maxsize=1)
def _by_letters(words: PortalLexicon) -> dict[str, list[SenseEntry]]:
    """The published senses by the letters that begin their names; made when it is first asked for."""
    terms = words.terms
    senses = {sense.id: sense for term in terms.values() for sense in term.senses}
    found: dict[str, list[SenseEntry]] = {}
    for sense in sorted(senses.values(), key=lambda each: (each.name.casefold(), each.id)):
        for letters in {letters for text in (*sense.called, sense.name) for letters in initials(text)}:
            found.setdefault(letters, []).append(sense)
    return found


_build_lock = threading.Lock()
_kept: PortalLexicon | None = None


def current(version: int | None = None) -> PortalLexicon:
    """The glossary as readers see it now. One query, or none when the caller has read `SiteVersion.lexicon` already.

    Four queries more, once per process, after a change. The version is only
    compared for being the same: it never comes again, but need not grow.
    """
    global _kept  # noqa: PLW0603  one value per process, replaced as a whole
    if version is None:
        version = SiteVersion.objects.values_list("lexicon", flat=True).get(pk=1)
    kept = _kept
    if kept is not None and kept.version == version:
        return kept
    with _build_lock:
        if _kept is None or _kept.version != version:
            _kept = _build(version)
        return _kept


def _build(version: int) -> PortalLexicon:
    senses = _senses_by_term()
    rows = list(
        Spelling.objects.in_use()
        .order_by("pk")
        .values_list("term_id", "text", "kind", "term__case_rule", "term__text", "term__slug", "term__usual_sense")
    )
    rows.sort(key=lambda row: _OWN_FIRST[SpellingKind(row[2])])
    terms = {
        pk: TermEntry(pk, text, reverse("term", args=[slug]), tuple(senses[pk]), usual, rule == CaseRule.FOLD)
        for pk, _text, _kind, rule, text, slug, usual in rows
        if pk in senses
    }
    spellings = [MarkupSpelling(row[1], row[0], row[3] == CaseRule.EXACT) for row in rows if row[0] in terms]
    return PortalLexicon(
        version,
        Lexicon(spellings),
        terms,
        not_undefined=frozenset(key(spelling.text) for spelling in spellings)
        | frozenset(KnownAcronym.objects.values_list("key", flat=True)),
        comparisons=tuple(_comparisons()),
    )


def _comparisons() -> Iterator[ComparisonEntry]:
    """Every pair of terms that has a published comparison, once, by the texts of the two."""
    rows = Comparison.objects.published().values_list(
        "term_a__text", "term_a__slug", "term_a_id", "term_b__text", "term_b__slug", "term_b_id"
    )
    for row in sorted(set(rows)):
        (text_a, slug_a, a), (text_b, slug_b, b) = sorted((row[:3], row[3:]), key=lambda side: side[1])
        yield ComparisonEntry((a, b), (text_a, text_b), reverse("compare", args=[slug_a, slug_b]))


def _senses_by_term() -> dict[int, list[SenseEntry]]:
    """The published senses of each term, in the order of its page."""
    rows = list(
        TermSense.objects.filter(sense__state=SenseState.PUBLISHED)
        .exclude(kind=NamingKind.MISSPELLING)
        .order_by(FOREIGN_LAST, "position", "pk")
        .values_list(
            "term_id", "sense_id", "sense__name", "sense__definition", "sense__field__name", "term__key", "term__text"
        )
    )
    names: dict[int, dict[str, str]] = {}
    for row in rows:
        names.setdefault(row[1], {})[row[5]] = row[6]
    senses: dict[int, list[SenseEntry]] = {}
    kept: dict[int, SenseEntry] = {}
    for term, pk, name, definition, field, _key, _text in rows:
        called = names[pk]
        entry = kept.get(pk) or SenseEntry(
            pk, name, definition, field or "", frozenset({key(name), *called}), tuple(called.values())
        )
        senses.setdefault(term, []).append(kept.setdefault(pk, entry))
    return senses
