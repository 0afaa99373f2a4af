"""Tags: one vocabulary for all threads. One key whatever the case, old names kept as aliases."""

from typing import Self

from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from taggit.models import ItemBase, TagBase

from members.models import ReadableQuerySet, Reader


class TagQuerySet(ReadableQuerySet):
    def _shown_to(self, reader: Reader) -> Self:
        """Tags that curators described, and tags of a thread that everyone sees."""
        public = ThreadTag.objects.filter(tag=OuterRef("pk"), content_object__state="published")
        return self.filter(~Q(description="") | Exists(public.filter(content_object__post_count__gt=0)))

    def most_used(self) -> Self:
        """The tags of most threads first: what to suggest to who starts one."""
        return self.annotate(uses=Count("taggings")).order_by("-uses", "key")

    def for_list(self) -> Self:
        return self.order_by("key", "pk")


class Tag(TagBase):  # type: ignore[misc]
    """A subject that threads are filed under, shown as `name` and known by `key` (NFKC and casefold of the name)."""

    name = models.CharField(_("name"), max_length=40)
    slug = models.SlugField(_("address"), max_length=60, unique=True, allow_unicode=True)
    key = models.CharField(max_length=80, unique=True, editable=False, error_messages={"unique": _("This tag exists.")})
    description = models.CharField(_("description"), max_length=300, blank=True)
    # What the tag stands for: it settles the meaning of that sense's terms in threads that carry the tag.
    sense = models.ForeignKey(
        "glossary.Sense", verbose_name=_("sense"), null=True, blank=True, on_delete=models.SET_NULL, related_name="tags"
    )
    is_sample = models.BooleanField(default=False, editable=False)

    objects = TagQuerySet.as_manager()

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = [
            models.CheckConstraint(
                condition=~Q(name=""), name="threads_tag_name_given", violation_error_message=_("A tag has a name.")
            )
        ]

    def get_absolute_url(self) -> str:
        return reverse("tag", args=[self.slug])


class TagAlias(models.Model):
    """A name that leads to a tag: an earlier one, a merged one, another spelling. Never to another alias."""

    key = models.CharField(max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=40)
    slug = models.SlugField(_("address"), max_length=60, allow_unicode=True, db_index=True)
    tag = models.ForeignKey(Tag, verbose_name=_("tag"), on_delete=models.CASCADE, related_name="aliases")

    class Meta:
        verbose_name = _("alias")
        verbose_name_plural = _("aliases")

    def __str__(self) -> str:
        return self.name


class ThreadTag(ItemBase):  # type: ignore[misc]
    """That a thread carries a tag. Holds the list's sort key, so that a tag's list is one index scan."""

    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="taggings")
    content_object = models.ForeignKey("threads.Thread", on_delete=models.CASCADE, related_name="taggings")
    last_posted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["content_object", "tag"], name="threads_threadtag_once")]
        indexes = [
            models.Index(
                F("tag"), F("last_posted_at").desc(), F("content_object").desc(), name="threads_threadtag_newest"
            )
        ]
