"""Help while somebody writes: discussions like theirs, and what Markdown may do here."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from markup.render import render as render_body
from threads.similar import similar as find_similar


@require_safe
def similar(request: HttpRequest) -> HttpResponse:
    """`/threads/similar/?title=`: a piece of HTML for static/similar.js; 204 where there is nothing like it."""
    found = find_similar(request.GET.get("title", ""), request.user)
    if not found:
        return HttpResponse(status=204)
    return render(request, "threads/_similar.html", {"similar": found})


@require_safe
def markdown_help(request: HttpRequest) -> HttpResponse:
    """`/help/markdown/`: what may be typed, and what becomes of it, written by the renderer of posts."""
    return render(request, "threads/markdown.html", {"examples": _examples()})


def _examples() -> list[dict[str, str]]:
    said = [
        (_("Emphasis"), _("*italic*, **bold**, ~~struck out~~")),
        (_("Links"), _("[the guide](https://example.org/guide), or just https://example.org")),
        (_("Lists"), _("- one\n- two\n\n1. first\n2. second")),
        (_("Tasks"), _("- [x] agreed\n- [ ] still open")),
        (_("Quotation"), _("> What somebody else said.")),
        (_("Headings"), _("## A heading")),
        (_("Table"), _("| Office | Reports to |\n| --- | --- |\n| PMO | CIO |\n| CMO | CEO |")),
        (_("Code, shown as it is typed"), _("`one word`\n\n```\nwhole lines\n```")),
        (_("A line across"), _("above\n\n---\n\nbelow")),
    ]
    return [{"name": name, "source": source, "html": render_body(source)} for name, source in said]
