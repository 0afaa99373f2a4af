"""Lines between the posts of a page: what happened to the thread there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from threads.models import POSTS_PER_PAGE, EventKind


@dataclass(frozen=True)
class Line:
    """One of them. `title` and `address` are empty where the reader does not see the other thread."""

    name: str
    count: int
    title: str
    address: str
    at: datetime
    came: bool
    went_back: bool


def place(posts: Sequence[Any], rows: Iterable[dict[str, Any]]) -> list[Line]:
    """Give each post of a page its `happened`, the lines above it; returns those under the last post.

    `rows` are those of `with_events`.
    """
    left = [(row["number"], _line(row)) for row in rows]
    for post in posts:
        post.happened = [line for number, line in left if number <= post.number]
        left = [(number, line) for number, line in left if number > post.number]
    return [line for _number, line in left]


def _line(row: dict[str, Any]) -> Line:
    undone = row["undone_at"]
    return Line(
        name=f"{row['kind']}-{row['number']}",
        count=row["count"],
        title=row["title"] or "",
        address=_address(row) if row["title"] else "",
        at=datetime.fromisoformat(undone or row["at"]),
        came=row["kind"] == EventKind.CAME,
        went_back=bool(undone),
    )


def _address(row: dict[str, Any]) -> str:
    """The place of the other line, unless it is gone with a move that was undone: then the post's place."""
    thread = reverse("thread", args=[row["other"], row["slug"]])
    page = (row["other_number"] - 1) // POSTS_PER_PAGE + 1
    kind = EventKind.LEFT if row["kind"] == EventKind.CAME else EventKind.CAME
    place_there = "" if row["undone_at"] else f"#{kind}-{row['other_number']}"
    return f"{thread}{f'?page={page}' if page > 1 else ''}{place_there}"
