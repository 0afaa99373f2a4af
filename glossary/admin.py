"""The curators' screens: senses with their names and relations, terms with their spellings, subject fields."""

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from glossary.actions import fields, senses, suggestions, terms
from glossary.actions.bulk_steps import Reference
from glossary.actions.relation_steps import Link
from glossary.actions.steps import Naming
from glossary.actions.terms import Spelled
from glossary.forms.curating import (
    TEXTS,
    NamingForm,
    NamingRows,
    PlaceForm,
    PublishForm,
    ReferenceForm,
    ReferenceRows,
    RelationForm,
    RelationRows,
    RetireForm,
    ReviewForm,
    RowsAsText,
    SenseForm,
    SpellingForm,
    SubjectFieldForm,
    TermForm,
    UsualSenseForm,
)
from glossary.forms.suggesting import AcceptForm, DeclineForm
from glossary.import_screen import export_view, import_view
from glossary.models import (
    READABLE,
    ExternalReference,
    NamingKind,
    Relation,
    Sense,
    SenseState,
    Spelling,
    Suggestion,
    SuggestionKind,
    SuggestionState,
    TermSense,
)
from glossary.permissions import may_delete_sense
from markup.slugs import key
from markup.text import cut
from members.admin import Act, ActionAdmin, acting
from members.search import folded_query


def _is(*states: str) -> Any:
    return lambda sense: sense.state in states


class NamingInline(admin.TabularInline):
    """The terms of a sense, typed as text; those that do not exist yet are made."""

    model = TermSense
    form = NamingForm
    formset = NamingRows
    fields = ("text", "kind", "case_rule")
    extra = 2
    verbose_name = _("name")
    verbose_name_plural = _("names: the preferred term, abbreviations, synonyms, and what not to write")

    def get_queryset(self, request: HttpRequest) -> QuerySet[TermSense]:
        return super().get_queryset(request).select_related("term").order_by("pk")


class RelationInline(admin.TabularInline):
    """What a sense is to other senses."""

    model = Relation
    fk_name = "source"
    form = RelationForm
    formset = RelationRows
    fields = ("kind", "other")
    extra = 1


class ReferenceInline(admin.TabularInline):
    """Where others define a sense: links, never their text."""

    model = ExternalReference
    form = ReferenceForm
    formset = ReferenceRows
    ordering = ("source", "pk")
    extra = 1


class SenseAdmin(ActionAdmin):
    """Senses from draft to retirement."""

    form = SenseForm
    inlines = (NamingInline, RelationInline, ReferenceInline)
    list_display = ("name", "state", "field", "names")
    list_filter = ("state", "field")
    list_select_related = ("field",)
    ordering = ("name", "pk")
    search_fields = ("name",)  # shows the field; `get_search_results` says what it finds
    search_help_text = _("Words of the name or the definition, or a part of a term.")
    readonly_fields: ClassVar[tuple[str, ...]] = ("state", "published_at", "reviewed_at", "successor", "retired_reason")
    acts: ClassVar[Sequence[Act]] = [
        Act("submit", _("Submit for review"), senses.submit_for_review, ReviewForm, offered=_is(SenseState.DRAFT)),
        Act("draft", _("Back to draft"), senses.send_back_to_draft, ReviewForm, offered=_is(SenseState.REVIEW)),
        Act(
            "publish",
            _("Publish"),
            senses.publish,
            PublishForm,
            offered=_is(SenseState.REVIEW, SenseState.RETIRED),
            permission="glossary.publish_sense",
        ),
        Act(
            "reviewed",
            _("Still right"),
            senses.confirm,
            PublishForm,
            offered=_is(SenseState.PUBLISHED),
            permission="glossary.publish_sense",
        ),
        Act(
            "retire",
            _("Retire"),
            senses.retire,
            RetireForm,
            offered=_is(SenseState.PUBLISHED),
            permission="glossary.publish_sense",
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sense]:
        names = TermSense.objects.select_related("term").order_by("pk")
        return super().get_queryset(request).prefetch_related(Prefetch("namings", names))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = ["name", "field", "definition", "usage_note", "example", "based_on"]
        if obj is None:
            return shown
        if obj.state == SenseState.PUBLISHED:
            shown.append("kind")
        return [*shown, *self.readonly_fields]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        words = search_term.replace("\x00", "").strip()
        if not words:
            return queryset, False
        named = TermSense.objects.filter(sense=OuterRef("pk"), term__key__contains=key(words))
        return queryset.filter(Q(search=folded_query(words)) | Q(name__icontains=words) | Exists(named)), False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed: bool = super().has_delete_permission(request, obj)
        return allowed and (obj is None or may_delete_sense(acting(request), obj))

    def shown_in_acts(self, obj: Sense) -> Sequence[tuple[Any, str]]:
        """What readers will see or see no more: nobody publishes words that they have not read."""
        texts = [(obj._meta.get_field(name).verbose_name, getattr(obj, name)) for name in TEXTS]  # type: ignore[union-attr]  # each is a column
        return [(label, text) for label, text in [*texts, (_("names"), self.names(obj))] if text]

    def view_on_site(self, obj: Sense) -> str | None:
        """The sense on the page of its preferred term, once readers see it."""
        preferred = obj.namings.filter(kind=NamingKind.PREFERRED).select_related("term").first()
        if preferred is None or obj.state not in READABLE:
            return None
        return f"{preferred.term.get_absolute_url()}#sense-{obj.pk}"

    @admin.display(description=_("names"))
    def names(self, sense: Sense) -> str:
        return ", ".join(naming.term.text for naming in sense.namings.all())

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        data = dict(form.cleaned_data)
        data["kind"] = data.get("kind") or form.fields.get("kind", SenseForm.base_fields["kind"]).initial
        saved = senses.save_sense(
            obj if change else None,
            by=acting(request),
            namings=[
                Naming(row["text"], row["kind"], row["case_rule"] or None)
                for row in self.inline_rows(request, TermSense)
            ],
            relations=[Link(row["kind"], row["other"]) for row in self.inline_rows(request, Relation)],
            references=[
                Reference(row["source"], row["address"], row["relation"], row["note"], row["version"])
                for row in self.inline_rows(request, ExternalReference)
            ],
            **data,
        )
        obj.pk = saved.pk

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        senses.delete_sense(obj, by=acting(request))


class SpellingInline(admin.TabularInline):
    """The spellings of a term; a generated one that is taken out is suppressed and stays so."""

    model = Spelling
    form = SpellingForm
    formset = RowsAsText
    fields = ("text", "is_marked", "kind")
    readonly_fields = ("kind",)
    extra = 1


class PlaceInline(admin.TabularInline):
    """The senses of a term in the order of its page."""

    model = TermSense
    form = PlaceForm
    formset = RowsAsText
    fields = ("position", "sense", "kind")
    readonly_fields = ("sense", "kind")
    ordering = ("position", "pk")
    extra = 0
    can_delete = False
    show_change_link = False
    verbose_name_plural = _("senses, in the order of the term's page")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[TermSense]:
        return super().get_queryset(request).select_related("sense", "term")


class ShownFilter(admin.SimpleListFilter):
    """By whether readers see a term."""

    title = _("readers")
    parameter_name = "readers"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [("see", _("see it")), ("not", _("do not see it yet")), ("none", _("never: it names no sense"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "see":
            return queryset.filter(is_shown=True)
        if self.value() == "not":
            return queryset.filter(is_shown=False)
        return queryset.filter(namings=None) if self.value() == "none" else queryset


class TermAdmin(ActionAdmin):
    """Terms: their text, address and spellings. Their meanings are senses."""

    form = TermForm
    inlines = (SpellingInline, PlaceInline)
    list_display = ("text", "case_rule", "slug", "shown")
    list_filter = (ShownFilter, "case_rule")
    ordering = ("key", "pk")
    search_fields = ("text",)  # shows the field; `get_search_results` says what it finds
    search_help_text = _("A part of the text.")
    readonly_fields = ("usual_sense",)
    acts: ClassVar[Sequence[Act]] = [
        Act("usual", _("Set the usual sense"), terms.set_usual_sense, UsualSenseForm, permission="glossary.change_term")
    ]

    def get_urls(self) -> list[URLPattern]:
        importing = self.admin_site.admin_view(partial(import_view, self))
        exporting = self.admin_site.admin_view(export_view)
        return [
            path("import/", importing, name="glossary_term_import"),
            path("export/", exporting, name="glossary_term_export"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        readable = TermSense.objects.filter(term=OuterRef("pk"), sense__state__in=READABLE)
        shown = Exists(readable.exclude(kind=NamingKind.MISSPELLING))
        rows: QuerySet[Any] = super().get_queryset(request).annotate(is_shown=shown).select_related("usual_sense")
        return rows

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["text", "case_rule", "address", *(["usual_sense"] if obj else [])]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        words = key(search_term.replace("\x00", ""))
        return (queryset.filter(key__contains=words) if words else queryset), False

    def view_on_site(self, obj: Any) -> str | None:
        return obj.get_absolute_url() if getattr(obj, "is_shown", False) else None

    @admin.display(description=_("on the site"), boolean=True)
    def shown(self, term: Any) -> bool:
        return bool(term.is_shown)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        rows = self.inline_rows(request, Spelling)
        places = sorted(self.inline_rows(request, TermSense), key=lambda row: row["position"])
        data = form.cleaned_data
        saved = terms.save_term(
            obj if change else None,
            by=acting(request),
            text=data["text"],
            case_rule=data["case_rule"],
            address=data["address"] or None,
            spellings=[Spelled(row["text"], row["is_marked"]) for row in rows] if change or rows else None,
            order=[row["id"] for row in places if row["id"]],
        )
        obj.pk = saved.pk

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        terms.delete_term(obj, by=acting(request))


class SubjectFieldAdmin(ActionAdmin):
    """The list of subject fields."""

    form = SubjectFieldForm
    list_display = ("name", "is_foreign")
    ordering = ("name",)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        obj.pk = fields.save_field(obj if change else None, by=acting(request), **form.cleaned_data).pk

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        fields.delete_field(obj, by=acting(request))


class SuggestionAdmin(ActionAdmin):
    """What members suggest, newest first: read here, taken up or declined with a reason that they are told."""

    list_display = ("text", "kind", "state", "definition_cut", "by", "created_at")
    list_filter = ("state", "kind")
    list_select_related = ("by",)
    ordering = ("-pk",)
    fields = (
        *("kind", "text", "on_site", "name", "definition", "note", "made_at", "by", "created_at"),
        *("state", "decided_by", "decided_at", "reason"),
    )
    readonly_fields = fields
    acts: ClassVar[Sequence[Act]] = [
        Act(
            "accept",
            _("Take up"),
            suggestions.accept,
            AcceptForm,
            offered=_is(SuggestionState.OPEN),
            permission="glossary.change_suggestion",
        ),
        Act(
            "decline",
            _("Decline"),
            suggestions.decline,
            DeclineForm,
            offered=_is(SuggestionState.OPEN),
            permission="glossary.change_suggestion",
        ),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("term", "sense", "by", "decided_by")

    def initial_in_acts(self, obj: Suggestion) -> dict[str, Any]:
        """As it was suggested; of a change without words, the sense as it is."""
        now = obj.sense if obj.kind == SuggestionKind.CHANGE else None
        return {
            "name": obj.name or (now.name if now else ""),
            "definition": obj.definition or (now.definition if now else ""),
        }

    def shown_in_acts(self, obj: Suggestion) -> Sequence[tuple[Any, str]]:
        now = obj.sense.definition if obj.sense and obj.kind == SuggestionKind.CHANGE else ""
        told = [
            (_("term"), obj.text),
            (_("definition now"), now),
            (_("suggested"), obj.definition),
            (_("why"), obj.note),
        ]
        return [(label, text) for label, text in told if text]

    @admin.display(description=_("definition"))
    def definition_cut(self, suggestion: Suggestion) -> str:
        return cut(suggestion.definition or suggestion.note, 80)

    @admin.display(description=_("where it belongs"))
    def on_site(self, suggestion: Suggestion) -> SafeString | str:
        """The sense to edit, the draft that was made, or the page of the term."""
        if suggestion.sense_id:
            address = reverse("admin:glossary_sense_change", args=[suggestion.sense_id])
            return format_html('<a href="{}">{}</a>', address, suggestion.sense)
        term = suggestion.term
        return format_html('<a href="{}">{}</a>', term.get_absolute_url(), term.text) if term else "–"

    @admin.display(description=_("post"))
    def made_at(self, suggestion: Suggestion) -> SafeString | str:
        subject, _colon, pk = suggestion.origin.partition(":")
        if subject != "post" or not pk.isdecimal():
            return "–"
        return format_html('<a href="{}">{}</a>', reverse("post", args=[int(pk)]), suggestion.origin)
