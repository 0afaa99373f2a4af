"""Lines between the posts of a page: what happened to the thread there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from members.models import Reader
from threads.models import POSTS_PER_PAGE, EventKind, Thread


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


def place(posts: Sequence[Any], rows: Sequence[dict[str, Any]], reader: Reader) -> list[Line]:
    """Give each post of a page its `happened`, the lines above it; returns those under the last post.

    `rows` are those of `with_events`. One query, where there are any.
    """
    others = {row["other"] for row in rows}
    seen = Thread.objects.visible_to(reader).only("title", "slug").in_bulk(others) if others else {}
    left = [(row["number"], _line(row, seen.get(row["other"]))) for row in rows]
    for post in posts:
        post.happened = [line for number, line in left if number <= post.number]
        left = [(number, line) for number, line in left if number > post.number]
    return [line for _number, line in left]


def _line(row: dict[str, Any], other: Thread | None) -> Line:
    undone = row["undone_at"]
    return Line(
        name=f"{row['kind']}-{row['number']}",
        count=row["count"],
        title=other.title if other else "",
        address=_address(row, other) if other else "",
        at=datetime.fromisoformat(undone or row["at"]),
        came=row["kind"] == EventKind.CAME,
        went_back=bool(undone),
    )


def _address(row: dict[str, Any], other: Thread) -> str:
    """The place of the other line; where the move was undone that is gone, and its page is left."""
    page = (row["other_number"] - 1) // POSTS_PER_PAGE + 1
    kind = EventKind.LEFT if row["kind"] == EventKind.CAME else EventKind.CAME
    place_there = "" if row["undone_at"] else f"#{kind}-{row['other_number']}"
    return f"{other.get_absolute_url()}{f'?page={page}' if page > 1 else ''}{place_there}"
