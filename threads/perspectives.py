"""Who speaks, by kind of role, sector, size of the organisation and country: people by name, as their posts show them.

What a post does not show it does not hold either (`shown_as`), so nothing here can tell more than the posts do.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.core.exceptions import BadRequest
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.functional import Promise
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext as _, gettext_lazy
from django_countries import countries

from members.models import OrganisationSize, Reader, RoleFamily, Sector
from threads.models import Post, PostState, Thread

ENOUGH_PEOPLE = 8  # fewer than these are people one knows, not a perspective
ENOUGH_FAMILIES = 3
BARS_SHOWN = 12  # of one chart; the rest are summed up

Rows = TypeVar("Rows", bound=QuerySet[Any, Any])


@dataclass(frozen=True)
class Dimension:
    """One way to tell people apart: the name of its query value, the column of a post, and what it may hold."""

    name: str
    column: str
    title: str | Promise
    choices: Iterable[tuple[str, Any]]

    @property
    def labels(self) -> dict[str, str]:
        """What each value is called in the reader's language."""
        return {value: str(label) for value, label in self.choices}


DIMENSIONS = (
    Dimension("role", "author_role_family", gettext_lazy("Kind of role"), RoleFamily.choices),
    Dimension("sector", "author_sector", gettext_lazy("Sector"), Sector.choices),
    Dimension("size", "author_organisation_size", gettext_lazy("Size of the organisation"), OrganisationSize.choices),
    Dimension("country", "author_country", gettext_lazy("Country"), countries),
)
NAMES = tuple(dimension.name for dimension in DIMENSIONS)
COLUMNS = tuple(dimension.column for dimension in DIMENSIONS)
ANYONE, STARTER = "anyone", "starter"
WHO = {ANYONE: gettext_lazy("whoever takes part"), STARTER: gettext_lazy("who started it")}


@dataclass(frozen=True)
class Chosen:
    """What an address asks for: nothing, or one value of each of some dimensions, held by the same post."""

    values: Mapping[str, str] = field(default_factory=dict)
    who: str = ANYONE

    def __bool__(self) -> bool:
        return bool(self.values)

    @property
    def query(self) -> str:
        """The same as query values, in one order, for links that keep it; empty for nothing."""
        who = {"who": self.who} if self.values and self.who != ANYONE else {}
        return urlencode({**self.values, **who})

    @property
    def columns(self) -> dict[str, str]:
        """What a post must hold."""
        return {each.column: self.values[each.name] for each in DIMENSIONS if each.name in self.values}

    def holds_for(self, post: Post) -> bool:
        """Whether a post holds all of it."""
        return all(str(getattr(post, column)) == value for column, value in self.columns.items())

    @property
    def words(self) -> list[str]:
        """What was chosen, in the reader's language."""
        return [each.labels[self.values[each.name]] for each in DIMENSIONS if each.name in self.values]


def asked_for(said: Mapping[str, str]) -> Chosen:
    """What the query values `role`, `sector`, `size`, `country` and `who` ask for; empty ones ask for nothing.

    Raises `BadRequest` with a sentence for a value that is none.
    """
    values = {}
    for each in DIMENSIONS:
        value = said.get(each.name, "").strip()
        value = value.upper() if each.name == "country" else value
        if value and value not in each.labels:
            raise BadRequest(
                _("“%(name)s=%(value)s” chooses nothing here: there is no such value. Choose it from the form.")
                % {"name": each.name, "value": value[:40]}
            )
        if value:
            values[each.name] = value
    who = said.get("who", "") or ANYONE
    if who not in WHO:
        raise BadRequest(_("“who” is “anyone” or “starter”, not “%(who)s”.") % {"who": who[:40]})
    return Chosen(values, who)


def held_by(threads: Rows, chosen: Chosen) -> Rows:
    """Those of these threads in which somebody speaks, or which somebody started, of whom the chosen values hold."""
    if not chosen:
        return threads
    posts = Post.objects.filter(thread=OuterRef("pk"), state=PostState.PUBLISHED, **chosen.columns)
    return threads.filter(Exists(posts.filter(number=1) if chosen.who == STARTER else posts))


@dataclass(frozen=True)
class Bar:
    """How many people hold one value; `query` chooses it beside what is chosen already, or takes it back."""

    label: str
    people: int
    query: str
    is_chosen: bool


@dataclass(frozen=True)
class Chart:
    """People by one dimension, the most first. `unsaid` say nothing of it, `rest` hold one of `more` further values."""

    name: str
    title: str
    bars: list[Bar]
    most: int
    unsaid: int
    more: int
    rest: int


def speakers(thread: Thread, reader: Reader, chosen: Chosen) -> list[Chart]:
    """Who speaks in a thread: one query, or none where too few do, for then nothing is drawn.

    The charts are of the whole thread, whatever is chosen: a filter never draws a smaller group. Who spoke in two
    roles counts for both.
    """
    if thread.people_count < ENOUGH_PEOPLE:
        return []
    posts = Post.objects.visible_to(reader).filter(thread=thread, state=PostState.PUBLISHED).named()
    rows = set(posts.exclude(author_name="").order_by().values_list("author_name", *COLUMNS).distinct())
    return _charts(rows, chosen) if _is_enough(rows) else []


def speakers_of(posts: Iterable[Post], chosen: Chosen) -> list[Chart]:
    """The same of posts that are read already; no query."""
    named = (post for post in posts if post.author_name and post.is_named)
    rows = {(post.author_name, *(str(getattr(post, column)) for column in COLUMNS)) for post in named}
    return _charts(rows, chosen) if _is_enough(rows) else []


def _is_enough(rows: set[tuple[str, ...]]) -> bool:
    names, families = {row[0] for row in rows}, {row[1] for row in rows if row[1]}
    return len(names) >= ENOUGH_PEOPLE and len(families) >= ENOUGH_FAMILIES


def _charts(rows: set[tuple[str, ...]], chosen: Chosen) -> list[Chart]:
    charts = []
    for place, each in enumerate(DIMENSIONS, start=1):
        people = {value: {row[0] for row in rows if row[place] == value} for value in {row[place] for row in rows}}
        unsaid = people.pop("", set()) - set().union(*people.values())
        if people:
            charts.append(_chart(each, {value: len(names) for value, names in people.items()}, len(unsaid), chosen))
    return charts


def _chart(dimension: Dimension, people: dict[str, int], unsaid: int, chosen: Chosen) -> Chart:
    labels = dimension.labels
    now = chosen.values.get(dimension.name)
    bars = []
    for value, count in people.items():
        others = {name: said for name, said in chosen.values.items() if name != dimension.name}
        query = Chosen(others if value == now else {**chosen.values, dimension.name: value}).query
        bars.append(Bar(labels.get(value, value), count, query, value == now))
    bars.sort(key=lambda bar: (-bar.people, bar.label))
    shown = [bar for place, bar in enumerate(bars) if place < BARS_SHOWN or bar.is_chosen]
    rest = [bar.people for bar in bars if bar not in shown]
    most = max(bar.people for bar in bars)
    return Chart(dimension.name, str(dimension.title), shown, most, unsaid, len(rest), sum(rest))


@dataclass(frozen=True)
class Gap:
    """Posts that a filter leaves out between two that it shows, with the first of them for the way there."""

    count: int
    first: Post
    last: Post


def leave_out(posts: list[Any], numbers: set[int]) -> tuple[list[Any], Gap | None]:
    """Those of a page's posts that have one of these numbers, each with the `gap` before it, and the last gap."""
    kept: list[Any] = []
    left: list[Any] = []
    for post in posts:
        if post.number in numbers:
            post.gap = _gap(left)
            kept.append(post)
            left = []
        else:
            left.append(post)
    return kept, _gap(left)


def _gap(left: list[Any]) -> Gap | None:
    return Gap(len(left), left[0], left[-1]) if left else None


@dataclass(frozen=True)
class Select:
    """One field of the form above lists."""

    name: str
    title: str
    options: SafeString


def form_of(chosen: Chosen) -> list[Select]:
    """The fields of the form that filters a list, with what is chosen."""
    language = get_language() or ""
    selects = [
        Select(each.name, str(each.title), _options(place, chosen.values.get(each.name, ""), language))
        for place, each in enumerate(DIMENSIONS)
    ]
    who = format_html_join("", _OPTION, ((value, _selected(value, chosen.who), label) for value, label in WHO.items()))
    return [*selects, Select("who", _("Of"), who)]


_OPTION = '<option value="{}"{}>{}</option>'


@lru_cache(maxsize=500)
def _options(place: int, now: str, language: str) -> SafeString:
    """Kept, because a list of all countries takes longer to write than the page around it; `language` is in the key."""
    del language
    every = [("", _("all")), *DIMENSIONS[place].labels.items()]
    return format_html_join("", _OPTION, ((value, _selected(value, now), label) for value, label in every))


def _selected(value: str, now: str) -> SafeString:
    return SafeString(" selected" if value == now else "")
