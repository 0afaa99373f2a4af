"""What reading leaves behind: how far, what was kept, what was said with one click, what is followed."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models import Member, Reader
from threads.models.posts import Post, PostQuerySet
from threads.models.tags import Tag, ThreadTag
from threads.models.threads import Thread, ThreadQuerySet

REACTING_SHOWN = 20  # names at a post, of each kind of reaction


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


class Bookmark(models.Model):
    """A post that a member keeps, with a note of their own that nobody else reads."""

    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="bookmarks")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="bookmarks")
    note = models.CharField(_("note"), max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "post"], name="threads_bookmark_once")]
        indexes = [models.Index("member", F("created_at").desc(), F("id").desc(), name="threads_bookmark_newest")]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.post_id}"


class ReactionKind(models.TextChoices):
    """What a reader may say of a post without writing one."""

    AGREE = "agree", _("agree")
    HELPED = "helped", _("helped me")


class Reaction(models.Model):
    """“Agree” or “helped me”: shown with names, never totalled on a profile."""

    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reactions")
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="reactions")
    kind = models.CharField(max_length=6, choices=ReactionKind.choices)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["post", "member", "kind"], name="threads_reaction_once"),
            models.CheckConstraint(condition=Q(kind__in=ReactionKind.values), name="threads_reaction_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.kind} {self.post_id}"


def with_reactions(posts: PostQuerySet, reader: Reader) -> PostQuerySet:
    """Posts with who agreed and whom they helped, and what this reader did, in the same statement.

    `agreed` and `helped` hold {name, username, total} of the first active members, `total` of all of them;
    `own_reactions` the kinds that are the reader's own, `is_saved` whether they keep the post.
    """
    rows: PostQuerySet = posts.annotate(agreed=_reacting(ReactionKind.AGREE), helped=_reacting(ReactionKind.HELPED))
    if not reader.is_authenticated:
        return rows
    own = Reaction.objects.filter(post=OuterRef("pk"), member=reader.pk)
    mine: PostQuerySet = rows.annotate(
        own_reactions=ArraySubquery(own.order_by("kind").values("kind")),
        is_saved=Exists(Bookmark.objects.filter(post=OuterRef("pk"), member=reader.pk)),
    )
    return mine


def _reacting(kind: ReactionKind) -> ArraySubquery:
    people: QuerySet[Reaction] = Reaction.objects.filter(post=OuterRef("pk"), kind=kind, member__is_active=True)
    said = JSONObject(name="member__name", username="member__username", total=Window(Count("pk")))
    return ArraySubquery(people.order_by("pk").values(row=said)[:REACTING_SHOWN])


SUBJECTS = ("thread", "tag", "term", "person")


class FollowLevel(models.TextChoices):
    """What reaches a member of something."""

    ALL = "all", _("everything new")
    MENTIONS = "mentions", _("only when I am mentioned or quoted")
    MUTED = "muted", _("nothing")


class FollowQuerySet(models.QuerySet["Follow"]):
    def level_of(self, reader: Reader, subject: str) -> Subquery:
        """What a reader said of a thread, tag, term or person, as a column of a query of these; null for nothing."""
        return Subquery(self.filter(member=reader.pk, **{subject: OuterRef("pk")}).values("level"))

    def for_list(self, reader: Reader) -> Self:
        """What a reader said, with the thread, tag or person it is of, and `is_shown`: whether they see that by now.

        Of terms the lexicon knows.
        """
        shown = (
            Exists(Thread.objects.visible_to(reader).filter(pk=OuterRef("thread")))
            | Exists(Tag.objects.visible_to(reader).filter(pk=OuterRef("tag")))
            | Exists(Member.objects.visible_to(reader).filter(pk=OuterRef("person")))
        )
        return self.filter(member=reader.pk).select_related("thread", "tag", "person").annotate(is_shown=shown)

    def is_muted(self, reader: Reader) -> Q:
        """A condition on threads: that a reader wants nothing of it, or of a tag of it and has said nothing of it."""
        own = self.filter(member=reader.pk, thread=OuterRef("pk"))
        muted = self.filter(member=reader.pk, level=FollowLevel.MUTED)
        by_tag = muted.filter(tag__taggings__content_object=OuterRef("pk"))
        return Q(Exists(own.filter(level=FollowLevel.MUTED))) | Q(~Exists(own), Exists(by_tag))


def followed_by(threads: ThreadQuerySet, reader: Reader) -> ThreadQuerySet:
    """Threads that a reader follows: themselves, by a tag, or by who started them under their name; none that is muted.

    By keys found first, so that the list goes on being read in its own order.
    """
    own = Follow.objects.filter(member=reader.pk)
    heard = own.filter(level=FollowLevel.ALL)
    by_tag = ThreadTag.objects.filter(tag__in=heard.filter(tag__isnull=False).values("tag"))
    by_person = Post.objects.named().filter(number=1, author__in=heard.filter(person__isnull=False).values("person"))
    chosen = own.filter(thread__isnull=False, level__in=[FollowLevel.ALL, FollowLevel.MENTIONS])
    return threads.filter(
        Q(pk__in=chosen.values("thread"))
        | Q(pk__in=by_tag.values("content_object"))
        | Q(pk__in=by_person.values("thread"))
    ).exclude(pk__in=own.filter(thread__isnull=False, level=FollowLevel.MUTED).values("thread"))


class Follow(models.Model):
    """That a member wants to hear of a thread, a tag, a term or a person, or wants to hear nothing."""

    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="follows")
    level = models.CharField(max_length=8, choices=FollowLevel.choices, default=FollowLevel.ALL)
    thread = models.ForeignKey(Thread, null=True, on_delete=models.CASCADE, related_name="follows")
    tag = models.ForeignKey(Tag, null=True, on_delete=models.CASCADE, related_name="follows")
    term = models.ForeignKey("glossary.Term", null=True, on_delete=models.CASCADE, related_name="follows")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="followed_by"
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = FollowQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(thread__isnull=False, tag=None, term=None, person=None)
                    | Q(thread=None, tag__isnull=False, term=None, person=None)
                    | Q(thread=None, tag=None, term__isnull=False, person=None)
                    | Q(thread=None, tag=None, term=None, person__isnull=False)
                ),
                name="threads_follow_exactly_one",
            ),
            models.CheckConstraint(condition=Q(level__in=FollowLevel.values), name="threads_follow_level_known"),
            *(
                models.UniqueConstraint(
                    fields=[subject, "member"],
                    condition=~Q(**{subject: None}),
                    name=f"threads_follow_{subject}_once",
                )
                for subject in SUBJECTS
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.level}"

    @property
    def subject(self) -> str:
        """What kind of thing it is of: `thread`, `tag`, `term` or `person`."""
        return next(name for name in SUBJECTS if getattr(self, f"{name}_id"))
