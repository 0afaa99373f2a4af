"""How templates become pages: Django's own way, with what the head of a page counts there before its template."""

from typing import Any

from django.http import HttpRequest
from django.template.backends.django import DjangoTemplates, Template

from members.counts import complete


class PageTemplates(DjangoTemplates):
    """The engine of settings.TEMPLATES."""

    def get_template(self, template_name: str) -> "PageTemplate":
        """Find a template by its name."""
        return PageTemplate(super().get_template(template_name).template, self)


class PageTemplate(Template):
    """A template that asks the database nothing, not even in the page that answers a form."""

    def render(self, context: dict[str, Any] | None = None, request: HttpRequest | None = None) -> str:
        """Write it. `GET` has loaded the member with what is counted; who sends a form was loaded without."""
        if request is not None and request.method == "POST" and request.user.is_authenticated:
            complete(request.user)
        return super().render(context, request)
