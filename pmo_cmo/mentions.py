"""Finding the mentions of words anew after the glossary changed: beside the discussions, in batches, locking no post.

The glossary writes what it changed (`SpellingChange`), threads know the posts:
neither knows the other, so the two are joined here. The worker looks every
second. All of it may run twice, and several at once.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile

from django.db import connection
from django.db.models import Q

from glossary.actions.spellings import mark_respelled
from glossary.models import SpellingChange
from members.search import folded_query
from threads.actions.words import BATCH, index_posts
from threads.models import Post

CHANGES = (
    40  # asked for by the search index; of more, as of an import of a glossary, one walk over all posts costs less
)
REST = 1.0  # part of the time a batch took that nothing is done after it, so that replies have the machine as well
SAVED = 2.0  # seconds of a walk that a killed worker does again
PATIENCE = 20  # seconds: who writes longer is waited for at the next look

Progress = Callable[[int], object]


def catch_up() -> bool:
    """Do what is open; False when somebody still writes with the glossary of before, so that it must be done later."""
    while changes := list(SpellingChange.objects.filter(done_at=None).order_by("done_up_to", "pk")):
        changes = list(takewhile(lambda change: change.done_up_to == changes[0].done_up_to, changes))  # noqa: B023 now
        # Whoever read the glossary before the change has committed when the walk begins; who reads it later is right.
        if not changes[0].done_up_to and not _writers_are_done():
            return False
        _walk(changes)
        mark_respelled(changes, up_to=0, is_done=True)
    return True


def _walk(changes: Sequence[SpellingChange]) -> None:
    """Find the mentions of the posts that may hold one of these spellings, from where the walk was left."""
    wanted = _holding([change.text for change in changes]) if len(changes) <= CHANGES else Q()
    saved_at = time.monotonic()
    for ids in _batches(wanted, after=changes[0].done_up_to):
        begun = time.monotonic()
        index_posts(ids)
        time.sleep(REST * (time.monotonic() - begun))
        if time.monotonic() - saved_at > SAVED:
            mark_respelled(changes, up_to=ids[-1], is_done=False)
            saved_at = time.monotonic()


def index_all(progress: Progress) -> None:
    """Find the mentions of all posts; `progress` is told how many more are done."""
    for ids in _batches(Q(), after=0):
        index_posts(ids)
        progress(len(ids))


def _batches(wanted: Q, *, after: int) -> Iterator[list[int]]:
    while ids := list(Post.objects.filter(wanted, pk__gt=after).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        yield ids
        after = ids[-1]


def _holding(spellings: Sequence[str]) -> Q:
    """Posts that may hold one of these spellings."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT text FROM unnest(%s) AS text WHERE numnode(plainto_tsquery('portal', search_fold(text))) = 0",
            [list(spellings)],
        )
        unsearchable = {row[0] for row in cursor.fetchall()}  # stop words alone, like “as is”
    wanted = Q(pk__in=[])
    for text in spellings:
        wanted |= Q(body__icontains=text) if text in unsearchable else Q(search=folded_query(text))
    return wanted


WRITING = """
    SELECT lock.transactionid::text
    FROM pg_locks AS lock JOIN pg_stat_activity AS process ON process.pid = lock.pid
    WHERE lock.locktype = 'transactionid' AND lock.mode = 'ExclusiveLock' AND lock.granted
        AND process.datname = current_database() AND process.pid <> pg_backend_pid()
"""


def _writers_are_done() -> bool:
    """Wait for the other transactions of this database that write at this moment."""
    waited_for, end = _writing(), time.monotonic() + PATIENCE
    while waited_for and time.monotonic() < end:
        time.sleep(0.05)
        waited_for &= _writing()
    return not waited_for


def _writing() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(WRITING)
        return {row[0] for row in cursor.fetchall()}
