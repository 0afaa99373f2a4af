"""Panels of discussions on other apps' pages. Each costs exactly one query, whatever the rows."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django import template
from django.db.models import Q, Subquery

from markup.slugs import key
from members.models import Member, Reader
from threads import uses
from threads.models import Evidence, EvidenceState, Follow, Post, WordUse
from threads.permissions import may_publish_evidence
from threads.perspectives import Chart, Chosen, speakers_of

register = template.Library()
# The only tags that ask the database while a template renders; a test refuses every other query.
PANELS: tuple[str, ...] = (
    "threads_using",
    "posts_by",
    "threads_by",
    "terms_helped_by",
    "evidence_of_term",
    "uses_of",
    "undefined_here",
)
PANELS += ("follow_of",)
PANEL_ROWS = 5
UNDEFINED_ROWS = 12  # as `threads.actions.counting.TOP` watches
POSTS_SHOWN = 20
THREADS_SHOWN = 10
TERMS_SHOWN = 100
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
def posts_by(member: Member, reader: Reader, before: int | None = None) -> dict[str, object]:
    """A person's newest posts, each with its thread; those older than the post `before`, where it is given."""
    return _page_of(_named_posts(member, reader), before, POSTS_SHOWN)


@register.inclusion_tag("threads/_threads_by.html")
def threads_by(member: Member, reader: Reader, before: int | None = None) -> dict[str, object]:
    """The threads that a person started under their name, the newest first: by their first posts."""
    return _page_of(_named_posts(member, reader).filter(number=1), before, THREADS_SHOWN)


@register.inclusion_tag("threads/_terms_helped_by.html")
def terms_helped_by(member: Member, reader: Reader) -> dict[str, object]:
    """Terms whose published meanings rest on posts that stand under a person's name."""
    rows = Evidence.objects.visible_to(reader).filter(
        post__in=_named_posts(member, reader), sense__state="published", sense__namings__kind="preferred"
    )
    names = ("sense__namings__term__text", "sense__namings__term__slug")
    found = rows.order_by(*names).values_list(*names).distinct()[:TERMS_SHOWN]
    return {"terms": [{"text": text, "slug": slug} for text, slug in found]}


def _named_posts(member: Member, reader: Reader) -> Any:
    """Posts that may stand on a person's page: those that say who wrote them, and no others, not even counted."""
    return Post.objects.visible_to(reader).published().named().filter(author=member)


def _page_of(posts: Any, before: int | None, shown: int) -> dict[str, object]:
    if before:
        written = Subquery(Post.objects.filter(pk=before).values("created_at"))
        posts = posts.filter(Q(created_at__lt=written) | Q(created_at=written, pk__lt=before))
    rows = list(posts.for_list()[: shown + 1])
    return {"posts": rows[:shown], "before": rows[shown - 1].pk if len(rows) > shown else None, "is_first": not before}


@register.inclusion_tag("threads/_follow.html", takes_context=True)
def follow_of(context: Any, kind: str, subject: Any, address: str) -> dict[str, object]:
    """What the reader hears of a term or a person, with the form at `address` to change it; no query for visitors."""
    reader: Reader = context["user"]
    said = Follow.objects.filter(member=reader.pk, **{kind: subject.pk}) if reader.is_authenticated else None
    return {
        "action": address,
        "level": said.values_list("level", flat=True).first() if said is not None else None,
        "user": reader,
        "csrf_token": context.get("csrf_token"),
    }


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


class TermEvidence(dict[int, SenseEvidence]):
    """The evidence of a term by the keys of its senses, who speaks in all of it, and how much a filter leaves."""

    charts: list[Chart]
    total = shown = unattributed = 0
    is_too_few = False


@register.simple_tag
def evidence_of_term(term: Any, reader: Reader, chosen: Chosen | None = None) -> TermEvidence:
    """The evidence for each sense of a term, by the sense's key: one query. Proposals are counted for curators.

    `chosen` leaves that of certain people, where enough speak for anything to be told by who they are.
    """
    found = TermEvidence()
    rows = uses.evidence_for(reader, term)
    if may_publish_evidence(reader):
        rows = rows | Evidence.objects.proposed().filter(sense__namings__term=term)
    read = list(rows.for_term_page()[: uses.EVIDENCE_READ])
    chosen = chosen or Chosen()
    posts = {row.post_id: row.post for row in read if row.state == EvidenceState.PUBLISHED}
    found.charts = speakers_of(posts.values(), chosen)
    found.unattributed = sum(1 for post in posts.values() if not post.author_name)
    found.is_too_few = bool(chosen) and not found.charts
    for row in read:
        about = found.setdefault(row.sense_id, SenseEvidence())
        if row.state != EvidenceState.PUBLISHED:
            about.waiting += 1
            continue
        found.total += 1
        if found.is_too_few or chosen.holds_for(row.post):
            found.shown += 1
            about.rows.append(row)
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
