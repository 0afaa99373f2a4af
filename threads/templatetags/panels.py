"""Panels of discussions on other apps' pages. Each costs exactly one query, whatever the rows."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django import template

from markup.slugs import key
from members.models import Member, Reader
from threads import uses
from threads.models import Evidence, EvidenceState, Post, WordUse
from threads.permissions import may_publish_evidence

register = template.Library()
# The only tags that ask the database while a template renders; a test refuses every other query.
PANELS = ("threads_using", "posts_by", "evidence_of_term", "uses_of", "undefined_here")
PANEL_ROWS = 5
UNDEFINED_ROWS = 12  # as `threads.actions.counting.TOP` watches
POSTS_SHOWN = 20
CHART_FROM = (3, 30)  # years and posts: fewer are told in words
CHART_HEIGHT, BAR, STEP = 48, 12, 16  # of the drawing, in its own units
EVIDENCE_OPEN = 5  # of one sense; the rest is folded


@register.inclusion_tag("threads/_threads_using.html")
def threads_using(term: Any, reader: Reader) -> dict[str, object]:
    """Threads whose posts use a term, newest activity first."""
    return {"threads": uses.threads_using(reader, term)[:PANEL_ROWS]}


@register.inclusion_tag("threads/_undefined_here.html")
def undefined_here(reader: Reader) -> dict[str, object]:
    """Acronyms that posts use and nobody has defined, those that most readers met first."""
    return {"acronyms": list(WordUse.objects.visible_to(reader).undefined().for_list()[:UNDEFINED_ROWS])}


@register.inclusion_tag("threads/_posts_by.html")
def posts_by(member: Member, reader: Reader) -> dict[str, object]:
    """A person's newest posts, each with its thread."""
    posts = Post.objects.visible_to(reader).published().filter(author=member)
    return {"posts": posts.for_list()[:POSTS_SHOWN]}


@dataclass
class SenseEvidence:
    """What rests on posts of one sense: what readers see, and, for curators, what waits."""

    rows: list[Evidence] = field(default_factory=list)
    waiting: int = 0

    @property
    def counted(self) -> list[Evidence]:
        """Samples are shown, and counted only where there is nothing else."""
        return [row for row in self.rows if not row.post.thread.is_sample] or self.rows

    @property
    def post_count(self) -> int:
        return len({row.post_id for row in self.counted})

    @property
    def people_count(self) -> int:
        """Named people, but one for each organisation: colleagues say the same, and nobody guesses at the unnamed."""
        named = [row.post for row in self.counted if row.post.author_name]
        names = {key(post.author_name) for post in named}
        return min(len(names), len({key(post.author_organisation or post.author_name) for post in named}))

    @property
    def organisation_count(self) -> int:
        named = (key(row.post.author_organisation) for row in self.counted if row.post.author_name)
        return len(set(filter(None, named)))

    @property
    def years(self) -> str:
        """From the first to the last, of posts whose date is known."""
        known = {row.written_at.year for row in self.counted if not row.post.thread.is_imported}
        return "–".join(map(str, sorted({min(known), max(known)}))) if known else ""


@register.simple_tag
def evidence_of_term(term: Any, reader: Reader) -> dict[int, SenseEvidence]:
    """The evidence for each sense of a term, by the sense's key: one query. Proposals are counted for curators."""
    found: dict[int, SenseEvidence] = {}
    rows = uses.evidence_for(reader, term)
    if may_publish_evidence(reader):
        rows = rows | Evidence.objects.proposed().filter(sense__namings__term=term)
    for row in rows.for_term_page()[: uses.EVIDENCE_READ]:
        about = found.setdefault(row.sense_id, SenseEvidence())
        if row.state == EvidenceState.PUBLISHED:
            about.rows.append(row)
        else:
            about.waiting += 1
    return found


@register.inclusion_tag("threads/_evidence.html")
def evidence_for(evidence: dict[int, SenseEvidence], sense: int) -> dict[str, object]:
    """The evidence for one sense, out of what `evidence_of_term` read; no query."""
    about = (evidence or {}).get(sense, SenseEvidence())
    return {"about": about, "open": about.rows[:EVIDENCE_OPEN], "folded": about.rows[EVIDENCE_OPEN:]}


@dataclass(frozen=True)
class Bar:
    """One year of a chart."""

    year: int
    posts: int
    x: int
    y: int
    height: int
    width: int = BAR


@dataclass(frozen=True)
class Uses:
    """How often posts with a known date use a term; `years` holds the number of posts of each year that has some.

    `undated` and `undated_threads` count imported posts, of which nobody knows when they were written.
    """

    posts: int = 0
    threads: int = 0
    undated: int = 0
    undated_threads: int = 0
    first: datetime | None = None
    latest: datetime | None = None
    years: dict[int, int] = field(default_factory=dict)

    @property
    def has_chart(self) -> bool:
        years, posts = CHART_FROM
        return self.posts >= posts and max(self.years) - min(self.years) + 1 >= years

    @property
    def width(self) -> int:
        return STEP * (max(self.years) - min(self.years) + 1)

    @property
    def bars(self) -> list[Bar]:
        """A bar for every year from the first to the last; one with a single post is still seen."""
        most, begin = max(self.years.values()), min(self.years)
        bars = []
        for year in range(begin, max(self.years) + 1):
            posts = self.years.get(year, 0)
            height = -(-posts * CHART_HEIGHT // most)
            bars.append(Bar(year, posts, STEP * (year - begin), CHART_HEIGHT - height, height))
        return bars


@register.inclusion_tag("threads/_uses.html")
def uses_of(term: Any, reader: Reader) -> dict[str, object]:
    """How often, from when to when: one query."""
    rows = list(uses.uses_by_year(reader, term))
    undated, of_them = next(((row["posts"], row["of_row"]) for row in rows if row["year"] is None), (0, 0))
    found = [row for row in rows if row["year"] is not None]
    if not found:
        return {"uses": Uses(undated=undated, undated_threads=of_them)}
    years = {row["year"]: row["posts"] for row in found}
    first, latest = min(row["first"] for row in found), max(row["latest"] for row in found)
    return {"uses": Uses(sum(years.values()), found[0]["threads"], undated, of_them, first, latest, years)}
