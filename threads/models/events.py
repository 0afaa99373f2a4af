"""What happened to a thread and stands as a quiet line between its posts."""

from typing import Self

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import OuterRef, Q
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from threads.models.threads import POSTS_PER_PAGE, Thread, ThreadQuerySet


class EventKind(models.TextChoices):
    """What happened."""

    CAME = "came", _("posts came from another thread")
    LEFT = "left", _("posts went to another thread")


class ThreadEventQuerySet(models.QuerySet["ThreadEvent"]):
    def shown(self) -> Self:
        """Where posts went that were brought back, all is as it was; where they had come, their numbers are missing.

        Of posts that readers did not see, nothing is told.
        """
        return self.exclude(kind=EventKind.LEFT, undone_at__isnull=False).filter(count__gt=0)

    def on_page(self, page: int) -> Self:
        last = page * POSTS_PER_PAGE
        return self.filter(number__gt=last - POSTS_PER_PAGE, number__lte=last)


class ThreadEvent(models.Model):
    """Something that happened at a place of a thread: rows are added, and nothing of them changes but `undone_at`.

    It stands above the post of its number, or where that would stand. No name: who did it stands in the log.
    """

    thread = models.ForeignKey(Thread, db_index=False, on_delete=models.CASCADE, related_name="events")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=EventKind.choices)
    # Of posts that readers saw then; and the thread they came from or went to, with the place of the line there.
    count = models.PositiveIntegerField(default=0)
    other = models.ForeignKey(Thread, null=True, on_delete=models.SET_NULL, related_name="+")
    other_number = models.PositiveIntegerField(null=True)
    at = models.DateTimeField(default=timezone.now)
    undone_at = models.DateTimeField(null=True)
    # Of the log's entry: a plain id, as the log is.
    act = models.BigIntegerField(db_index=True)

    objects = ThreadEventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=EventKind.values), name="threads_threadevent_kind_known")
        ]
        indexes = [models.Index("thread", "number", name="threads_threadevent_by_place")]

    def __str__(self) -> str:
        return f"{self.kind} {self.thread_id}/{self.number}"


def with_events(threads: ThreadQuerySet, page: int) -> ThreadQuerySet:
    """Threads with `happened`, the lines of one page in their order, in the same statement: columns of `ThreadEvent`.

    What the other threads are called is asked for where there are lines: most pages have none.
    """
    rows = ThreadEvent.objects.shown().on_page(page).filter(thread=OuterRef("pk")).order_by("number", "pk")
    columns = ("number", "kind", "count", "other_number", "at", "undone_at")
    row = JSONObject(**{name: name for name in columns}, other="other_id")
    found: ThreadQuerySet = threads.annotate(happened=ArraySubquery(rows.values(row=row)))
    return found
