"""The screen of people in the Django admin."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from markup.slugs import confusable_key
from members.actions import accounts
from members.admin.base import Act, ActionAdmin, ReasonForm, acting
from members.models import Member


class AccountReasonForm(ReasonForm):
    """Why an account is closed or opened: for those who look at it later."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text=_("Kept in the history of this account, which staff read."),
    )


class MemberAdmin(ActionAdmin):
    """People: found by username, address or name, changed and closed here. Passwords are never set by others."""

    list_display = ("username", "name", "role", "organisation", "location", "is_staff", "is_active")
    list_filter = ("is_staff", "is_active")
    search_fields = ("username",)  # shows the field; `get_search_results` says what it finds
    search_help_text = _("How a username begins, or a whole e-mail address or name.")
    fieldsets = (
        (None, {"fields": ("username", "email", "name", "about")}),
        (_("Affiliation"), {"fields": (("role", "role_family"), ("organisation", "sector", "organisation_size"))}),
        (_("Place"), {"fields": (("location", "country"),)}),
        (_("Account"), {"fields": ("is_active", "is_staff", "groups", "is_superuser", "is_sample")}),
        (_("Dates"), {"fields": ("date_joined", "last_login")}),
    )
    readonly_fields = ("username", "email", "is_active", "is_superuser", "is_sample", "date_joined", "last_login")
    acts = (
        Act(
            "deactivate",
            _("Close this account"),
            accounts.deactivate,
            AccountReasonForm,
            offered=lambda member: member.is_active,
            permission="members.change_member",
        ),
        Act(
            "reactivate",
            _("Open this account again"),
            accounts.reactivate,
            AccountReasonForm,
            offered=lambda member: not member.is_active,
            permission="members.change_member",
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Only an administrator gives rights."""
        return self.readonly_fields if request.user.is_superuser else (*self.readonly_fields, "is_staff", "groups")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """By the filters that stand there: any other lookup would let staff guess at the hash of a password."""
        del value, request
        return lookup.split("__", maxsplit=1)[0] in self.list_filter

    def save_model(self, request: HttpRequest, obj: Member, form: Any, change: Any) -> None:
        accounts.update_member_by_staff(obj, by=acting(request), **form.cleaned_data)

    def delete_model(self, request: HttpRequest, obj: Member) -> None:
        accounts.delete_member(obj, by=acting(request))

    def get_search_results(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        search_term: str,
    ) -> tuple[QuerySet[Any], bool]:
        """By index only: the range of usernames that begin so, or exactly an address or a name."""
        words = search_term.strip().replace("\0", "").lower()
        if not words:
            return queryset, False
        found = queryset.alias(low_username=Lower("username"), low_email=Lower("email"))
        begins = Q(low_username__gte=words, low_username__lt=words + "\U0010ffff")
        return found.filter(begins | Q(low_email=words) | Q(name_key=confusable_key(words))), False
