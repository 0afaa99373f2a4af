"""How discussions use the words of the glossary: what the pages of terms show and are named by.

Sample content never counts beside genuine content: where a member has used a
term, its samples are left out, and where nobody has, they stand alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import ExtractYear, JSONObject

from glossary.lexicon import TermEntry
from members.models import Reader
from threads.lexicon import meant
from threads.models import ChoiceState, Evidence, Mention, Stance, Thread, ThreadSense
from threads.models.threads import ThreadQuerySet
from threads.models.words import EvidenceQuerySet

EVIDENCE_READ = 500  # of one term


def threads_using(reader: Reader, *terms: Any) -> ThreadQuerySet:
    """Threads whose posts use all these terms, newest activity first; `terms` are rows, or subqueries of one row.

    No `OuterRef`: it would mean something else at each depth of this query.
    """
    using: ThreadQuerySet = Thread.objects.visible_to(reader).listed()
    for term in terms:
        posts = Mention.objects.visible_to(reader).filter(term=term)
        using = using.filter(pk__in=posts.values("post__thread"))
    genuine = using.genuine()
    return using.filter(Q(is_sample=False) | ~Exists(genuine)).order_by("-listed_at", "-pk")


def evidence_for(reader: Reader, term: Any) -> EvidenceQuerySet:
    """What readers see of posts for the senses of a term, in the order of its page."""
    rows: EvidenceQuerySet = Evidence.objects.visible_to(reader).filter(sense__namings__term=term)
    return rows


def uses_by_year(reader: Reader, term: Any) -> QuerySet[Any, Any]:
    """A row for each year that has posts with this term: their number, the first and the latest, and its threads.

    Nobody knows when imported posts were written: they are one row without a
    year, the last. `threads` are those of all years, `of_row` those of the row.
    """
    mentions = Mention.objects.visible_to(reader).filter(term=term)
    rows = mentions.filter(Q(post__thread__is_sample=False) | ~Exists(mentions.genuine())).order_by()
    is_dated = Q(post__thread__source_digest=None)
    dated = rows.filter(is_dated).values("term").annotate(threads=Count("post__thread", distinct=True))
    years: QuerySet[Any, Any] = rows.values(year=Case(When(is_dated, then=ExtractYear("post__created_at")))).annotate(
        posts=Count("pk"),
        first=Min("post__created_at"),
        latest=Max("post__created_at"),
        threads=Subquery(dated.values("threads")),
        of_row=Count("post__thread", distinct=True),
    )
    return years.order_by("year")


def with_settled(terms: Any, reader: Reader) -> Any:
    """Terms with what `most_used` reads, in the same statement: how many threads and posts stand for each sense."""
    threads = Thread.objects.visible_to(reader).listed()
    chosen = ThreadSense.objects.filter(term=OuterRef("pk"), state=ChoiceState.CHOSEN, thread__in=threads.values("pk"))
    spelled = Mention.objects.visible_to(reader).filter(term=OuterRef("pk")).spelled_out()
    decided = ThreadSense.objects.filter(thread=OuterRef("post__thread"), term=OuterRef("term"))
    spelled = spelled.exclude(Exists(decided.filter(state=ChoiceState.CHOSEN)))
    cited = evidence_for(reader, OuterRef("pk")).filter(stance__in=[Stance.DEFINES, Stance.USES])
    return terms.annotate(
        chosen_senses=_counted(chosen, "sense_id", "thread", is_sample="thread__is_sample"),
        spelled_senses=_counted(spelled, "words", "post__thread", is_sample="post__thread__is_sample"),
        cited_senses=_counted(cited, "sense_id", "post", is_sample="post__thread__is_sample"),
    )


def _counted(rows: Any, said: str, counted: str, *, is_sample: str) -> ArraySubquery:
    """[what was said, how often, whether in samples] of rows of a term."""
    groups = rows.order_by().values(said=F(said), sample=F(is_sample)).annotate(times=Count(counted, distinct=True))
    found = groups.order_by("said", "sample").values(row=JSONObject(said="said", times="times", sample="sample"))
    return ArraySubquery(found)


@dataclass(frozen=True, slots=True)
class Standing:
    """How much a sense is used here: threads in which people settled it, then posts that are cited for it."""

    threads: int = 0
    posts: int = 0


def standing_of(term: Any, entry: TermEntry | None) -> dict[int, Standing]:
    """What stands for each sense of a term that came from `with_settled`; no query.

    A thread counts where somebody who may decide chose the sense for it, or,
    where nobody did, where a post spells it out. `entry` is the term in the
    lexicon, None for one that is no longer marked.
    """
    ways: list[list[tuple[int | None, int, bool]]] = [
        [(row["said"], row["times"], row["sample"]) for row in term.chosen_senses],
        [(_sense_of(entry, row["said"]), row["times"], row["sample"]) for row in term.spelled_senses],
        [(row["said"], row["times"], row["sample"]) for row in term.cited_senses],
    ]
    is_genuine = any(not sample for rows in ways for _sense, _times, sample in rows)
    chosen, spelled, cited = (_sums(rows, with_samples=not is_genuine) for rows in ways)
    return {
        sense: Standing(chosen.get(sense, 0) + spelled.get(sense, 0), cited.get(sense, 0))
        for sense in chosen.keys() | spelled.keys() | cited.keys()
    }


def _sense_of(entry: TermEntry | None, words: str) -> int | None:
    sense = meant(entry, words) if entry else None
    return sense.id if sense else None


def _sums(rows: Iterable[tuple[int | None, int, bool]], *, with_samples: bool) -> dict[int, int]:
    found: dict[int, int] = {}
    for sense, times, sample in rows:
        if sense is not None and (with_samples or not sample):
            found[sense] = found.get(sense, 0) + times
    return found


def with_discussions(term: Any, reader: Reader, *, most: int) -> Any:
    """One term (a query for it) with the revisions of what its page shows of `most` threads and of evidence.

    The page is named by them, and by its figures: `uses_by_year`, `with_settled`.
    """
    using = threads_using(reader, Subquery(term.values("pk"))).values(row=JSONObject(pk="pk", revision="revision"))
    cited = evidence_for(reader, OuterRef("pk")).order_by("pk")
    rows = cited.values(row=JSONObject(pk="pk", stance="stance", revision="post__thread__revision"))
    return term.annotate(threads_shown=ArraySubquery(using[:most]), evidence_shown=ArraySubquery(rows[:EVIDENCE_READ]))
