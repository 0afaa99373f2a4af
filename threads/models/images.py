"""Pictures within texts."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from members.models import ReadableQuerySet, Reader
from threads.models.posts import Post, PostQuerySet


class ImageQuerySet(ReadableQuerySet):
    def _shown_to(self, reader: Reader) -> Self:
        """Those of posts that the reader sees; one's own always, as before a text is posted."""
        seen = Exists(_of_image(Post.objects.visible_to(reader)))
        return self.filter(seen | Q(member=reader) if reader.is_authenticated else Q(seen))

    def for_page(self) -> Self:
        """With `is_published`: whether everybody sees it who sees the portal."""
        return self.annotate(is_published=Exists(_of_image(Post.objects.published())))


def _of_image(posts: PostQuerySet) -> PostQuerySet:
    # One look into an index for one image: as a list of ids, all posts would be read.
    mine: PostQuerySet = posts.filter(pk=OuterRef("post_id"))
    return mine


class Image(models.Model):
    """A picture that a member put into a text: decoded and written anew, under a random name."""

    member = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="images")
    # The first post that shows it, which says who sees it; without one it is collected after a while.
    post = models.ForeignKey(Post, null=True, on_delete=models.SET_NULL, related_name="images")
    # Of the file at its full width; it holds the size, from which all other files follow (`markup.images`).
    name = models.CharField(max_length=80, unique=True)
    widths = ArrayField(models.PositiveIntegerField(), default=list)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField()  # bytes of all its files
    created_at = models.DateTimeField(default=timezone.now)
    # When an edit took it out of its post.
    dropped_at = models.DateTimeField(null=True)

    objects = ImageQuerySet.as_manager()

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")
        indexes = [
            models.Index("created_at", condition=Q(post=None), name="threads_image_orphaned"),
        ]

    def __str__(self) -> str:
        return self.name
