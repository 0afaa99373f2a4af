"""Who is quoted and named in posts, as of today: what the page writes where a text refers to somebody."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from html import escape
from itertools import compress
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import F, Q, Value
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from markup import references
from markup.images import names_in
from markup.references import Quotation
from markup.render import Unrenderable, render
from markup.text import own_text
from markup.verbatim import folded, says
from members.models import Member
from threads.models import Post, PostRevision, PostState, ReferenceKind, Thread, ThreadState
from threads.models.writing import row_at

VISITOR = AnonymousUser()
# Of quoted posts that were edited, so much is looked into, under the lock of the thread that is written in: 64 KB of
# nothing but items of a list take most of a second to render.
VERSIONS = 20  # of all, at least one of each
CHARACTERS = 100_000
Standing = tuple[int, str]  # as `Reference.stands_in` holds it
NOWHERE: Standing = (0, "")


def fill(posts: Iterable[Any]) -> None:
    """Fill in what posts (from `with_references`) refer to: in `html`, where a page has marked terms, else in a copy.

    A quoted post that is no longer shown takes its words out of every quotation.
    """
    for post in posts:
        html = getattr(post, "html", post.body_html)
        if post.referred or post.named_people or "data-post" in html:
            html = write(html, post.referred, post.named_people, here=post.thread_id)
        post.html = html
        post.referrers = [_as_post(row) for row in post.referring]


def write(html: str, rows: Iterable[dict[str, Any]], people: Iterable[str], *, here: int | None) -> str:
    """HTML with its references filled in from `referred` rows and usernames; `here` is the thread that it stands in."""
    shown = {row["id"]: _as_post(row) for row in rows}
    numbers = {row["written"]: _number(shown[row["id"]], here) for row in rows if row["kind"] == ReferenceKind.NUMBER}
    links = {name.lower(): _person(name) for name in people}
    quoted = {row["id"]: (row, iter(row["stands_in"] or ())) for row in rows if row["kind"] != ReferenceKind.NUMBER}

    def quote(pk: int, inner: str) -> str:
        if pk in quoted:
            row, standing = quoted[pk]
            return _quotation(shown[pk], row, _number(shown[pk], here), next(standing, None), inner)
        return f'<blockquote class="cited gone"><p>{escape(_("The quoted post is no longer shown."))}</p></blockquote>'

    return references.write(html, quote=quote, numbers=numbers, people=links)


def resolve(html: str, thread: Thread | None, *, post: Post | None = None) -> tuple[list[dict[str, Any]], list[Member]]:
    """What a text refers to that everybody sees: rows as `referred` holds them, and confirmed members named in it.

    `post` is the one whose text it is, where that was there before.
    """
    found = references.find(html)
    rows: list[dict[str, Any]] = []
    people: list[Member] = []
    if found.quoted:
        rows += _quoted(found)
    if found.numbers and thread and thread.pk:
        rows += _numbered(found.numbers, thread, post)
    if found.names:
        names = [name.lower() for name in found.names]
        confirmed = Q(is_sample=True) | Q(emailaddress__verified=True)
        members = Member.objects.annotate(lower_username=Lower("username")).filter(lower_username__in=names)
        people = list(members.filter(confirmed, is_active=True).distinct())
    return rows, people


def _numbered(numbers: list[int], thread: Thread, post: Post | None) -> list[dict[str, Any]]:
    """The rows of numbers: of what this post has meant by them, wherever that stands by now, else of the thread's."""
    rows: list[dict[str, Any]] = []
    if post is not None:
        known = post.references.filter(kind=ReferenceKind.NUMBER, number__in=numbers)
        shown = Q(target__state=PostState.PUBLISHED, target__thread__state=ThreadState.PUBLISHED)
        meant = list(known.annotate(is_shown=shown).values_list("number", row_at("target"), "is_shown"))
        rows = [row for _number, row, is_shown in meant if is_shown]
        numbers = [number for number in numbers if number not in {each[0] for each in meant}]
    named = Post.objects.published().filter(thread=thread, number__in=numbers)
    row = row_at(kind=Value(ReferenceKind.NUMBER.value), written=F("number"))
    return rows + list(named.values_list(row, flat=True))


def _quoted(found: references.Found) -> list[dict[str, Any]]:
    """The rows of quotations, with where their words stand."""
    rows = Post.objects.published().filter(pk__in=found.quoted).annotate(row=row_at(written=F("number")))
    posts: list[Any] = list(rows.defer("body", "search", "own_search"))
    standing = where_standing(found.quotations, posts)
    kinds = {True: ReferenceKind.WITHIN.value, False: ReferenceKind.QUOTE.value}
    return [{**post.row, "kind": kinds[found.quoted[post.pk]], "stands_in": standing[post.pk]} for post in posts]


# --- Whose words a quotation holds ------------------------------------------------------------------------------------
def where_standing(quotations: Iterable[Quotation], posts: Iterable[Post]) -> dict[int, list[Standing]]:
    """For each quoted post the versions in which everybody finds the words of its quotations, the newest of each.

    One statement, and that only where they do not stand in the text of today.
    """
    by_post = defaultdict[int, list[str]](list)
    for quotation in quotations:
        by_post[quotation.post].append(quotation.html)
    found: dict[int, list[Standing]] = {}
    for post in posts:
        now = (post.revision, (post.edited_at or post.created_at).isoformat())
        holds = _holds(post.body_html, by_post[post.pk])
        found[post.pk] = [now if each else NOWHERE for each in holds]
    for version, html in _earlier([post for post in posts if post.revision > 1 and NOWHERE in found[post.pk]]):
        standing = found[version.post_id]
        then = (version.number, version.written_at.isoformat())
        missing = [place for place, each in enumerate(standing) if each == NOWHERE]
        holds = _holds(html, [by_post[version.post_id][place] for place in missing])
        for place in compress(missing, holds):
            standing[place] = then
    return found


def _holds(html: str, quoted: list[str]) -> list[bool]:
    """Whether a post's own text holds the words and pictures of each quotation."""
    text, pictures = folded(own_text(html)), set(names_in(html))
    return [says(text, own_text(each)) and pictures.issuperset(names_in(each)) for each in quoted]


def _earlier(posts: list[Post]) -> Iterator[tuple[PostRevision, str]]:
    """What visitors may read of earlier versions, the newest of each post first, as HTML."""
    if not posts:
        return
    most = max(VERSIONS // len(posts), 1)
    readable = [PostRevision.objects.visible_to(VISITOR, post).order_by("-number")[:most] for post in posts]
    left = CHARACTERS
    versions = PostRevision.objects.none().union(*readable, all=True)
    for version in sorted(versions, key=lambda version: version.number, reverse=True):
        left -= len(version.body)
        if left < 0:
            return
        try:
            yield version, render(version.body)
        except Unrenderable:  # by limits that came after it
            continue


# --- What the page writes ---------------------------------------------------------------------------------------------
def _as_post(row: dict[str, Any]) -> Post:
    return Post(
        pk=row["id"],
        number=row["number"],
        author_name=row["name"],
        author_role=row["role"],
        shown_as=row["shown"],
        thread_id=row["thread"],
    )


def _quotation(post: Post, row: dict[str, Any], place: str, standing: Standing | None, inner: str) -> str:
    """Under the name of who wrote the words; where the post does not hold them, nobody says that these are theirs."""
    role = f", {escape(post.author_role)}" if post.author_role else ""
    number, at = standing or (row["revision"], "")
    if number == 0:
        who = f'<span dir="auto">{escape(post.byline_in_sentence)}{role}</span>'
        said = escape(_("These words do not stand in %(post)s by %(who)s")) % {"post": place, "who": who}
        return f'<blockquote class="cited loose"><p class="cited-by">{said}</p>{inner}</blockquote>'
    head = f'<span dir="auto">{escape(post.byline)}{role}</span> {place}'
    if number < row["revision"]:
        as_of = _("as copied on %(date)s") if row["imported"] else _("as written on %(date)s")
        head += " · " + escape(as_of % {"date": _date(at)})
    return f'<blockquote class="cited"><p class="cited-by">{head}</p>{inner}</blockquote>'


def _date(at: str) -> str:
    return formats.date_format(timezone.localtime(datetime.fromisoformat(at)), "LONG_DATE_FORMAT")


def _number(post: Post, here: int | None) -> str:
    """Its number of today, which is one of `here` only where it says nothing else."""
    link = f'<a href="{post.permanent_url()}" rel="nofollow">#{post.number}</a>'
    return link if post.thread_id == here else escape(_("%(post)s in another discussion")) % {"post": link}


def _person(username: str) -> str:
    return f'<a href="{reverse("person", args=[username])}">@{escape(username)}</a>'
