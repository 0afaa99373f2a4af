"""Discussions like one that is about to be started: by the words of its title and by what they mean. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.search import SearchRank
from django.db.models import Count, F, Max

from glossary import lexicon
from glossary.lexicon import ComparisonEntry, PortalLexicon, TermEntry
from members.models import Reader
from members.search import any_of
from threads.models import Mention, Thread

MOST = 5
CANDIDATES = 300  # the newest that match are ranked, not all
# `ts_rank` gives 0.0608 for a title that holds all the words asked for, and that times their share for fewer.
A_THIRD = 0.06 / 3
SHORTEST = 4  # characters of a title that says something


@dataclass(frozen=True)
class Similar:
    """What is shown beside a title: terms of it, comparisons of two of them, discussions."""

    terms: list[TermEntry] = field(default_factory=list)
    comparisons: list[ComparisonEntry] = field(default_factory=list)
    threads: list[Any] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.comparisons or self.threads)


def similar(title: str, reader: Reader) -> Similar:
    """Four statements, whatever is found."""
    words = lexicon.current()
    title = " ".join(title.replace("\x00", " ").split())[:200]
    if len(title) < SHORTEST:
        return Similar()
    terms = list({term.id: term for term in words.named(title)}.values())
    threads = Thread.objects.visible_to(reader).listed()
    return Similar(
        terms=terms,
        comparisons=words.compared({term.id for term in terms}),
        threads=_threads(threads, title, _alike(terms, words), reader),
    )


def _alike(terms: Iterable[TermEntry], words: PortalLexicon) -> set[int]:
    """The terms and all others that name one of their senses: CMO and change management office."""
    senses = {sense.id for term in terms for sense in term.senses}
    return {term.id for term in words.terms.values() if senses & {sense.id for sense in term.senses}}


def _threads(threads: Any, title: str, terms: set[int], reader: Reader) -> list[Any]:
    """Those that share words and terms first, then those of like titles, then those that only use the terms."""
    by_title = _of_like_title(threads, title)
    by_terms = _that_use(terms, reader) if terms else []
    both = [pk for pk in by_title if pk in set(by_terms)]
    chosen = list(dict.fromkeys([*both, *by_title, *by_terms]))[: 2 * MOST]
    found = {thread.pk: thread for thread in threads.filter(pk__in=chosen)}
    return [found[pk] for pk in chosen if pk in found][:MOST]


def _of_like_title(threads: Any, title: str) -> list[int]:
    query = any_of(title)
    newest = threads.filter(search=query).order_by("-pk").values("pk")[:CANDIDATES]
    ranked = threads.filter(pk__in=newest).annotate(rank=SearchRank(F("search"), query)).filter(rank__gte=A_THIRD)
    return list(ranked.order_by("-rank", "-pk").values_list("pk", flat=True)[: 2 * MOST])


def _that_use(terms: set[int], reader: Reader) -> list[int]:
    """Threads whose posts use most of the terms, the newest first; looked for among the newest posts."""
    mentions = Mention.objects.visible_to(reader).filter(term__in=terms)
    newest = mentions.order_by("-post").values("pk")[: 10 * CANDIDATES]
    rows = Mention.objects.visible_to(reader).filter(pk__in=newest).values("post__thread")
    rows = rows.annotate(terms=Count("term", distinct=True), newest=Max("post")).order_by("-terms", "-newest")
    return [row["post__thread"] for row in rows[: 2 * MOST]]
