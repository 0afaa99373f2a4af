"""What belongs to writing: drafts, references between posts, earlier titles."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, Max, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, JSONObject
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models import Reader
from threads.models.posts import Post, PostQuerySet, PostState, ShownAs
from threads.models.threads import Thread, ThreadState

REFERRED_BY_SHOWN = 10


class DraftQuerySet(models.QuerySet["Draft"]):
    def of_thread(self, reader: Reader) -> Any:
        """The reader's draft of the outer query's thread as a row for `Draft.read`; null for none and for visitors."""
        if not reader.is_authenticated:
            return Value(None, output_field=models.JSONField())
        return _as_row(self.filter(member=reader, thread=OuterRef("pk")))

    def of_post(self, reader: Reader) -> Any:
        """The same of the post of the outer query, which the reader edits."""
        return _as_row(self.filter(member=reader.pk, post=OuterRef("pk")))

    def to_start(self) -> Self:
        """Those of discussions that are not started yet, newest first."""
        return self.filter(thread=None, post=None).order_by("-updated_at", "-pk")

    def for_list(self, reader: Reader) -> Self:
        """Newest first, each with its thread or post and `is_shown`: whether its owner still sees that."""
        threads = Thread.objects.visible_to(reader).filter(pk=OuterRef("thread"))
        posts = Post.objects.visible_to(reader).filter(pk=OuterRef("post"))
        rows: Self = self.select_related("thread", "post__thread").annotate(is_shown=Exists(threads) | Exists(posts))
        return rows.order_by("-updated_at", "-pk")


def _as_row(drafts: DraftQuerySet) -> Subquery:
    columns = ("id", "token", "body", "shown_as", "based_on", "revision", "updated_at")
    return Subquery(drafts.values(row=JSONObject(**{name: name for name in columns})))


class Draft(models.Model):
    """What a member has typed and not posted.

    One for each thread they reply in, one for each post they edit, one for each form that starts a thread.
    """

    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="drafts")
    thread = models.ForeignKey(Thread, null=True, on_delete=models.CASCADE, related_name="drafts")
    # Of an edit: the post, whose thread may become another one, and the revision of it that the text was begun on.
    post = models.ForeignKey(Post, null=True, on_delete=models.CASCADE, related_name="drafts", db_index=False)
    based_on = models.PositiveIntegerField(null=True)
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

    objects = DraftQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member", "thread"], condition=~Q(thread=None), name="threads_draft_of_thread_once"
            ),
            models.UniqueConstraint(
                fields=["post", "member"], condition=~Q(post=None), name="threads_draft_of_post_once"
            ),
            models.UniqueConstraint(fields=["member", "token"], name="threads_draft_token_once"),
            models.CheckConstraint(
                condition=Q(post=None, based_on=None) | Q(thread=None, post__isnull=False, based_on__isnull=False),
                name="threads_draft_of_one_thing",
            ),
        ]
        indexes = [models.Index("member", F("updated_at").desc(), name="threads_draft_newest")]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.thread_id or self.post_id or self.token}"

    @classmethod
    def read(cls, row: dict[str, Any] | None) -> "Draft | None":
        """A draft as `of_thread` brought it."""
        if row is None:
            return None
        return cls(**row | {"token": UUID(row["token"]), "updated_at": datetime.fromisoformat(row["updated_at"])})

    @property
    def typed(self) -> dict[str, Any]:
        """What a form begins with that goes on with it."""
        return {
            "title": self.title,
            "context": self.context,
            "body": self.body,
            "tags": [name for name in self.tags.split(", ") if name],
            "shown_as": self.shown_as or ShownAs.EVERYTHING,
            "token": self.token,
            "draft": self.revision,
            "based_on": self.based_on,
        }


class ReferenceKind(models.TextChoices):
    """How a post refers to another."""

    QUOTE = "quote", _("quotes")
    WITHIN = "within", _("quotes what it quotes")
    NUMBER = "number", _("names its number")


class Reference(models.Model):
    """That a post quotes another, or names it as “#12”: kept by id, so that it follows the post wherever it moves.

    Who is quoted only within another quotation is `WITHIN`: that is shown, and told nobody.
    """

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="references")
    target = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="referred_by")
    kind = models.CharField(max_length=6, choices=ReferenceKind.choices)
    # The number as it was written; today's is shown.
    number = models.PositiveIntegerField(null=True)
    # Of each quotation, in the order in which the page fills them in: [the newest revision of the quoted post in which
    # readers find its words, when that was written], 0 where they find them in none; null: nobody has looked.
    stands_in = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["post", "target", "kind", "number"], nulls_distinct=False, name="threads_reference_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=ReferenceKind.values), name="threads_reference_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.post_id} {self.kind} {self.target_id}"


def with_references(posts: PostQuerySet) -> PostQuerySet:
    """Posts with what they refer to and who refers to them, as far as everybody sees it, in the same statement.

    `referred` and `referring` hold rows of `row_at` of the other post;
    `named_people` the usernames that the text names.
    """
    shown = {"state": PostState.PUBLISHED, "thread__state": ThreadState.PUBLISHED}
    targets = Reference.objects.filter(post=OuterRef("pk"), **{f"target__{name}": is_ for name, is_ in shown.items()})
    sources = Reference.objects.filter(target=OuterRef("pk"), **{f"post__{name}": is_ for name, is_ in shown.items()})
    people = PersonMention.objects.filter(post=OuterRef("pk"), member__is_active=True)
    rows: PostQuerySet = posts.annotate(
        referred=ArraySubquery(targets.order_by("pk").values(row=row_at("target", stands_in="stands_in"))),
        referring=ArraySubquery(
            sources.order_by("post").distinct("post").values(row=row_at("post"))[:REFERRED_BY_SHOWN]
        ),
        named_people=ArraySubquery(people.order_by("pk").values("member__username")),
    )
    return rows


def row_at(end: str = "", **said: Any) -> JSONObject:
    """What is shown of a post where another refers to it, and what the reference says: `kind`, `written`, `stands_in`.

    Of the post itself, or of the one at an end of a query of references.
    """
    post = f"{end}__" if end else ""
    return JSONObject(
        id=f"{post}pk",
        number=f"{post}number",
        thread=f"{post}thread_id",
        name=f"{post}author_name",
        role=f"{post}author_role",
        shown=f"{post}shown_as",
        revision=f"{post}revision",
        imported=Q(**{f"{post}thread__source_digest__isnull": False}),
        **({"kind": "kind", "written": "number"} if end else {}),
        **said,
    )


class PersonMention(models.Model):
    """That a post names a member as “@name”."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="person_mentions")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mentioned_in")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["post", "member"], name="threads_personmention_once")]

    def __str__(self) -> str:
        return f"{self.member_id} in {self.post_id}"


class ThreadRevisionQuerySet(models.QuerySet["ThreadRevision"]):
    def version(self) -> int:
        """The number of the version that stands now; the first is written down with the first change."""
        return self.aggregate(newest=Max("number"))["newest"] or 1

    def last_written_at(self) -> Subquery:
        """When the thread of an outer query got what stands above it now; null where that never changed."""
        newest = self.filter(thread=OuterRef("pk"), number__gt=1).order_by("-number")
        return Subquery(newest.values("written_at")[:1])

    def visible_to(self, reader: Reader, thread: Thread) -> Self:
        """The versions of a thread (itself visible) that a reader may see.

        What a moderator took out stays out, as with posts: versions before the newest one that somebody else than
        the starter wrote are for starter and moderators only.
        """
        versions = self.filter(thread=thread)
        if reader.is_authenticated and (reader.is_moderator or reader.pk == thread.starter_id):
            return versions
        foreign = versions.exclude(written_by=thread.starter_id).order_by("-number").values("number")[:1]
        return versions.filter(number__gte=Coalesce(foreign, 1))


class ThreadRevision(models.Model):
    """Title, situation and tags of a thread at one time: kept from its first change on, those of today included."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=200)
    context = models.CharField(max_length=200, blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    written_at = models.DateTimeField()

    objects = ThreadRevisionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["thread", "number"], name="threads_threadrevision_once")]

    def __str__(self) -> str:
        return f"{self.thread_id}/{self.number}"

    @property
    def lines(self) -> str:
        """All of it as text, a line for each, to be read and compared."""
        return "\n".join(filter(None, (self.title, self.context, ", ".join(self.tags))))
