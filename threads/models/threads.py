"""A thread: a question or a statement, and the posts under it."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, OuterRef, Q
from django.db.models.functions import JSONObject, Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models import ReadableQuerySet, Reader
from members.search import folded_query, searchable
from threads.models.tags import Tag, ThreadTag

POSTS_PER_PAGE = 25
THREADS_PER_PAGE = 25


class ThreadState(models.TextChoices):
    """Whether readers see a thread at all."""

    PUBLISHED = "published", _("published")
    HIDDEN = "hidden", _("hidden by a moderator")


class ThreadQuerySet(ReadableQuerySet):
    def _shown_to(self, reader: Reader) -> Self:
        """Published threads that hold a published post; one's own in any state; a moderator sees all."""
        if reader.is_authenticated and reader.is_moderator:
            return self
        public = Q(state=ThreadState.PUBLISHED, post_count__gt=0)
        return self.filter(public | Q(starter=reader) if reader.is_authenticated else public)

    def listed(self) -> Self:
        """What belongs on lists, feeds and home: moderators meet hidden threads in the admin, not here."""
        return self.filter(state=ThreadState.PUBLISHED, post_count__gt=0).annotate(listed_at=F("last_posted_at"))

    def unanswered(self) -> Self:
        return self.filter(post_count=1)

    def tagged(self, tag: Tag) -> Self:
        """Those with this tag, listed by the tagging's own copy of the sort key: one index scan."""
        return self.filter(taggings__tag=tag).annotate(listed_at=F("taggings__last_posted_at"))

    def pinned(self) -> Self:
        """Threads a moderator keeps on top for now."""
        return self.filter(pinned_until__gt=Now())

    def genuine(self) -> Self:
        """Without the sample content: for feeds, sitemap and mail."""
        return self.filter(is_sample=False)

    def indexable(self) -> Self:
        """What search engines may keep: no samples, and imports only when the operator says so."""
        threads = self.genuine()
        return threads if settings.IMPORTS_INDEXED else threads.filter(source_digest=None)

    def search(self, words: str) -> Self:
        """Threads whose title holds all these words."""
        return self.filter(search=folded_query(words))

    def with_tags(self) -> Self:
        """Each with `tag_list`: its tags as [{name, slug}], in the same statement."""
        tags = (
            ThreadTag.objects.filter(content_object=OuterRef("pk"))
            .order_by("tag__key")
            .values(pair=JSONObject(name="tag__name", slug="tag__slug"))
        )
        return self.annotate(tag_list=ArraySubquery(tags))

    def for_list(self) -> Self:
        """`listed()` threads, newest activity first, with tags, starter and last post: one statement."""
        return self.with_tags().select_related("starter", "last_post").order_by("-listed_at", "-pk")

    def for_page(self) -> Self:
        """One thread with what its head shows: one statement."""
        return self.with_tags().select_related("starter")


class Thread(models.Model):  # type: ignore[django-manager-missing]
    """A discussion. Its identity is its id: title, state and tags may change, its address stays."""

    title = models.CharField(_("title"), max_length=200)
    context = models.CharField(
        _("your situation"),
        max_length=200,
        blank=True,
        db_default="",
        help_text=_("Sector, size and stage in one line, like “public sector, 2,000 people, PMO in its first year”."),
    )
    slug = models.SlugField(max_length=90, allow_unicode=True, editable=False)
    starter = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="threads_started"
    )
    state = models.CharField(_("state"), max_length=9, choices=ThreadState.choices, default=ThreadState.PUBLISHED)
    state_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    state_at = models.DateTimeField(null=True, blank=True)
    state_reason = models.CharField(_("reason for the state"), max_length=500, blank=True)
    locked_at = models.DateTimeField(_("locked at"), null=True, blank=True)
    locked_reason = models.CharField(_("reason for locking"), max_length=500, blank=True)
    pinned_until = models.DateTimeField(_("pinned until"), null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    # Recomputed under this row's lock from the published posts; `manage.py recount` finds drift.
    post_count = models.PositiveIntegerField(_("posts"), default=0)
    people_count = models.PositiveIntegerField(default=0)
    country_count = models.PositiveIntegerField(default=0)
    unattributed_count = models.PositiveIntegerField(default=0)
    last_posted_at = models.DateTimeField(_("last post"), default=timezone.now)
    last_post = models.ForeignKey("threads.Post", null=True, on_delete=models.SET_NULL, related_name="+")
    # Numbers are given once and never again, so the highest ever given is kept.
    last_number = models.PositiveIntegerField(default=0)
    # Grows with everything its page shows: part of the key of the cached page.
    revision = models.BigIntegerField(default=1)
    is_sample = models.BooleanField(default=False, editable=False)
    # An import is known again by the digest of its normalised text.
    source_digest = models.CharField(max_length=64, null=True, unique=True, editable=False)  # noqa: DJ001 null = no import
    search = searchable("title")

    tags = models.ManyToManyField(Tag, through=ThreadTag, related_name="threads")
    objects = ThreadQuerySet.as_manager()

    class Meta:
        verbose_name = _("thread")
        verbose_name_plural = _("threads")
        constraints = [
            models.CheckConstraint(
                condition=~Q(title=""),
                name="threads_thread_title_given",
                violation_error_message=_("A thread has a title."),
            ),
            models.CheckConstraint(condition=Q(state__in=ThreadState.values), name="threads_thread_state_known"),
        ]
        indexes = [
            models.Index(
                F("last_posted_at").desc(),
                F("id").desc(),
                condition=Q(state=ThreadState.PUBLISHED, post_count__gt=0),
                name="threads_thread_newest",
            ),
            models.Index(
                F("last_posted_at").desc(),
                F("id").desc(),
                condition=Q(state=ThreadState.PUBLISHED, post_count=1),
                name="threads_thread_unanswered",
            ),
            models.Index("pinned_until", condition=~Q(pinned_until=None), name="threads_thread_pinned"),
            GinIndex(fields=["search"], name="threads_thread_search"),
            # For the moderators' list of what is not shown: few rows of many.
            models.Index(F("id").desc(), condition=Q(state=ThreadState.HIDDEN), name="threads_thread_hidden"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("thread", args=[self.pk, self.slug])

    @property
    def is_locked(self) -> bool:
        return self.locked_at is not None

    @property
    def is_hidden(self) -> bool:
        return self.state == ThreadState.HIDDEN

    @property
    def is_imported(self) -> bool:
        return self.source_digest is not None

    @property
    def is_indexable(self) -> bool:
        """Whether search engines may keep its page: the rule of `indexable()` for one thread."""
        return not self.is_sample and (settings.IMPORTS_INDEXED or not self.is_imported)

    @property
    def reply_count(self) -> int:
        return max(self.post_count - 1, 0)

    @property
    def page_count(self) -> int:
        """Pages hold numbers, not posts, so that a post never changes its page."""
        return max(1, -(-self.last_number // POSTS_PER_PAGE))
