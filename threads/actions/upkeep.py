"""What operators run: counters."""

from collections.abc import Callable, Iterator

from django.db import transaction

from threads.actions import steps
from threads.models import Thread

COUNTERS = ("post_count", "people_count", "country_count", "unattributed_count", "last_post_id", "last_posted_at")
Drift = dict[str, tuple[object, object]]


def recount_all(*, repair: bool, progress: Callable[[], object]) -> Iterator[tuple[Thread, Drift]]:
    """Go through all threads, one transaction each; yields those whose counters had drifted, as (stored, true)."""
    for pk in Thread.objects.order_by("pk").values_list("pk", flat=True).iterator():
        thread, drift = _recount_one(pk, repair=repair)
        progress()
        if drift:
            yield thread, drift


@transaction.atomic(durable=True)
def _recount_one(pk: int, *, repair: bool) -> tuple[Thread, Drift]:
    thread = steps.lock_thread(pk)
    stored = {name: getattr(thread, name) for name in COUNTERS}
    steps.recount(thread)
    drift = {name: (stored[name], getattr(thread, name)) for name in COUNTERS if stored[name] != getattr(thread, name)}
    if not (repair and drift):
        transaction.set_rollback(True)
    return thread, drift
