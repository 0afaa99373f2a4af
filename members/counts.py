"""What the head of every page counts for its reader: columns of the one query that loads the member of a session.

What is answered to a form is mostly a redirect, whose head nobody sees: there they are counted when a page asks.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.db.models.expressions import RawSQL

from members.models import Member

Column = Callable[[int], RawSQL]
_COLUMNS: dict[str, Column] = {}
_ARE_FOR_A_PAGE: ContextVar[bool] = ContextVar("are_for_a_page", default=True)


class _Later:
    """A number that was not loaded with its member; the first that is asked for brings all of them."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, member: Member | None, _owner: type[Member]) -> Any:
        if member is None:
            return self
        row = Member.objects.filter(pk=member.pk).annotate(**_columns(member.pk)).values(*_COLUMNS).get()
        for name, count in row.items():
            setattr(member, name, count)
        return row[self.name]


def count_in_head(name: str, column: Column) -> None:
    """Let `user` have this number; `column` gets the member's key. The app that owns what is counted says so."""
    _COLUMNS[name] = column
    setattr(Member, name, _Later(name))


def count_for_a_page(*, is_page: bool) -> None:
    """Say at the beginning of a request whether it asks for a page or sends a form."""
    _ARE_FOR_A_PAGE.set(is_page)


def counted(member_id: int) -> dict[str, RawSQL]:
    """All of them, for `annotate`; none where a form was sent."""
    return _columns(member_id) if _ARE_FOR_A_PAGE.get() else {}


def _columns(member_id: int) -> dict[str, RawSQL]:
    return {name: column(member_id) for name, column in _COLUMNS.items()}
