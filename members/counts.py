"""What the head of every page counts for its reader: columns of the one query that loads the member of a session.

What a form brings is mostly answered by a redirect, whose head nobody sees, and counting is dearer than a whole reply.
So the member who sends one is loaded without (`not_yet`), and `complete` counts when a page is written after all.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db.models.expressions import RawSQL

from members.models import Member

Column = Callable[[int], RawSQL]
_COLUMNS: dict[str, Column] = {}
_NOT_YET: ContextVar[bool] = ContextVar("not_yet", default=False)


def count_in_head(name: str, column: Column) -> None:
    """Let `user` have this number; `column` gets the member's key. The app that owns what is counted says so."""
    _COLUMNS[name] = column


def counted(member_id: int) -> dict[str, RawSQL]:
    """All of them, for `annotate`; none within `not_yet`."""
    return {} if _NOT_YET.get() else {name: column(member_id) for name, column in _COLUMNS.items()}


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
    row = Member.objects.filter(pk=member.pk).annotate(**counted(member.pk)).values(*_COLUMNS).first() or {}
    for name, count in row.items():
        setattr(member, name, count)
