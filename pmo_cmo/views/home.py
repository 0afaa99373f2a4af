"""The first page."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from glossary import lexicon
from members.prepared import Prepared
from members.views.visitors import State, kept_for_visitors, lexicon_version, site_version
from threads.models import Post, Thread, with_new

NEWEST = 10  # discussions
DISCUSSED = 6  # terms
RECENT_POSTS = 40  # in which terms being discussed are looked for


def _rows() -> QuerySet[Any, Any]:
    threads = Thread.objects.visible_to(AnonymousUser()).listed().order_by("-listed_at", "-pk")
    return threads.values_list("pk", "revision", site_version())[:NEWEST]


_newest = Prepared(_rows)


def _state(request: HttpRequest) -> State:  # noqa: ARG001 the view's signature
    return tuple(_newest())


@require_safe
@kept_for_visitors(_state)
def home(request: HttpRequest) -> HttpResponse:
    """`/`: what the portal is in one sentence, the newest discussions, terms being discussed."""
    threads = Thread.objects.visible_to(request.user).listed().annotate(lexicon=lexicon_version())
    newest = list(with_new(threads, request.user).for_list()[:NEWEST])
    terms = _discussed(request, newest)
    return render(request, "home.html", {"threads": newest, "terms": terms})


def _discussed(request: HttpRequest, threads: list[Thread]) -> list[lexicon.TermEntry]:
    """The terms that stand in most of the newest posts of these threads."""
    if not threads:
        return []
    words = lexicon.current(threads[0].lexicon)  # type: ignore[attr-defined]
    posts = Post.objects.visible_to(request.user).published().filter(thread__in=threads).order_by("-created_at", "-pk")
    uses: dict[int, int] = {}
    for body in posts.values_list("body", flat=True)[:RECENT_POSTS]:
        for term in {match.term for match in words.spellings.find(body)}:
            uses[term] = uses.get(term, 0) + 1
    most = sorted(uses, key=lambda term: (-uses[term], term))[:DISCUSSED]
    return [entry for term in most if (entry := words.term(term))]
