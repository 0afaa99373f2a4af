"""Acronyms that posts use and nobody has defined."""

from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from threads.models import Mention
from threads.views.note import check

MOST_LISTED = 200


@require_http_methods(["GET", "HEAD", "POST"])
def undefined_words(request: HttpRequest) -> HttpResponse:
    """`/threads/words/`: acronyms that posts use and nobody has defined; a POST asks about one text."""
    if request.method == "POST":
        return check(request)
    mentions = Mention.objects.visible_to(request.user).undefined().values("key")
    rows = mentions.annotate(text=Min("text"), posts=Count("post")).order_by("-posts", "key")
    return render(request, "threads/undefined.html", {"acronyms": list(rows[:MOST_LISTED])})
