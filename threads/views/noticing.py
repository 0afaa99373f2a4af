"""Acronyms that posts use and nobody has defined."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from threads.models import WordUse
from threads.views.note import check

MOST_LISTED = 200


@require_http_methods(["GET", "HEAD", "POST"])
def undefined_words(request: HttpRequest) -> HttpResponse:
    """`/threads/words/`: acronyms that posts use and nobody has defined; a POST asks about one text."""
    if request.method == "POST":
        return check(request)
    is_by_posts = request.GET.get("order") == "posts"
    rows = WordUse.objects.visible_to(request.user).undefined()
    ordered = rows.order_by("-posts", "-readers", "key") if is_by_posts else rows.for_list()
    context = {"acronyms": list(ordered[:MOST_LISTED]), "is_by_posts": is_by_posts}
    return render(request, "threads/undefined.html", context)
