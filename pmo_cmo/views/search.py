"""The search page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from pmo_cmo.search import find

LONGEST = 200  # characters of a query


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """`/search/?q=`: terms first, then threads and posts."""
    asked = " ".join(request.GET.get("q", "").replace("\x00", " ").split())
    context: dict[str, object] = {"q": asked[:LONGEST], "here": request.get_full_path()}
    if len(asked) > LONGEST:
        context["trouble"] = _("Search for at most %(count)d characters; the first of them stand in the box.") % {
            "count": LONGEST
        }
        return render(request, "search.html", context, status=400)
    if asked:
        context["results"] = find(asked, request.user)
    return render(request, "search.html", context)
