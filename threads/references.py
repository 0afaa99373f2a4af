"""Who is quoted and named in posts, as of today: what the page writes where a text refers to somebody."""

from collections.abc import Iterable
from html import escape
from typing import Any

from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.translation import gettext as _

from markup import references
from members.models import Member
from threads.models import Post, ReferenceKind, Thread


def fill(posts: Iterable[Any]) -> None:
    """Fill in what posts (from `with_references`) refer to: in `html`, where a page has marked terms, else in a copy.

    A quoted post that is no longer shown takes its words out of every quotation.
    """
    for post in posts:
        html = getattr(post, "html", post.body_html)
        if post.referred or post.named_people or "data-post" in html:
            html = write(html, post.referred, post.named_people)
        post.html = html
        post.referrers = [_as_post(row) for row in post.referring]


def write(html: str, rows: Iterable[dict[str, Any]], people: Iterable[str]) -> str:
    """HTML with its references filled in from `referred` rows and usernames."""
    shown = {row["id"]: _as_post(row) for row in rows}
    numbers = {row["written"]: _number(shown[row["id"]]) for row in rows if row["kind"] == ReferenceKind.NUMBER}
    links = {name.lower(): _person(name) for name in people}

    def quote(pk: int, inner: str) -> str:
        if post := shown.get(pk):
            return f'<blockquote class="cited">{_head(post)}{inner}</blockquote>'
        return f'<blockquote class="cited gone"><p>{escape(_("The quoted post is no longer shown."))}</p></blockquote>'

    return references.write(html, quote=quote, numbers=numbers, people=links)


def resolve(html: str, thread: Thread | None) -> tuple[list[dict[str, Any]], list[Member]]:
    """What a text refers to that everybody sees: rows as `referred` holds them, and confirmed members named in it."""
    found = references.find(html)
    rows: list[dict[str, Any]] = []
    people: list[Member] = []
    if found.quoted:
        rows += _rows(Post.objects.published().filter(pk__in=found.quoted), ReferenceKind.QUOTE)
    if found.numbers and thread and thread.pk:
        named = Post.objects.published().filter(thread=thread, number__in=found.numbers)
        rows += _rows(named, ReferenceKind.NUMBER)
    if found.names:
        names = [name.lower() for name in found.names]
        confirmed = Q(is_sample=True) | Q(emailaddress__verified=True)
        members = Member.objects.annotate(lower_username=Lower("username")).filter(lower_username__in=names)
        people = list(members.filter(confirmed, is_active=True).distinct())
    return rows, people


def _rows(posts: Any, kind: str) -> list[dict[str, Any]]:
    columns = ("pk", "number", "thread_id", "author_name", "author_role", "shown_as")
    return [
        {
            "id": row["pk"],
            "kind": kind,
            "written": row["number"],
            "number": row["number"],
            "thread": row["thread_id"],
            "name": row["author_name"],
            "role": row["author_role"],
            "shown": row["shown_as"],
        }
        for row in posts.values(*columns)
    ]


def _as_post(row: dict[str, Any]) -> Post:
    return Post(
        pk=row["id"],
        number=row["number"],
        author_name=row["name"],
        author_role=row["role"],
        shown_as=row["shown"],
        thread_id=row["thread"],
    )


def _head(post: Post) -> str:
    role = f", {escape(post.author_role)}" if post.author_role else ""
    number = f'<a href="{post.permanent_url()}" rel="nofollow">#{post.number}</a>'
    return f'<p class="cited-by"><span dir="auto">{escape(post.byline)}{role}</span> {number}</p>'


def _number(post: Post) -> str:
    return f'<a href="{post.permanent_url()}" rel="nofollow">#{post.number}</a>'


def _person(username: str) -> str:
    return f'<a href="{reverse("person", args=[username])}">@{escape(username)}</a>'
