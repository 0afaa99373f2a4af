"""What moderation keeps: reports, claims of imported posts, and the log, which is only ever added to."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from threads.models.posts import Post


class FlagReason(models.TextChoices):
    """Why a post is reported."""

    SPAM = "spam", _("Advertising or spam")
    ABUSE = "abuse", _("Insulting or threatening")
    PRIVATE = "private", _("Discloses something private or confidential")
    RIGHTS = "rights", _("Copied without permission")
    OTHER = "other", _("Something else")


class Flag(models.Model):
    """A member's report of a post: one a member and post, the newest words win."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="flags")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("reported by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="flags",
    )
    reason = models.CharField(_("reason"), max_length=8, choices=FlagReason.choices)
    note = models.TextField(_("what is wrong"), max_length=2000, blank=True)
    created_at = models.DateTimeField(_("reported at"), auto_now_add=True)

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        constraints = [
            models.UniqueConstraint(fields=["post", "by"], name="threads_flag_once"),
            models.CheckConstraint(condition=Q(reason__in=FlagReason.values), name="threads_flag_reason_known"),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}: {self.post_id}"


class ClaimKind(models.TextChoices):
    """What somebody asks for who finds their own words in an imported thread."""

    MINE = "mine", _("Put it under my name here")
    REMOVE = "remove", _("Remove it")


class Claim(models.Model):
    """“Is this yours?” of an imported post: a claim by a member, or a request for removal, which needs no account."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="claims")
    kind = models.CharField(_("what you ask for"), max_length=6, choices=ClaimKind.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("requested by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="claims",
    )
    contact = models.EmailField(_("your e-mail address"), blank=True)
    note = models.TextField(_("how a moderator can tell that it is yours"), max_length=2000, blank=True)
    created_at = models.DateTimeField(_("requested at"), auto_now_add=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    granted = models.BooleanField(_("granted"), null=True, blank=True)
    # What the moderator said to who asked.
    reason = models.CharField(max_length=500, blank=True, db_default="", editable=False)

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ClaimKind.values), name="threads_claim_kind_known"),
            models.CheckConstraint(
                condition=Q(decided_at=None, granted=None) | Q(decided_at__isnull=False, granted__isnull=False),
                name="threads_claim_decided_whole",
            ),
        ]
        indexes = [models.Index("created_at", condition=Q(decided_at=None), name="threads_claim_open")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.post_id}"


class ModerationEntry(models.Model):
    """What was done, by whom, to what and why. Plain ids and no names, so that it outlives its subjects.

    The web role of the database may insert and read here, and nothing else.
    """

    action = models.CharField(_("action"), max_length=40)
    subject = models.CharField(_("subject"), max_length=60, db_index=True)
    by_id = models.BigIntegerField(_("number of the member"), null=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("done at"), auto_now_add=True)
    # Of a move, for undoing it: {from, to, posts: [{id, was, is}]}, threads and posts by id, their numbers then.
    detail = models.JSONField(null=True, editable=False)

    class Meta:
        verbose_name = _("moderation entry")
        verbose_name_plural = _("moderation log")
        indexes = [GinIndex(fields=["detail"], opclasses=["jsonb_path_ops"], name="threads_moderationentry_detail")]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"
