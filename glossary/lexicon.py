"""The glossary as others may use it: which terms stand in a text, and what they mean. Reads only.

An immutable lookup, built once per version in each process. Threads reach the
glossary through this module and through nothing else.
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from glossary.models import FOREIGN_LAST, CaseRule, NamingKind, SenseState, Spelling, SpellingKind, TermSense
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


@dataclass(frozen=True, slots=True)
class TermEntry:
    """A term with its published senses, in the order of its page."""

    id: int
    text: str
    url: str
    senses: tuple[SenseEntry, ...]

    @property
    def other_senses(self) -> int:
        """How many meanings it has beside the first."""
        return len(self.senses) - 1

    def as_json(self) -> dict[str, Any]:
        """What static/terms.js reads of a term."""
        senses = [{"name": sense.name, "definition": sense.definition} for sense in self.senses]
        return {"text": self.text, "url": self.url, "senses": senses}


@dataclass(frozen=True, slots=True, eq=False)
class PortalLexicon:
    """The glossary at one version: give `spellings` to `markup.terms.link_terms`, ask `term` what was marked."""

    version: int
    spellings: Lexicon
    terms: Mapping[int, TermEntry]

    def term(self, pk: int) -> TermEntry | None:
        """A term that is marked; None for one that was retired since a text was cut."""
        return self.terms.get(pk)

    def as_json(self, terms: Iterable[int]) -> dict[str, dict[str, Any]]:
        """The content of the element `#terms`, which static/terms.js reads: these terms by their id."""
        return {str(pk): entry.as_json() for pk in sorted(set(terms)) if (entry := self.terms.get(pk))}


_build_lock = threading.Lock()
_kept: PortalLexicon | None = None


def current(version: int | None = None) -> PortalLexicon:
    """The glossary as readers see it now. One query, or none when the caller has read `SiteVersion.lexicon` already.

    Two queries more, once per process, after a change. The version is only
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
        .values_list("term_id", "text", "kind", "term__case_rule", "term__text", "term__slug")
    )
    rows.sort(key=lambda row: _OWN_FIRST[SpellingKind(row[2])])
    terms = {
        pk: TermEntry(pk, text, reverse("term", args=[slug]), tuple(senses[pk]))
        for pk, _text, _kind, _rule, text, slug in rows
        if pk in senses
    }
    spellings = [MarkupSpelling(row[1], row[0], row[3] == CaseRule.EXACT) for row in rows if row[0] in terms]
    return PortalLexicon(version, Lexicon(spellings), terms)


def _senses_by_term() -> dict[int, list[SenseEntry]]:
    """The published senses of each term, in the order of its page."""
    rows = (
        TermSense.objects.filter(sense__state=SenseState.PUBLISHED)
        .exclude(kind=NamingKind.MISSPELLING)
        .order_by(FOREIGN_LAST, "position", "pk")
        .values_list("term_id", "sense_id", "sense__name", "sense__definition", "sense__field__name")
    )
    senses: dict[int, list[SenseEntry]] = {}
    kept: dict[int, SenseEntry] = {}
    for term, pk, name, definition, field in rows:
        entry = kept.setdefault(pk, SenseEntry(pk, name, definition, field or ""))
        senses.setdefault(term, []).append(entry)
    return senses
