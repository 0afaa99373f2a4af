"""Queries whose SQL is written once: writing it anew costs the ORM several times what running it costs the database.

For what every page of a visitor and every post asks. Whatever is asked seldom stays with the ORM.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet
from django.db.models.query import RawQuerySet

# Values that no row has: each stands for one value while the SQL is written.
_STAND_INS: dict[type, Callable[[int], Any]] = {
    int: lambda place: 7_000_000_000_000_000_000 + place,
    str: lambda place: f"stands in for {place}",
    UUID: lambda place: UUID(int=place),
    datetime: lambda place: datetime(1, 1, 1 + place, tzinfo=UTC),
}


class _Written(NamedTuple):
    sql: str
    params: tuple[Any, ...]
    model: type[Model]
    converters: Sequence[tuple[str, Any, Callable[..., Any]]]  # of what is annotated and does not come as it is: JSON


class Prepared:
    """A query as the ORM writes it, kept as SQL; call it with the values that `build` takes by name.

    `build` gets stand-ins of the given types; what it returns may depend on nothing else. A query of what visitors
    see starts from `visible_to` as any other: the SQL is kept for each answer of `PORTAL_PRIVATE`, the one setting
    that decides what they see.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], **kinds: type) -> None:
        self._build = build
        self._stand_ins = {name: _STAND_INS[kind](place) for place, (name, kind) in enumerate(kinds.items())}
        self._kept: dict[bool, _Written | None] = {}

    def __call__(self, **values: Any) -> list[tuple[Any, ...]]:
        """All rows, of a query that ends in `values_list`."""
        written = self._with(values)
        if written is None:
            return []
        with connection.cursor() as cursor:
            cursor.execute(written.sql, written.params)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def first(self, **values: Any) -> Any:
        """The first row, of a query of a model's rows, with what was annotated; None where there is none."""
        written = self._with(values)
        rows = RawQuerySet(written.sql, model=written.model, params=written.params) if written else ()
        for found in rows:
            for name, annotated, convert in written.converters:  # type: ignore[union-attr]  # there is a row
                setattr(found, name, convert(getattr(found, name), annotated, connection))
            return found
        return None

    def _with(self, values: dict[str, Any]) -> "_Written | None":
        private = settings.PORTAL_PRIVATE
        if private not in self._kept:
            self._kept[private] = self._write()
        kept = self._kept[private]
        if kept is None:
            return None
        given = {self._stand_ins[name]: value for name, value in values.items()}
        params = tuple(given.get(param, param) if type(param) in _STAND_INS else param for param in kept.params)
        return kept._replace(params=params)

    def _write(self) -> "_Written | None":
        rows = self._build(**self._stand_ins)
        try:
            sql, params = rows.query.sql_with_params()
        except EmptyResultSet:  # `none()`: nothing is shown to visitors
            return None
        converters = [
            (name, annotated, convert)
            for name, annotated in rows.query.annotation_select.items()
            for convert in annotated.get_db_converters(connection)
        ]
        return _Written(sql, params, rows.model, converters)
