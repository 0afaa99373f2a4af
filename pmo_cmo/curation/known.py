"""The screen of acronyms that everybody here knows."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from glossary.actions import known
from members.admin import ActionAdmin, acting


class KnownAcronymAdmin(ActionAdmin):
    """Acronyms that nobody is told are undefined."""

    fields = ("text", "note")
    list_display = ("text", "note")
    ordering = ("key",)
    search_fields = ("key",)
    search_help_text = _("A part of the acronym.")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        obj.pk = known.add_known_acronym(by=acting(request), **form.cleaned_data).pk

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        known.remove_known_acronym(obj, by=acting(request))
