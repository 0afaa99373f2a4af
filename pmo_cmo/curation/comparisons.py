"""The screen of comparisons: the glossary's rows with the posts of discussions that they cite."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from glossary.actions import comparisons
from glossary.actions.comparisons import Row
from glossary.forms.curating import PublishForm, ReviewForm
from glossary.models import Comparison, ComparisonRow
from markup.slugs import key
from members.admin import Act, ActionAdmin, acting
from pmo_cmo.curation.forms import ComparisonForm, ComparisonRowForm, ComparisonRows
from threads.actions.citations import cite_cells


class RowInline(admin.TabularInline):
    """The aspects of a comparison, each with what its two cells say and cite."""

    model = ComparisonRow
    form = ComparisonRowForm
    formset = ComparisonRows
    fields = ("position", "aspect", "left", "left_posts", "right", "right_posts")
    ordering = ("position", "pk")
    extra = 3
    verbose_name_plural = _("rows: what each of the two is at one aspect, and the numbers of posts that say so")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ComparisonRow]:
        return super().get_queryset(request).prefetch_related("evidence")


class ComparisonAdmin(ActionAdmin):
    """Two terms side by side."""

    form = ComparisonForm
    inlines = (RowInline,)
    list_display = ("__str__", "sense_a", "sense_b", "published_at", "changed_at")
    list_filter = (("published_at", admin.EmptyFieldListFilter),)
    list_select_related = ("term_a", "term_b", "sense_a", "sense_b")
    ordering = ("-pk",)
    search_fields = ("term_a__text",)  # shows the field; `get_search_results` says what it finds
    search_help_text = _("A part of one of the terms.")
    readonly_fields = ("first_term", "second_term", "published_at", "changed_at")
    acts: ClassVar[Sequence[Act]] = [
        Act(
            "publish",
            _("Publish"),
            comparisons.publish_comparison,
            PublishForm,
            offered=lambda comparison: comparison.published_at is None,
            permission="glossary.change_comparison",
        ),
        Act(
            "withdraw",
            _("Withdraw"),
            comparisons.withdraw_comparison,
            ReviewForm,
            offered=lambda comparison: comparison.published_at is not None,
            permission="glossary.change_comparison",
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request)
        return found.select_related("term_a", "term_b", "sense_a", "sense_b")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ("text_a", "sense_a", "text_b", "sense_b", "based_on")
        return ("first_term", "sense_a", "second_term", "sense_b", "published_at", "changed_at", "based_on")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        words = key(search_term.replace("\x00", ""))
        found = Q(term_a__key__contains=words) | Q(term_b__key__contains=words)
        return (queryset.filter(found) if words else queryset), False

    @admin.display(description=_("first term"))
    def first_term(self, comparison: Comparison) -> str:
        return comparison.term_a.text

    @admin.display(description=_("second term"))
    def second_term(self, comparison: Comparison) -> str:
        return comparison.term_b.text

    def shown_in_acts(self, obj: Comparison) -> Sequence[tuple[Any, str]]:
        """What readers will see: nobody publishes what they have not read."""
        sides = [(obj.term_a, obj.sense_a), (obj.term_b, obj.sense_b)]
        meanings = [(str(term), f"{sense.name}: {sense.definition}") for term, sense in sides]
        rows = obj.rows.order_by("position", "pk")
        return [*meanings, *((row.aspect, f"{row.left or '–'} | {row.right or '–'}") for row in rows)]

    def view_on_site(self, obj: Comparison) -> str | None:
        return obj.get_absolute_url() if obj.published_at else None

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        """One action for the comparison, and one for each row whose citations changed."""
        typed = _in_order(self.inline_rows(request, ComparisonRow))
        data = form.cleaned_data
        term_a = obj.term_a if change else data["text_a"]
        saved = comparisons.save_comparison(
            Comparison.objects.get(pk=obj.pk) if change else None,
            by=acting(request),
            term_a=term_a,
            term_b=obj.term_b if change else data["text_b"],
            sense_a=data["sense_a"],
            sense_b=data["sense_b"],
            rows=[Row(row["aspect"], row["left"], row["right"], row["id"]) for row in typed],
            based_on=data["based_on"] if change else None,
        )
        # The form names the object in messages and in its history.
        obj.pk, obj.term_a, obj.term_b = saved.pk, saved.term_a, saved.term_b
        _cite(request, saved, typed, is_swapped=term_a.pk != saved.term_a_id)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        comparisons.delete_comparison(obj, by=acting(request))


def _in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By the numbers typed; rows without one stand last, in the order of the page."""
    return sorted(rows, key=lambda row: 1000 if row["position"] is None else row["position"])


def _cite(request: HttpRequest, saved: Comparison, typed: list[dict[str, Any]], *, is_swapped: bool) -> None:
    """Cite what was typed at each row; they stand in the order in which the action got them."""
    rows = saved.rows.prefetch_related("evidence").order_by("position", "pk")
    for row, data in zip(rows, typed, strict=False):
        sides = [set(data["left_posts"]), set(data["right_posts"])]
        left, right = sides[::-1] if is_swapped else sides
        there = {(each.is_left, each.post_id) for each in row.evidence.all()}
        if there != {(True, post) for post in left} | {(False, post) for post in right}:
            cite_cells(row, by=acting(request), left_posts=left, right_posts=right)
