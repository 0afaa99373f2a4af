"""The cache that all processes share, in a table of the database."""

from typing import Any

from django.core.cache.backends.db import DatabaseCache
from django.db import OperationalError, connection


class SharedCache(DatabaseCache):
    """Django's, which takes a refused write for a key that is there already.

    Limits would then tell people of a read-only database that they are too
    fast. Raises `OperationalError` instead, which is answered like any other.
    """

    def add(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> bool:
        if super().add(key, value, *args, **kwargs):
            return True
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_read_only")
            if cursor.fetchone()[0] == "on":
                raise OperationalError("The database is read-only.")
        return False
