"""The vocabulary: a term is a word with a page of its own, a sense is one meaning of it.

One term may name several senses (CMO), one sense may have several terms
(CMO, Change Management Office). States, evidence and relations belong to
senses; spelling, address and case belong to terms.
"""

from typing import ClassVar, Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Prefetch, Q, Value, When
from django.db.models.functions import Coalesce, Left, Upper
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from members.models import ReadableQuerySet, Reader
from members.search import folded_query, searchable


class SubjectField(models.Model):
    """What a sense belongs to (change management, finance): a list that curators keep."""

    name = models.CharField(_("name"), max_length=60, unique=True)
    is_foreign = models.BooleanField(
        _("outside project work"), default=False, help_text=_("Senses of such fields stand last on a term's page.")
    )

    class Meta:
        verbose_name = _("subject field")
        verbose_name_plural = _("subject fields")

    def __str__(self) -> str:
        return self.name


class CaseRule(models.TextChoices):
    """How a term is recognised in running text."""

    EXACT = "exact", _("exactly as written (acronyms)")
    FOLD = "fold", _("in any case (phrases)")


class SenseState(models.TextChoices):
    """Where a sense stands between a curator's draft and the readers."""

    DRAFT = "draft", _("draft")
    REVIEW = "review", _("in review")
    PUBLISHED = "published", _("published")
    RETIRED = "retired", _("retired")


READABLE = (SenseState.PUBLISHED, SenseState.RETIRED)
# The order of namings on a term's page: senses from outside project work last, those without a field among the first.
FOREIGN_LAST = Coalesce("sense__field__is_foreign", Value(False))


# The part of the A to Z that a term stands in: its first letter, or “#”.
LETTER = Case(
    When(key__regex=r"^[[:alpha:]]", then=Upper(Left("key", 1))), default=Value("#"), output_field=models.CharField()
)


class TermQuerySet(ReadableQuerySet):
    def _shown_to(self, reader: Reader) -> Self:
        """A term has no state: it is there for readers when a sense of it is published or retired.

        A misspelling is found by search and leads to the right term; it has no page of its own.
        """
        readable = TermSense.objects.filter(term=OuterRef("pk"), sense__state__in=READABLE)
        return self.filter(Exists(readable.exclude(kind=NamingKind.MISSPELLING)))

    def at_letter(self, letter: str) -> Self:
        """Terms in one part of the A to Z: those that begin with this letter, or with no letter at all (“#”)."""
        return self.alias(part=LETTER).filter(part=letter)

    def letters(self) -> dict[str, int]:
        """The parts of the A to Z that hold terms, in order, each with its number of terms; one query."""
        return dict(sorted(self.order_by().annotate(letter=LETTER).values_list("letter").annotate(Count("pk"))))

    def holding(self, words: str) -> Self:
        """Terms whose text holds these words, whatever the case."""
        return self.filter(key__contains=words)

    def search(self, words: str) -> Self:
        """Terms whose own text, or a readable sense of which, holds all these words."""
        query = folded_query(words)
        by_sense = TermSense.objects.filter(term=OuterRef("pk"), sense__state__in=READABLE, sense__search=query)
        return self.filter(Q(search=query) | Exists(by_sense))

    def genuine(self) -> Self:
        """With a published sense that is no sample: for sitemap and feeds."""
        own = TermSense.objects.filter(term=OuterRef("pk"), sense__state=SenseState.PUBLISHED, sense__is_sample=False)
        return self.filter(Exists(own))

    def for_list(self) -> Self:
        """From A to Z, each with its `letter`, its readable senses and their preferred terms: three queries."""
        preferred = Prefetch(
            "readable__sense__namings",
            TermSense.objects.filter(kind=NamingKind.PREFERRED).select_related("term"),
            to_attr="preferred",
        )
        rows = self.annotate(letter=LETTER).order_by("letter", "key", "pk")
        return rows.prefetch_related(readable_senses(), preferred)

    def for_page(self) -> Self:
        """Terms with their readable senses, in the order of the page: two queries."""
        return self.prefetch_related(readable_senses())


class Term(models.Model):
    """A word or phrase with a page of its own."""

    text = models.CharField(_("text"), max_length=120)
    slug = models.SlugField(_("address"), max_length=90, unique=True, allow_unicode=True)
    key = models.CharField(max_length=240, unique=True, error_messages={"unique": _("This term exists.")})
    language = models.CharField(_("language"), max_length=8, default="en")
    case_rule = models.CharField(_("recognised"), max_length=5, choices=CaseRule.choices, default=CaseRule.FOLD)
    usual_sense = models.ForeignKey(
        "Sense", verbose_name=_("usual sense here"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    search = searchable("text")

    objects = TermQuerySet.as_manager()

    class Meta:
        verbose_name = _("term")
        verbose_name_plural = _("terms")
        constraints = [
            models.CheckConstraint(
                condition=~Q(text=""), name="glossary_term_text_given", violation_error_message=_("A term has a text.")
            ),
            models.CheckConstraint(condition=Q(case_rule__in=CaseRule.values), name="glossary_term_case_rule_known"),
        ]
        indexes = [GinIndex(fields=["search"], name="glossary_term_search")]

    def __str__(self) -> str:
        return self.text

    def get_absolute_url(self) -> str:
        return reverse("term", args=[self.slug])


class TermSlug(models.Model):
    """Every address a term ever had: old ones redirect and are never given to another term."""

    slug = models.SlugField(max_length=90, primary_key=True, allow_unicode=True)
    term = models.ForeignKey(Term, on_delete=models.CASCADE, related_name="slugs")

    def __str__(self) -> str:
        return self.slug


class SpellingKind(models.TextChoices):
    """Where a spelling came from."""

    OWN = "own", _("the term itself")
    PLURAL = "plural", _("plural")
    VARIANT = "variant", _("variant")


class SpellingQuerySet(models.QuerySet["Spelling"]):
    def in_use(self) -> Self:
        """The spellings that are marked in posts: those of terms with a published sense, not suppressed.

        Misspellings are not marked: a mark would say that they are right.
        """
        published = TermSense.objects.filter(term=OuterRef("term"), sense__state=SenseState.PUBLISHED)
        return self.filter(Exists(published.exclude(kind=NamingKind.MISSPELLING)), suppressed_at=None)


class Spelling(models.Model):
    """One way a term is written; the lexicon is built from these.

    A generated plural that a curator deletes is suppressed, not removed, so
    that the next generation does not bring it back.
    """

    term = models.ForeignKey(Term, on_delete=models.CASCADE, related_name="spellings")
    text = models.CharField(_("text"), max_length=130)
    key = models.CharField(max_length=260, db_index=True)
    kind = models.CharField(_("kind"), max_length=7, choices=SpellingKind.choices, default=SpellingKind.VARIANT)
    suppressed_at = models.DateTimeField(null=True, blank=True)

    objects = SpellingQuerySet.as_manager()

    class Meta:
        verbose_name = _("spelling")
        verbose_name_plural = _("spellings")
        constraints = [
            models.UniqueConstraint(
                fields=["term", "text"],
                name="glossary_spelling_once",
                violation_error_message=_("This spelling stands here already."),
            ),
            models.CheckConstraint(condition=Q(kind__in=SpellingKind.values), name="glossary_spelling_kind_known"),
        ]

    def __str__(self) -> str:
        return self.text


class SenseQuerySet(ReadableQuerySet):
    def _shown_to(self, reader: Reader) -> Self:
        return self.filter(state__in=READABLE)


class Sense(models.Model):  # type: ignore[django-manager-missing]  # of Tag, whose base has no types
    """One meaning, with one definition in one sentence."""

    name = models.CharField(_("name"), max_length=120, help_text=_("What tells it from the other senses of its terms."))
    field = models.ForeignKey(
        SubjectField, verbose_name=_("field"), null=True, blank=True, on_delete=models.PROTECT, related_name="senses"
    )
    definition = models.TextField(
        _("definition"),
        help_text=_("One sentence of at most 40 words: the kind and the difference, without the word itself."),
    )
    usage_note = models.TextField(_("usage note"), blank=True)
    example = models.TextField(_("example"), blank=True)
    state = models.CharField(_("state"), max_length=9, choices=SenseState.choices, default=SenseState.DRAFT)
    successor = models.ForeignKey(
        "self", verbose_name=_("successor"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Grows with every save, drafts included: what an edit was based on. Versions for readers are SenseRevision's.
    revision = models.PositiveIntegerField(default=1, editable=False)
    # When a curator read it again and left it as it is; its versions say when it was changed.
    reviewed_at = models.DateTimeField(_("found right at"), null=True, blank=True, editable=False)
    retired_reason = models.CharField(_("reason for retiring"), max_length=300, blank=True, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)
    retired_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    is_sample = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True, editable=False)
    terms = models.ManyToManyField(Term, through="TermSense", related_name="senses")
    search = searchable("name", "definition")

    objects = SenseQuerySet.as_manager()

    class Meta:
        verbose_name = _("sense")
        verbose_name_plural = _("senses")
        permissions = [("publish_sense", "Can publish and retire senses")]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=SenseState.values), name="glossary_sense_state_known"),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(definition=""),
                name="glossary_sense_has_words",
                violation_error_message=_("A sense has a name and a definition."),
            ),
            models.CheckConstraint(
                condition=Q(successor=None) | (~Q(successor=F("pk")) & Q(state=SenseState.RETIRED)),
                name="glossary_sense_successor_of_retired",
                violation_error_message=_("Only a retired sense has a successor, and it is another sense."),
            ),
        ]
        indexes = [GinIndex(fields=["search"], name="glossary_sense_search", condition=Q(state__in=READABLE))]

    def __str__(self) -> str:
        return self.name

    @property
    def is_retired(self) -> bool:
        return self.state == SenseState.RETIRED


class RevisionKind(models.TextChoices):
    """What a change did to a definition: the words only, or what they say."""

    EDITORIAL = "editorial", _("editorial: says the same, better")
    MEANING = "meaning", _("meaning: says something else")


class SenseRevision(models.Model):
    """One version of a sense as readers saw it, from its first publication on; never changed, never deleted."""

    sense = models.ForeignKey(Sense, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=9, choices=RevisionKind.choices)
    name = models.CharField(max_length=120)
    definition = models.TextField()
    usage_note = models.TextField(blank=True)
    example = models.TextField(blank=True)
    by = models.ForeignKey("members.Member", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sense", "number"], name="glossary_senserevision_number_once"),
            models.CheckConstraint(condition=Q(kind__in=RevisionKind.values), name="glossary_senserevision_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.number})"


class NamingKind(models.TextChoices):
    """How a term names a sense; in SKOS: prefLabel, altLabel (three kinds) and hiddenLabel."""

    PREFERRED = "preferred", _("preferred")
    ABBREVIATION = "abbreviation", _("abbreviation")
    SYNONYM = "synonym", _("synonym")
    DISCOURAGED = "discouraged", _("discouraged")
    MISSPELLING = "misspelling", _("misspelling")


class TermSense(models.Model):
    """That a term names a sense, and how."""

    term = models.ForeignKey(Term, on_delete=models.CASCADE, related_name="namings")
    sense = models.ForeignKey(Sense, verbose_name=_("sense"), on_delete=models.CASCADE, related_name="namings")
    position = models.PositiveSmallIntegerField(_("position"), default=1)
    kind = models.CharField(_("kind"), max_length=12, choices=NamingKind.choices, default=NamingKind.PREFERRED)
    language = models.CharField(max_length=8, default="en", editable=False)

    objects: ClassVar[models.Manager["TermSense"]]

    class Meta:
        verbose_name = _("naming")
        verbose_name_plural = _("namings")
        constraints = [
            models.UniqueConstraint(
                fields=["term", "sense"],
                name="glossary_termsense_once",
                violation_error_message=_("This term names this sense already."),
            ),
            models.UniqueConstraint(
                fields=["sense", "language"],
                condition=Q(kind=NamingKind.PREFERRED),
                name="glossary_termsense_one_preferred",
                violation_error_message=_("A sense has one preferred term in a language."),
            ),
            models.CheckConstraint(condition=Q(kind__in=NamingKind.values), name="glossary_termsense_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.term} → {self.sense}"


class RelationKind(models.TextChoices):
    """How two senses belong together."""

    KIND_OF = "kind_of", _("kind of")
    PART_OF = "part_of", _("part of")
    RELATED = "related", _("related to")
    NOT_TO_BE_CONFUSED = "not_to_be_confused_with", _("not to be confused with")


SYMMETRIC = (RelationKind.RELATED, RelationKind.NOT_TO_BE_CONFUSED)


class Relation(models.Model):
    """A relation between two senses; symmetric kinds are stored once, the smaller id first."""

    source = models.ForeignKey(Sense, on_delete=models.CASCADE, related_name="relations_out")
    target = models.ForeignKey(Sense, on_delete=models.CASCADE, related_name="relations_in")
    kind = models.CharField(_("kind"), max_length=24, choices=RelationKind.choices)

    class Meta:
        verbose_name = _("relation")
        verbose_name_plural = _("relations")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "target", "kind"],
                name="glossary_relation_once",
                violation_error_message=_("This relation stands here already."),
            ),
            models.CheckConstraint(
                condition=~Q(source=F("target")),
                name="glossary_relation_two_senses",
                violation_error_message=_("A relation joins two different senses."),
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=SYMMETRIC) | Q(source__lt=F("target")), name="glossary_relation_symmetric_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=RelationKind.values), name="glossary_relation_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.get_kind_display()} {self.target}"


def readable_senses() -> "Prefetch[str]":
    """A term's namings whose senses readers may see, in their order, as `readable`; one query."""
    return Prefetch(
        "namings",
        TermSense.objects.filter(sense__state__in=READABLE)
        .exclude(kind=NamingKind.MISSPELLING)
        .select_related("sense", "sense__field")
        .order_by(FOREIGN_LAST, "position", "pk"),
        to_attr="readable",
    )
