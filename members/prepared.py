"""Queries whose SQL is written once: writing it anew costs the ORM several times what running it costs the database.

For what every page of a visitor and every post asks. Whatever is asked seldom stays with the ORM.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Model, QuerySet

# Values that no row has: each stands for one value while the SQL is written.
_STAND_INS: dict[type, Callable[[int], Any]] = {
    int: lambda place: 7_000_000_000_000_000_000 + place,
    str: lambda place: f"stands in for {place}",
    UUID: lambda place: UUID(int=place),
    datetime: lambda place: datetime(1, 1, 1 + place, tzinfo=UTC),
}


class _Written(NamedTuple):
    """SQL, and how the compiler that wrote it would make instances of its rows (Django's ModelIterable)."""

    sql: str
    params: tuple[Any, ...]
    model: type[Model]
    fields: dict[str, int]  # attributes of the model and where they stand in a row; none for a `values_list`
    annotated: dict[str, int]
    converters: dict[int, tuple[list[Callable[..., Any]], Any]]  # of what does not come as it is: JSON


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
        written = self._of_today()
        return self._rows(written, values) if written else []

    def first(self, **values: Any) -> Any:
        """The first row, of a query of a model's rows, with what was annotated; None where there is none."""
        written = self._of_today()
        if written is None or not (rows := self._rows(written, values)):
            return None
        row = list(rows[0])
        for place, (convert, column) in written.converters.items():
            for each in convert:
                row[place] = each(row[place], column, connection)
        found = written.model.from_db(DEFAULT_DB_ALIAS, written.fields, [row[at] for at in written.fields.values()])
        for name, at in written.annotated.items():
            setattr(found, name, row[at])
        return found

    def _rows(self, written: _Written, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        given = {self._stand_ins[name]: value for name, value in values.items()}
        params = [given.get(param, param) if type(param) in _STAND_INS else param for param in written.params]
        with connection.cursor() as cursor:
            cursor.execute(written.sql, params)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def _of_today(self) -> _Written | None:
        private = settings.PORTAL_PRIVATE
        if private not in self._kept:
            self._kept[private] = self._write()
        return self._kept[private]

    def _write(self) -> _Written | None:
        rows = self._build(**self._stand_ins)
        compiler = rows.query.get_compiler(connection=connection)
        try:
            sql, params = compiler.as_sql()
        except EmptyResultSet:  # `none()`: nothing is shown to visitors
            return None
        columns = [column for column, _sql, _alias in compiler.select]
        places = compiler.klass_info["select_fields"] if compiler.klass_info else ()
        fields = {columns[at].target.attname: at for at in places}
        return _Written(sql, params, rows.model, fields, compiler.annotation_col_map, compiler.get_converters(columns))
