"""The screen of invitations in the Django admin."""

import re
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from members.actions import inviting
from members.admin.base import Act, ActionAdmin, acting
from members.models import Invitation, InvitationState


class InviteForm(forms.ModelForm[Invitation]):
    """One address, or a list as it was pasted: parted by commas, semicolons or lines, with names or without."""

    addresses = forms.CharField(
        label=_("E-mail addresses"),
        max_length=60_000,
        widget=forms.Textarea(attrs={"rows": 8, "class": "vLargeTextField"}),
        help_text=_(
            "One or many, parted by commas, semicolons or lines; “Anna Berg &lt;anna@example.org&gt;” is read as well. "
            "Each gets a mail with a link that is good for 14 days. Who was invited before gets a new link."
        ),
    )

    class Meta:
        model = Invitation
        fields: tuple[str, ...] = ()

    def clean_addresses(self) -> list[str]:
        found = addresses_in(self.cleaned_data["addresses"])
        if wrong := [address for address in found if not _is_address(address)]:
            named = ", ".join(wrong[:5])
            raise ValidationError(gettext("No e-mail address: %(wrong)s. Nobody was invited yet.") % {"wrong": named})
        return found


def addresses_in(pasted: str) -> list[str]:
    """The addresses of a pasted list, each once, in its order; what stands there and is none comes along as it is."""
    found = []
    for part in re.split(r"[,;\n\r]+", pasted):
        if named := re.search(r"<([^<>]*)>", part):
            found.append(named[1].strip())
        else:
            found += part.split()
    return list(dict.fromkeys(address.lower() for address in found if address))


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return len(text) <= 254  # noqa: PLR2004 what the column holds


class NothingMoreForm(forms.Form):
    """An act that asks for nothing but a click."""


class StateFilter(admin.SimpleListFilter):
    """By what became of them."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(InvitationState.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = self.value()
        if not wanted or wanted not in InvitationState.values:
            return queryset
        return Invitation.objects.in_state(InvitationState(wanted)) & queryset


class InvitationAdmin(ActionAdmin):
    """Who was invited, by whom, and what became of it. Rows stay: they say how an account came to be."""

    form = InviteForm
    list_display = ("email", "shown_state", "invited_by", "created_at", "accepted_by")
    list_filter = (StateFilter,)
    list_select_related = ("invited_by", "accepted_by")
    fields = ("email", "shown_state", "invited_by", "created_at", "accepted_at", "accepted_by", "withdrawn_at")
    readonly_fields = fields
    search_fields = ("email",)
    acts = (
        Act(
            "withdraw",
            _("Withdraw this invitation"),
            inviting.withdraw_invitation,
            NothingMoreForm,
            offered=lambda invitation: invitation.is_waiting,
            permission="members.add_invitation",
        ),
    )

    @admin.display(description=_("state"))
    def shown_state(self, invitation: Invitation) -> str:
        return str(invitation.state.label)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).order_by("-created_at", "-pk")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else ("addresses",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.readonly_fields if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("members.add_invitation"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Invitation, form: Any, change: Any) -> None:
        done = inviting.invite(form.cleaned_data["addresses"], by=acting(request))
        if not done.invitations:
            raise ValidationError(gettext("All of them have an account already."))
        obj.pk, obj.email = done.invitations[0].pk, done.invitations[0].email
        count = len(done.invitations)
        said = ngettext("%(count)d address is invited.", "%(count)d addresses are invited.", count) % {"count": count}
        messages.success(request, said)
        if done.members:
            named = ", ".join(done.members)
            messages.warning(request, gettext("They have an account already: %(members)s.") % {"members": named})
