"""What a member has read: how far they came in each thread."""

from django.conf import settings
from django.db import models
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from members.models import Reader
from threads.models.threads import Thread


class ReadMarkQuerySet(models.QuerySet["ReadMark"]):
    def up_to(self, reader: Reader) -> Subquery:
        """How far this reader has read, as a column of a query of threads; null where they were not yet."""
        return Subquery(self.filter(member=reader.pk, thread=OuterRef("pk")).values("number"))


class ReadMark(models.Model):
    """The highest number of a post that was on a page this member opened: one row for a member and thread.

    Only members have one; what visitors read is kept nowhere.
    """

    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="read_marks")
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="read_marks")
    number = models.PositiveIntegerField()
    read_at = models.DateTimeField(default=timezone.now)

    objects = ReadMarkQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "thread"], name="threads_readmark_once")]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.thread_id} up to #{self.number}"
