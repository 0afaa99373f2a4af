"""What curators do with comparisons: two terms side by side, by one sense of each."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from glossary.actions import steps
from glossary.models import Comparison, ComparisonRow, NamingKind, Sense, SenseState, Term, TermSense
from glossary.permissions import may_compare
from members.actions.site import grow_site_version
from members.models import Member
from members.permissions import Refused

MOST_ROWS = 30
PARKED = "\x1f{}"  # the aspect of a row while rows exchange theirs: no typed text holds this sign


class ComparisonEditedMeanwhile(Refused):
    """Somebody changed the comparison after it was read; `comparison` is what stands there now."""

    def __init__(self, comparison: Comparison) -> None:
        super().__init__(_("Somebody changed this comparison after you had read it."))
        self.comparison = comparison


@dataclass(frozen=True, slots=True)
class Row:
    """One aspect as a curator typed it; `id` of the row it was, so that what is cited at it stays."""

    aspect: str
    left: str = ""
    right: str = ""
    id: int | None = None


@transaction.atomic(durable=True)
def save_comparison(
    comparison: Comparison | None,
    *,
    by: Member,
    term_a: Term,
    term_b: Term,
    sense_a: Sense,
    sense_b: Sense,
    rows: Sequence[Row],
    based_on: int | None = None,
) -> Comparison:
    """Write a new comparison (None), which readers do not see yet, or change one; readers of a published one see it.

    `rows` is the whole list in its order; its left belongs to `term_a`. It is
    stored with the smaller term id first, so left and right may have changed
    sides in what is returned. A comparison keeps its two terms: other ones
    are another page. `based_on` is its `revision` as the writer read it; when
    somebody saved meanwhile, `ComparisonEditedMeanwhile` is raised.
    ValidationError by field for what cannot be compared.
    """
    _ask(by)
    steps.lock_senses([sense_a.pk, sense_b.pk])
    comparison = _locked(comparison) if comparison else None
    if comparison and based_on not in {None, comparison.revision}:
        raise ComparisonEditedMeanwhile(comparison)
    if term_a.pk > term_b.pk:
        term_a, term_b, sense_a, sense_b = term_b, term_a, sense_b, sense_a
        rows = [Row(row.aspect, row.right, row.left, row.id) for row in rows]
    if comparison and (comparison.term_a_id, comparison.term_b_id) != (term_a.pk, term_b.pk):
        raise Refused(_("A comparison keeps its two terms. Add another one for others."))
    _check_sides(term_a, term_b, sense_a, sense_b)
    rows = _checked(rows)
    comparison = comparison or Comparison(term_a=term_a, term_b=term_b)
    comparison.sense_a, comparison.sense_b, comparison.is_sample = sense_a, sense_b, False
    comparison.revision += 1 if comparison.pk else 0
    if comparison.published_at:
        _check_publishable(comparison, len(rows))
    comparison.save()
    _set_rows(comparison, rows)
    if comparison.published_at:
        grow_site_version(lexicon=True)
    return comparison


@transaction.atomic(durable=True)
def publish_comparison(comparison: Comparison, *, by: Member, based_on: int | None = None) -> Comparison:
    """Show a comparison to readers, on its page and linked from both terms; `based_on` as in `save_comparison`."""
    _ask(by)
    steps.lock_senses([comparison.sense_a_id, comparison.sense_b_id])
    comparison = _locked(comparison)
    if comparison.published_at:
        raise Refused(_("This comparison is published already."))
    if based_on not in {None, comparison.revision}:
        raise ComparisonEditedMeanwhile(comparison)
    _check_publishable(comparison, comparison.rows.count())
    comparison.published_at, comparison.is_sample = timezone.now(), False
    comparison.save()
    grow_site_version(lexicon=True)
    return comparison


@transaction.atomic(durable=True)
def withdraw_comparison(comparison: Comparison, *, by: Member) -> Comparison:
    """Take a comparison from readers; the page of its two terms stays."""
    _ask(by)
    comparison = _locked(comparison)
    if not comparison.published_at:
        raise Refused(_("Readers do not see this comparison."))
    comparison.published_at = None
    comparison.save()
    grow_site_version(lexicon=True)
    return comparison


@transaction.atomic(durable=True)
def delete_comparison(comparison: Comparison, *, by: Member) -> None:
    """Delete a comparison that readers do not see, with its rows and what they cite."""
    _ask(by)
    comparison = _locked(comparison)
    if comparison.published_at:
        raise Refused(_("Readers see this comparison. Withdraw it first."))
    comparison.delete()


def _ask(by: Member) -> None:
    if not may_compare(by):
        raise PermissionDenied(_("You may not change comparisons."))


def _locked(comparison: Comparison) -> Comparison:
    """Locked after its senses and before `SiteVersion`, as everywhere."""
    found: Comparison | None = (
        Comparison.objects.select_for_update(no_key=True, of=("self",)).filter(pk=comparison.pk).first()
    )
    if found is None:
        raise Refused(_("This comparison was deleted meanwhile."))
    return found


def _check_sides(term_a: Term, term_b: Term, sense_a: Sense, sense_b: Sense) -> None:
    """Raise ValidationError by field; the senses are locked, so their names stay what they are."""
    if term_a.pk == term_b.pk:
        raise ValidationError({"term_b": _("A comparison joins two different terms.")})
    if sense_a.pk == sense_b.pk:
        raise ValidationError({"sense_b": _("A comparison joins two different senses.")})
    for side, term, sense in (("sense_a", term_a, sense_a), ("sense_b", term_b, sense_b)):
        named = TermSense.objects.filter(term=term.pk, sense=sense.pk).exclude(kind=NamingKind.MISSPELLING)
        if not named.exists():
            told = {"term": term.text, "sense": sense.name}
            raise ValidationError({side: _("“%(term)s” does not name the sense “%(sense)s”.") % told})


def _checked(rows: Sequence[Row]) -> list[Row]:
    """The rows cleaned; raises ValidationError on `rows` when they cannot stand so."""
    cleaned = [Row(steps.line(row.aspect), steps.line(row.left), steps.line(row.right), row.id) for row in rows]
    if len(cleaned) > MOST_ROWS:
        raise ValidationError({"rows": _("A comparison has at most %(most)d rows.") % {"most": MOST_ROWS}})
    aspects = [row.aspect.casefold() for row in cleaned]
    for place, row in enumerate(cleaned):
        if aspects[place] in aspects[:place]:
            raise ValidationError({"rows": _("The aspect “%(aspect)s” stands here twice.") % {"aspect": row.aspect}})
        if not row.left and not row.right:
            told = _("Say something of at least one of the two at “%(aspect)s”.") % {"aspect": row.aspect}
            raise ValidationError({"rows": told})
        try:
            ComparisonRow(aspect=row.aspect, left=row.left, right=row.right).clean_fields(exclude={"comparison"})
        except ValidationError as error:
            raise ValidationError({"rows": error.messages}) from error
    return cleaned


def _check_publishable(comparison: Comparison, rows: int) -> None:
    """Raise Refused unless readers see both senses and there is something to compare."""
    senses = (comparison.sense_a, comparison.sense_b)
    if any(sense.state != SenseState.PUBLISHED for sense in senses):
        raise Refused(_("Both senses must be published first."))
    if not rows:
        raise Refused(_("Write at least one row first."))


def _set_rows(comparison: Comparison, rows: Sequence[Row]) -> None:
    """Make the rows exactly these; one that is known by its id, or by its aspect, goes on being that row."""
    there = {row.pk: row for row in comparison.rows.order_by("pk")}
    by_aspect = {row.aspect.casefold(): row for row in there.values()}
    kept = [there.get(row.id or 0) for row in rows]
    taken = {row.pk for row in kept if row}
    for place, row in enumerate(rows):
        known = by_aspect.get(row.aspect.casefold())
        if kept[place] is None and known and known.pk not in taken:
            kept[place] = known
            taken.add(known.pk)
    comparison.rows.exclude(pk__in=taken).delete()
    for known in filter(None, kept):
        ComparisonRow.objects.filter(pk=known.pk).update(aspect=PARKED.format(known.pk))
    for position, (row, known) in enumerate(zip(rows, kept, strict=True), start=1):
        said = known or ComparisonRow(comparison=comparison)
        said.position, said.aspect, said.left, said.right = position, row.aspect, row.left, row.right
        said.save()
