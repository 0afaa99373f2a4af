"""What members were told while they wrote."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class ToldWord(models.Model):
    """That a member was told of an acronym while writing, and in which text: in no other are they told again."""

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, db_index=False, on_delete=models.CASCADE, related_name="told_words"
    )
    key = models.CharField(max_length=240)
    # Of the form, and so of its draft and post; one made from its place where a text has none.
    token = models.UUIDField()
    told_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "key"], name="threads_toldword_once")]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.key}"
