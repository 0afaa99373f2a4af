"""The one way text is made searchable: `search_fold` of migration members 0002, on both sides of every search.

It stands in members because both apps above search, and the lowest one makes the function.
"""

from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db.models import Func, GeneratedField, TextField, Value

CONFIGURATION = "portal"  # english stems without accents, made in the same migration


class FoldedVector(Func):
    """The search document of one or more columns of a row."""

    template = "to_tsvector('portal', search_fold(%(expressions)s))"
    arg_joiner = " || ' ' || "
    output_field = SearchVectorField()


def searchable(*columns: str) -> GeneratedField:
    """A stored column with the search document of other columns of its row."""
    return GeneratedField(expression=FoldedVector(*columns), output_field=SearchVectorField(), db_persist=True)


def folded_query(words: str) -> SearchQuery:
    """All the words that a person typed, folded as the documents are."""
    folded = Func(Value(words), function="search_fold", output_field=TextField())
    return SearchQuery(folded, config=CONFIGURATION)


def any_of(words: str) -> SearchQuery:
    """The same, where any of the words is enough: for what is like a text."""
    return _AnyOf(Func(Value(words), function="search_fold", output_field=TextField()), config=CONFIGURATION)


class _AnyOf(SearchQuery):
    """`plainto_tsquery` parts words by &, and quotes what they hold."""

    def as_sql(self, compiler: Any, connection: Any, function: Any = None, template: Any = None) -> Any:  # type: ignore[override]
        sql, params = super().as_sql(compiler, connection, function, template)
        return f"replace({sql}::text, ' & ', ' | ')::tsquery", params
