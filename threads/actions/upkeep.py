"""What operators run: counters, and texts that an older version has rendered."""

from collections.abc import Callable, Iterator

from django.db import transaction
from django.db.models import Max

from markup.render import RENDERER_VERSION, Unrenderable
from members.permissions import Refused
from threads.actions import references, steps, words
from threads.models import Post, Thread

LOOKED_THROUGH = 10_000  # posts by one statement: no index knows what rendered them
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


def render_again(progress: Callable[[], object]) -> int:
    """Render the posts that an older version has rendered, one transaction each; returns how many could not be.

    What they refer to and are found by follows. Whoever is quoted was told when the post was written.
    """
    newest = Post.objects.aggregate(newest=Max("pk"))["newest"] or 0
    old = Post.objects.filter(renderer_version__lt=RENDERER_VERSION).only("thread_id")
    left = 0
    for start in range(0, newest, LOOKED_THROUGH):
        for post in list(old.filter(pk__gt=start, pk__lte=start + LOOKED_THROUGH).order_by("pk")):
            left += 0 if _render_one(post) else 1
            progress()
    return left


@transaction.atomic(durable=True)
def _render_one(post: Post) -> bool:
    try:
        thread, post = steps.lock_post(post)
        columns = steps.rendered(post.body)
    except (Refused, Unrenderable):  # it is gone, or refused by limits that came after it
        return False
    for name, value in columns.items():
        setattr(post, name, value)
    post.save(update_fields=list(columns))
    words.index_again(post)
    if not thread.is_imported:  # whose numbers are those of another place
        references.lock(post)
        references.note(post, anew=True)
    steps.grow(thread)
    references.tell(post)
    return True
