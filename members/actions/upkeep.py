"""What has served its time goes: done jobs, ended sessions, forgotten counters.

Each call takes out at most `BATCH` rows and returns how many: the role that
serves pages may spend five seconds on a statement, however big a table grew.
"""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.cache.backends.db import DatabaseCache
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from members.models import Notification

BATCH = 1000
KEEP_DONE = timedelta(days=1)  # a job holds its whole mail, with the link in it
KEEP_FAILED = timedelta(days=14)  # somebody should look at them
KEEP_READ = timedelta(days=90)  # a quarter: who looks back further searches the discussions
KEEP_UNREAD = timedelta(days=366)  # who comes back after a year away begins anew


@transaction.atomic(durable=True)
def forget_jobs() -> int:
    """Take out jobs that are done since a day, and failed ones after two weeks."""
    now = timezone.now()
    done = Q(status="SUCCESSFUL", finished_at__lt=now - KEEP_DONE)
    failed = Q(status="FAILED", finished_at__lt=now - KEEP_FAILED)
    return _first_of(DBTaskResult.objects.filter(done | failed))


@transaction.atomic(durable=True)
def forget_notifications(*, but: Collection[str]) -> int:
    """Take out rows of inboxes that were read a quarter ago, and unread ones after a year; `but` names kinds that stay.

    What waits to be mailed stays as well.
    """
    now = timezone.now()
    rows = Notification.objects.filter(created_at__lt=now - KEEP_READ).exclude(mailed_at=None)  # by the index of ages
    rows = rows.filter(Q(read_at__lt=now - KEEP_READ) | Q(read_at=None, created_at__lt=now - KEEP_UNREAD))
    return _first_of(rows.exclude(kind__in=but))


@transaction.atomic(durable=True)
def forget_sessions() -> int:
    """Take out sessions that have ended."""
    return _first_of(Session.objects.filter(expire_date__lt=timezone.now()))


@transaction.atomic(durable=True)
def forget_cache_rows() -> int:
    """Take expired rows out of the cache's table; none where Redis holds the cache, which does so itself."""
    cache = caches["default"]
    if not isinstance(cache, DatabaseCache):
        return 0
    table = connection.ops.quote_name(cache._table)  # type: ignore[attr-defined]  # noqa: SLF001  there is no public name for it
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} WHERE cache_key IN "  # noqa: S608 a name of the settings
            f"(SELECT cache_key FROM {table} WHERE expires < %s LIMIT %s)",
            [timezone.now(), BATCH],
        )
        return int(cursor.rowcount)


def _first_of(rows: QuerySet[Any]) -> int:
    """Delete a batch, whichever: the order would cost a sort of them all."""
    keys = list(rows.order_by().values_list("pk", flat=True)[:BATCH])
    gone: int = rows.model._default_manager.filter(pk__in=keys).delete()[0]  # noqa: SLF001  Django documents it
    return gone
