"""What curators work with beside the vocabulary: comparisons, suggestions, references, known acronyms."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, F, Min, OuterRef, Q
from django.db.models.functions import Length
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from glossary.models.terms import READABLE, Sense, Term
from members.models import ReadableQuerySet, Reader

LONGEST_KNOWN = 20  # characters of an acronym


class MatchKind(models.TextChoices):
    """How a sense relates to one of another vocabulary; the mapping properties of SKOS."""

    EXACT = "exact", _("the same")
    CLOSE = "close", _("nearly the same")
    BROAD = "broad", _("there it is broader")
    NARROW = "narrow", _("there it is narrower")
    RELATED = "related", _("related")


class ExternalReference(models.Model):
    """Where PMI, ISO and others define it: a link with a relation, never their text."""

    sense = models.ForeignKey(Sense, on_delete=models.CASCADE, related_name="references")
    source = models.CharField(_("source"), max_length=80, help_text=_("Like “ISO 21502”."))
    version = models.CharField(_("edition"), max_length=40, blank=True)
    address = models.URLField(_("address"), max_length=500, blank=True)
    relation = models.CharField(_("relation"), max_length=7, choices=MatchKind.choices, default=MatchKind.CLOSE)
    note = models.CharField(_("note"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("external reference")
        verbose_name_plural = _("external references")
        constraints = [
            models.UniqueConstraint(
                fields=["sense", "source", "address"],
                name="glossary_externalreference_once",
                violation_error_message=_("This reference stands here already."),
            ),
            models.CheckConstraint(
                condition=Q(relation__in=MatchKind.values), name="glossary_externalreference_relation_known"
            ),
        ]

    def __str__(self) -> str:
        return self.source


class ComparisonQuerySet(ReadableQuerySet):
    def _shown_to(self, reader: Reader) -> Self:
        return self.published()

    def published(self) -> Self:
        """Those that curators publish, while readers see both senses."""
        return self.filter(published_at__isnull=False, sense_a__state__in=READABLE, sense_b__state__in=READABLE)

    def between(self, one: Term, other: Term) -> Self:
        """The comparisons of two terms, whichever stands first."""
        low, high = sorted((one.pk, other.pk))
        return self.filter(term_a=low, term_b=high)


class Comparison(models.Model):
    """Two terms side by side, by one sense of each. The term with the smaller id is stored as `a`."""

    term_a = models.ForeignKey(Term, on_delete=models.CASCADE, related_name="+")
    term_b = models.ForeignKey(Term, on_delete=models.CASCADE, related_name="+")
    sense_a = models.ForeignKey(Sense, verbose_name=_("sense of the first"), on_delete=models.CASCADE, related_name="+")
    sense_b = models.ForeignKey(
        Sense, verbose_name=_("sense of the second"), on_delete=models.CASCADE, related_name="+"
    )
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)
    revision = models.PositiveIntegerField(default=1, editable=False)
    is_sample = models.BooleanField(default=False, editable=False)

    objects = ComparisonQuerySet.as_manager()

    class Meta:
        verbose_name = _("comparison")
        verbose_name_plural = _("comparisons")
        constraints = [
            models.UniqueConstraint(
                fields=["term_a", "term_b", "sense_a", "sense_b"],
                name="glossary_comparison_once",
                violation_error_message=_("This comparison exists."),
            ),
            models.CheckConstraint(
                condition=Q(term_a__lt=F("term_b")),
                name="glossary_comparison_in_order",
                violation_error_message=_("A comparison joins two different terms."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.term_a} / {self.term_b}"

    def get_absolute_url(self) -> str:
        return reverse("compare", args=sorted((self.term_a.slug, self.term_b.slug)))


class ComparisonRow(models.Model):
    """One aspect of a comparison. A cell rests on cited posts (threads.CellEvidence), or is marked uncited."""

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="rows")
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    aspect = models.CharField(_("aspect"), max_length=80)
    left = models.CharField(_("first term"), max_length=400, blank=True)
    right = models.CharField(_("second term"), max_length=400, blank=True)

    class Meta:
        verbose_name = _("row")
        verbose_name_plural = _("rows")
        constraints = [
            models.UniqueConstraint(
                fields=["comparison", "aspect"],
                name="glossary_comparisonrow_aspect_once",
                violation_error_message=_("This aspect stands here already."),
            )
        ]

    def __str__(self) -> str:
        return self.aspect


class SuggestionKind(models.TextChoices):
    """What somebody asks the curators to do."""

    TERM = "term", _("a new term")
    SENSE = "sense", _("another meaning of a term")
    CHANGE = "change", _("a change to a definition")


class SuggestionState(models.TextChoices):
    """What became of a suggestion."""

    OPEN = "open", _("waiting")
    ACCEPTED = "accepted", _("taken up")
    DECLINED = "declined", _("not taken up")


class Suggestion(models.Model):
    """A member's proposal. `origin` is an opaque key (`post:812`) of where it was made."""

    kind = models.CharField(_("what"), max_length=6, choices=SuggestionKind.choices)
    term = models.ForeignKey(Term, null=True, blank=True, on_delete=models.CASCADE, related_name="suggestions")
    sense = models.ForeignKey(Sense, null=True, blank=True, on_delete=models.CASCADE, related_name="suggestions")
    text = models.CharField(_("term"), max_length=120)
    key = models.CharField(max_length=240, editable=False, db_index=True)
    name = models.CharField(_("meaning in words"), max_length=120, blank=True)
    definition = models.TextField(_("definition"), blank=True)
    note = models.TextField(_("why"), max_length=2000, blank=True)
    origin = models.CharField(max_length=60, blank=True, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("suggested by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="suggestions",
    )
    created_at = models.DateTimeField(_("suggested at"), auto_now_add=True)
    state = models.CharField(_("state"), max_length=8, choices=SuggestionState.choices, default=SuggestionState.OPEN)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("suggestion")
        verbose_name_plural = _("suggestions")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=SuggestionKind.values), name="glossary_suggestion_kind_known"),
            models.CheckConstraint(
                condition=Q(state__in=SuggestionState.values), name="glossary_suggestion_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state=SuggestionState.OPEN) | Q(decided_at__isnull=False),
                name="glossary_suggestion_decided_whole",
            ),
        ]
        indexes = [models.Index("created_at", condition=Q(state=SuggestionState.OPEN), name="glossary_suggestion_open")]

    def __str__(self) -> str:
        return self.text

    @property
    def revision(self) -> int | str:
        """That of the sense which a change is about: what a curator takes up rests on it. Empty for others."""
        return self.sense.revision if self.sense and self.kind == SuggestionKind.CHANGE else ""


class KnownAcronym(models.Model):
    """An acronym that everybody here knows, so that nobody is told that it is undefined."""

    text = models.CharField(_("acronym"), max_length=LONGEST_KNOWN)
    key = models.CharField(max_length=40, unique=True, error_messages={"unique": _("This acronym is on the list.")})
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("known acronym")
        verbose_name_plural = _("known acronyms")

    def __str__(self) -> str:
        return self.text


class KnownWordQuerySet(models.QuerySet["KnownWord"]):
    def counted(self, *, least: int = 1) -> models.QuerySet[Any, Any]:
        """Acronyms that members silenced as known to everyone here, as the curators' desk offers them for the list.

        Rows of `key`, `text` and `members`, those of most members first; what
        is a term or on the list already is left out. Members who left do not count.
        """
        words = self.filter(member__is_active=True).exclude(text__contains=" ")
        words = words.annotate(length=Length("text")).filter(length__lte=LONGEST_KNOWN)
        words = words.exclude(Exists(KnownAcronym.objects.filter(key=OuterRef("key"))))
        words = words.exclude(Exists(Term.objects.filter(key=OuterRef("key"), senses__state__in=READABLE)))
        rows = words.order_by().values("key").annotate(members=Count("pk"), text=Min("text"))
        return rows.filter(members__gte=least).order_by("-members", "key")


class KnownWord(models.Model):
    """A word a member knows: its marks and its notes are silenced for them. Many of an acronym make it a known one."""

    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="known_words")
    key = models.CharField(max_length=240)
    text = models.CharField(max_length=120)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = KnownWordQuerySet.as_manager()

    class Meta:
        verbose_name = _("known word")
        verbose_name_plural = _("known words")
        constraints = [models.UniqueConstraint(fields=["member", "key"], name="glossary_knownword_once")]
        indexes = [models.Index("key", name="glossary_knownword_key")]

    def __str__(self) -> str:
        return self.text


class SpellingChange(models.Model):
    """That posts with this spelling need their mentions found anew; a job of threads reads and finishes it."""

    text = models.CharField(max_length=130)
    created_at = models.DateTimeField(auto_now_add=True)
    # How far the job has come, so that a killed worker goes on where it was.
    done_up_to = models.BigIntegerField(default=0)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index("id", condition=Q(done_at=None), name="glossary_spellingchange_open")]

    def __str__(self) -> str:
        return self.text
