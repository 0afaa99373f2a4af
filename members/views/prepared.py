"""Queries of visitors' pages whose SQL is written once: writing it anew costs several times what running it does."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

# Numbers that no row has; each stands for one value while the SQL is written.
_FIRST_STAND_IN = 7_000_000_000_000_000_000


class Prepared:
    """A query as the ORM writes it for visitors, kept as SQL; call it with the values that `build` takes by name.

    `build` gets whole numbers and returns a `values_list` QuerySet that starts
    from `visible_to` of a visitor. The SQL is kept for each answer of
    `PORTAL_PRIVATE`, the one setting that decides what visitors see.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], *names: str) -> None:
        self._build = build
        self._stand_ins = {name: _FIRST_STAND_IN + place for place, name in enumerate(names)}
        self._written: dict[bool, tuple[str, tuple[Any, ...]] | None] = {}

    def __call__(self, **values: int) -> list[tuple[Any, ...]]:
        """All rows."""
        private = settings.PORTAL_PRIVATE
        if private not in self._written:
            self._written[private] = self._write()
        written = self._written[private]
        if written is None:
            return []
        sql, params = written
        given = {self._stand_ins[name]: value for name, value in values.items()}
        with connection.cursor() as cursor:
            cursor.execute(sql, [_given(param, given) for param in params])
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def _write(self) -> tuple[str, tuple[Any, ...]] | None:
        try:
            return self._build(**self._stand_ins).query.sql_with_params()
        except EmptyResultSet:  # `none()`: nothing is shown to visitors
            return None


def _given(param: Any, given: dict[int, int]) -> Any:
    return given.get(param, param) if isinstance(param, int) else param
