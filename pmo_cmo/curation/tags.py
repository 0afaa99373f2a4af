"""Tags with the sense that they stand for: the discussions' screen, with the glossary's field."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from pmo_cmo.curation.forms import TagWithSenseForm
from threads.admin import TagAdmin


class TagWithSenseAdmin(TagAdmin):
    """Tags: name, description, and what their terms mean in discussions that carry them."""

    form = TagWithSenseForm
    list_display = ("name", "description", "sense")  # type: ignore[assignment]  # one more than of the base
    fields = ("name", "description", "sense", "other_names")  # type: ignore[assignment]  # as above

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request)
        return found.select_related("sense")
