"""What the head of every page counts for its reader: columns of the one query that loads the member of a session.

What a form brings is mostly answered by a redirect, whose head nobody sees, and counting is dearer than a whole reply.
So the member who sends one is loaded without (`not_yet`), and `complete` counts when a page is written after all.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from members.models import Member
from members.prepared import Prepared

Column = Callable[[int], RawSQL]
_COLUMNS: dict[str, Column] = {}
_NOT_YET: ContextVar[bool] = ContextVar("not_yet", default=False)


def count_in_head(name: str, column: Column) -> None:
    """Let `user` have this number; `column` gets the member's key. The app that owns what is counted says so."""
    _COLUMNS[name] = column


def _counting(pk: int) -> QuerySet[Any]:
    rows: QuerySet[Any] = Member.objects.filter(pk=pk).annotate(
        **{name: column(pk) for name, column in _COLUMNS.items()}
    )
    return rows


_alone = Prepared(lambda pk: Member.objects.filter(pk=pk), pk=int)
_with_counts = Prepared(_counting, pk=int)
_counts = Prepared(lambda pk: _counting(pk).values_list(*_COLUMNS), pk=int)


def member_of_session(pk: int) -> Member | None:
    """The member with this key, with what is counted but within `not_yet`; one statement."""
    found: Member | None = (_alone if _NOT_YET.get() else _with_counts).first(pk=pk)
    return found


@contextmanager
def not_yet() -> Iterator[None]:
    """Within this block members are loaded without these numbers."""
    before = _NOT_YET.set(True)
    try:
        yield
    finally:
        _NOT_YET.reset(before)


def complete(member: Member) -> None:
    """Count what `not_yet` left out; one statement, and none where the numbers are there."""
    if all(hasattr(member, name) for name in _COLUMNS):
        return
    for row in _counts(pk=member.pk):
        for name, count in zip(_COLUMNS, row, strict=True):
            setattr(member, name, count)
