"""What the head of every page counts for its reader: columns of the one query that loads the member of a session."""

from collections.abc import Callable

from django.db.models.expressions import RawSQL

Column = Callable[[int], RawSQL]
_COLUMNS: dict[str, Column] = {}


def count_in_head(name: str, column: Column) -> None:
    """Let `user` have this number; `column` gets the member's key. The app that owns what is counted says so."""
    _COLUMNS[name] = column


def counted(member_id: int) -> dict[str, RawSQL]:
    """All of them, for `annotate`."""
    return {name: column(member_id) for name, column in _COLUMNS.items()}
