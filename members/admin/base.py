"""The base of every screen of the Django admin: it looks like Django's and writes through actions.

A screen that changes something inherits `ActionAdmin` and says which action
takes the data. Acts that need a reason are listed as `acts`.
"""

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import IntegrityError, models
from django.db.models import ProtectedError, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext, gettext_lazy as _

from members.models import Member
from members.permissions import Refused

LISTED_AT_MOST = 1000  # rows a list in the admin pages through; past that the search narrows it


class NoCountPaginator(Paginator[Any]):
    """Pages over the first rows of a list, without asking the database how many there are.

    It reads keys up to a bound, so the cost is the same for a thousand rows
    and for a million.
    """

    @cached_property
    def _keys(self) -> int:
        rows = cast("QuerySet[Any]", self.object_list)
        return len(rows.order_by().values_list("pk")[: LISTED_AT_MOST + 1])

    @cached_property
    def count(self) -> int:
        return min(self._keys, LISTED_AT_MOST)

    @property
    def is_cut(self) -> bool:
        """Whether there are more rows than the list shows."""
        return self._keys > LISTED_AT_MOST


def acting(request: HttpRequest) -> Member:
    """Who acts, for an action's `by`: the admin's own views let nobody in who is not a member."""
    return cast("Member", request.user)


class ReasonForm(forms.Form):
    """Why somebody does what they do; whom it concerns reads it."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text=_("Kept in the log; authors read why a post is hidden, everybody why a discussion is locked."),
    )


@dataclass(frozen=True)
class Act:
    """A button on a change form that leads to a form of its own and then to one action.

    `action(object, by=…, **what the form gave)` decides who may; `offered(object)`
    only decides whether the button stands there. `name` is the last part of the address.
    """

    name: str
    title: str | Promise
    action: Callable[..., object]
    form_class: type[forms.Form] = ReasonForm
    offered: Callable[[Any], bool] = lambda _object: True
    permission: str = ""  # a permission without which neither button nor form is shown


def explained(error: Exception, model: type[models.Model] | None = None) -> ValidationError | None:
    """What a refused write tells the person who tried it; None when it is a fault of ours.

    For `Refused`, `ValidationError`, and an `IntegrityError` of a constraint
    that carries a `violation_error_message` or of a unique field. Two people
    who save at once meet the latter, whatever the form has checked.
    """
    if isinstance(error, ValidationError):
        return error
    if isinstance(error, Refused):
        return ValidationError(str(error))
    if isinstance(error, ProtectedError):
        return ValidationError(gettext("Other things depend on it, so it stays."))
    sentence = _broken_rule(error, model) if isinstance(error, IntegrityError) and model else None
    return ValidationError(sentence) if sentence else None


def _broken_rule(error: IntegrityError, model: type[models.Model]) -> str | None:
    """The sentence of the constraint that a write broke, None when there is none for people."""
    broken = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
    for constraint in model._meta.constraints:
        if constraint.name == broken:
            return str(constraint.violation_error_message)
    if broken.endswith(("_key", "_uniq")):
        return gettext("This exists already. Somebody may have saved it a moment ago.")
    if "_fk_" in broken:
        return gettext("Something it belongs to was deleted a moment ago.")
    return None


class ActionAdmin(admin.ModelAdmin):
    """A screen of the admin whose every write is one action.

    Django wraps a POST in a transaction, in which a durable action raises; both
    wrappers are left out here. `save_model` gets what the form read: call one
    action with `form.cleaned_data`, and with `inline_rows(request, Model)` where
    the screen has inlines. On an add it sets `obj.pk` to that of the row made.
    What an action refuses stands on the form, with the typed text.
    """

    paginator = NoCountPaginator
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    sortable_by: ClassVar[tuple[str, ...]] = ()  # any other order than the key's would scan
    acts: ClassVar[Sequence[Act]] = ()
    change_form_template = "admin/change_form_with_acts.html"

    # --- Writing -----------------------------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        raise NotImplementedError(f"{type(self).__name__} does not say which action saves.")

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        raise NotImplementedError(f"{type(self).__name__} does not say which action deletes.")

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        raise NotImplementedError(f"{type(self).__name__} does not say which action deletes many.")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        """Nothing: what the inlines read goes to the same action as data, in `save_model`."""

    def inline_rows(self, request: HttpRequest, model: type[models.Model]) -> list[dict[str, Any]]:
        """The rows that the inline for `model` should have after this save, as data for the action.

        Each is the cleaned data of one row, in the order of the page, without
        those marked for deletion; "id" holds the row as it was, or None.
        """
        formsets: Iterable[Any] = getattr(request, "formsets_of_admin", ())
        rows = []
        for formset in formsets:
            if formset.model is not model:
                continue
            for form in formset.forms:
                is_empty = form.empty_permitted and not form.has_changed()
                if not is_empty and not (formset.can_delete and formset._should_delete_form(form)):  # noqa: SLF001  there is no public name for it
                    rows.append({name: value for name, value in form.cleaned_data.items() if name != "DELETE"})
        return rows

    # --- Django's own steps, without its transaction -----------------------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        form_view: Callable[..., Any] = super()._changeform_view  # type: ignore[misc]  # private, and pinned by a test
        try:
            return form_view(request, object_id, form_url, extra_context)
        except (Refused, ValidationError, IntegrityError) as error:
            if request.method != "POST" or (refusal := explained(error, self.model)) is None:
                raise
            # The same form once more: it now finds the refusal among its errors, so nothing is written.
            request.refusal_of_action = refusal  # type: ignore[attr-defined]
            return form_view(request, object_id, form_url, extra_context)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> Any:
        request.deletions_of_admin = []  # type: ignore[attr-defined]
        try:
            response = super()._delete_view(request, object_id, extra_context)  # type: ignore[misc]
        except (Refused, ValidationError, IntegrityError) as error:
            if (refusal := explained(error, self.model)) is None:
                raise
            for sentence in refusal.messages:
                messages.error(request, sentence)
            return redirect(self._address("change", object_id))
        if deletions := request.deletions_of_admin:  # type: ignore[attr-defined]
            super().log_deletions(request, deletions)
        return response

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Django logs a deletion before it happens; here it is logged once it has."""
        if not hasattr(request, "deletions_of_admin"):  # the bulk action
            return super().log_deletions(request, queryset)
        # Copies, for a deleted object forgets its key.
        request.deletions_of_admin = [copy.copy(each) for each in queryset]
        return None

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002  Django's signature
        form_class = super().get_form(request, obj, change, **kwargs)
        refusal = getattr(request, "refusal_of_action", None)
        return form_class if refusal is None else _refusing(form_class, refusal)

    def _create_formsets(self, request: HttpRequest, obj: Any, change: Any) -> Any:
        formsets, inlines = super()._create_formsets(request, obj, change)  # type: ignore[misc]
        request.formsets_of_admin = formsets  # type: ignore[attr-defined]
        return formsets, inlines

    # --- Acts --------------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<path:object_id>/{act.name}/",
                self.admin_site.admin_view(partial(self._act_view, act)),
                name=self._name(act.name),
            )
            for act in self.acts
        ]
        return [*own, *super().get_urls()]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        context["acts"] = self.links_to_acts(request, context["original"])
        return super().render_change_form(request, context, *args, **kwargs)

    def links_to_acts(self, request: HttpRequest, obj: Any) -> list[dict[str, Any]]:
        """The buttons of a change form, as {title, url}; a screen adds those that lead to views of its own."""
        return [{"title": act.title, "url": self._address(act.name, obj.pk)} for act in self._offered(request, obj)]

    def shown_in_acts(self, obj: Any) -> Sequence[tuple[Any, str]]:
        """What stands on the page of an act to be read before it is done, as (label, text)."""
        return ()

    def initial_in_acts(self, obj: Any) -> dict[str, Any]:
        """What stands in the form of an act when it is opened, by field."""
        return {}

    def _offered(self, request: HttpRequest, obj: Any) -> list[Act]:
        return [act for act in self.acts if obj and _may_see(request, act) and act.offered(obj)]

    def _act_view(self, act: Act, request: HttpRequest, object_id: str) -> HttpResponse:
        found = self.get_object(request, unquote(object_id))
        if not _may_see(request, act) or not self.has_view_or_change_permission(request, found):
            raise PermissionDenied
        if found is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]
        return reason_view(self, request, found, title=act.title, action=act.action, form_class=act.form_class)

    def _name(self, last: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{last}"

    def _address(self, last: str, object_id: Any) -> str:
        return reverse(f"admin:{self._name(last)}", args=[quote(object_id)])


def reason_view(
    model_admin: ActionAdmin,
    request: HttpRequest,
    subject: models.Model,
    *,
    title: str | Promise,
    action: Callable[..., object],
    form_class: type[forms.Form] = ReasonForm,
) -> HttpResponse:
    """Form → one action → back to the object: an act that needs a reason, as a view of `get_urls()`.

    The action is called as `action(subject, by=…, **what the form gave)`. What
    it refuses stands on the form, with the typed text. The act is kept in the
    object's history. A form with a field `based_on` carries the revision that
    was read.
    """
    initial = {"based_on": getattr(subject, "revision", None), **model_admin.initial_in_acts(subject)}
    form = form_class(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            action(subject, by=acting(request), **form.cleaned_data)
        except (Refused, ValidationError, IntegrityError) as error:
            if (refusal := explained(error, type(subject))) is None:
                raise
            form.add_error(None, ValidationError(refusal.messages))
            if "based_on" in form.fields:  # the page shows the object as this request read it
                form.data = request.POST.dict() | {"based_on": str(getattr(subject, "revision", ""))}
        else:
            reason = form.cleaned_data.get("reason", "")
            model_admin.log_change(request, subject, f"{title}: {reason}" if reason else str(title))
            messages.success(request, gettext("Done: %(title)s.") % {"title": title})
            return redirect(_after(model_admin, request, subject))
    context = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "subtitle": str(subject),
        "opts": model_admin.opts,
        "original": subject,
        "form": form,
        "shown": model_admin.shown_in_acts(subject),
        "media": model_admin.media + form.media,
    }
    return TemplateResponse(request, "admin/act.html", context, status=422 if form.is_bound else 200)


def _after(model_admin: ActionAdmin, request: HttpRequest, subject: models.Model) -> str:
    """Back to the object, or to the list where the act made it disappear."""
    if subject.pk and model_admin.get_object(request, str(subject.pk)):
        return model_admin._address("change", subject.pk)  # noqa: SLF001  of this module
    return reverse(f"admin:{model_admin._name('changelist')}")  # noqa: SLF001


def _may_see(request: HttpRequest, act: Act) -> bool:
    return not act.permission or request.user.has_perm(act.permission)


def _refusing(form_class: type[ModelForm[Any]], refusal: ValidationError) -> type[ModelForm[Any]]:
    """The same form with a refusal among its errors, at its fields where it names some that the form has."""

    def full_clean(form: ModelForm[Any]) -> None:
        form_class.full_clean(form)
        by_field = refusal.message_dict if hasattr(refusal, "error_dict") else {NON_FIELD_ERRORS: refusal.messages}
        for field, sentences in by_field.items():
            form.add_error(field if field in form.fields else None, ValidationError(sentences))

    return type(form_class.__name__, (form_class,), {"full_clean": full_clean})
