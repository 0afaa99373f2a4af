"""How much words are used and read: counted beside the pages by the worker, for lists of words."""

from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from members.models import ReadableQuerySet, Reader
from threads.models.words import Mention


class WordUseKind(models.TextChoices):
    """Which uses of a word are counted."""

    UNDEFINED = "undefined", _("of an acronym that is no term, where its discussion does not spell it out")
    TERM = "term", _("of a term")
    OPEN = "open", _("of a term in discussions where nothing says which of its senses is meant")


class WordUseQuerySet(ReadableQuerySet):
    def _shown_to(self, reader: Reader) -> Self:
        """Figures of what everybody sees; of undefined acronyms those that a post which everybody sees holds now.

        What was hidden, or became a term, since it was counted is not there any more.
        """
        used = Mention.objects.visible_to(reader).undefined().filter(key=OuterRef("key"))
        return self.filter(~Q(kind=WordUseKind.UNDEFINED) | Exists(used))

    def undefined(self) -> Self:
        return self.filter(kind=WordUseKind.UNDEFINED)

    def for_list(self) -> Self:
        """Those that most readers met first."""
        return self.order_by("-readers", "-posts", "key")


class WordUse(models.Model):
    """A word with the posts and discussions that hold it, and the members who read or wrote one of those posts.

    Written anew by `threads.actions.counting.count_words`, which the worker calls about once a minute.
    """

    kind = models.CharField(max_length=9, choices=WordUseKind.choices)
    key = models.CharField(max_length=240)
    text = models.CharField(max_length=130)
    posts = models.PositiveIntegerField()
    threads = models.PositiveIntegerField()
    readers = models.PositiveIntegerField()

    objects = WordUseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "key"], name="threads_worduse_once"),
            models.CheckConstraint(condition=Q(kind__in=WordUseKind.values), name="threads_worduse_kind_known"),
        ]
        indexes = [
            models.Index("kind", F("readers").desc(), F("posts").desc(), "key", name="threads_worduse_most_read")
        ]

    def __str__(self) -> str:
        return f"{self.text}: {self.readers}"
