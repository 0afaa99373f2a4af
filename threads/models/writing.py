"""What belongs to writing: drafts, images, references between posts, earlier titles."""

from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from threads.models.posts import Post
from threads.models.threads import Thread


class Draft(models.Model):
    """What a member has typed and not posted: one for each thread they reply in, one for each form that starts one."""

    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    thread = models.ForeignKey(Thread, null=True, on_delete=models.CASCADE, related_name="drafts")
    # Of the form: a draft and the post that it becomes carry the same.
    token = models.UUIDField(default=uuid4, editable=False)
    title = models.CharField(max_length=200, blank=True)
    context = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True)
    tags = models.CharField(max_length=300, blank=True)
    shown_as = models.CharField(max_length=8, blank=True)
    # Grows with each save: a second tab that saves over a newer text is told, and both texts stay.
    revision = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member", "thread"], condition=~Q(thread=None), name="threads_draft_of_thread_once"
            ),
            models.UniqueConstraint(fields=["member", "token"], name="threads_draft_token_once"),
        ]
        indexes = [models.Index("member", F("updated_at").desc(), name="threads_draft_newest")]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.thread_id or self.token}"


class Image(models.Model):
    """A picture that a member put into a text: decoded and written anew, under a random name."""

    member = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="images")
    # The first post that shows it; without one it is collected after a while.
    post = models.ForeignKey(Post, null=True, on_delete=models.SET_NULL, related_name="images")
    name = models.CharField(max_length=80, unique=True)
    widths = ArrayField(models.PositiveIntegerField(), default=list)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")
        indexes = [
            models.Index("created_at", condition=Q(post=None), name="threads_image_orphaned"),
        ]

    def __str__(self) -> str:
        return self.name


class ReferenceKind(models.TextChoices):
    """How a post refers to another."""

    QUOTE = "quote", _("quotes")
    NUMBER = "number", _("names its number")


class Reference(models.Model):
    """That a post quotes another, or names it as “#12”: kept by id, so that it follows the post wherever it moves."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="references")
    target = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="referred_by")
    kind = models.CharField(max_length=6, choices=ReferenceKind.choices)
    # The number as it was written; today's is shown.
    number = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["post", "target", "kind", "number"], nulls_distinct=False, name="threads_reference_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=ReferenceKind.values), name="threads_reference_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.post_id} {self.kind} {self.target_id}"


class PersonMention(models.Model):
    """That a post names a member as “@name”."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="person_mentions")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mentioned_in")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "member"], name="threads_personmention_once")]

    def __str__(self) -> str:
        return f"{self.member_id} in {self.post_id}"


class ThreadRevision(models.Model):
    """An earlier title, situation and tags of a thread."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    context = models.CharField(max_length=200, blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    written_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["thread", "number"], name="threads_threadrevision_once")]

    def __str__(self) -> str:
        return f"{self.thread_id}/{self.number}"
