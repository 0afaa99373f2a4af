"""The glossary's pages: A to Z, and the versions of a term. A term's own page is the roof's: it shows threads."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from glossary.entries import history_of
from glossary.models import Term
from markup.slugs import key
from members.views.visitors import State, kept_for_visitors, site_version, words_version

ALL_AT_ONCE = 300  # terms: a longer glossary is shown by letter
LONGEST_QUERY = 100  # characters


def _state(request: HttpRequest, slug: str = "") -> State:
    """What these pages show is named by the site's version; a page that is not there has none."""
    terms = Term.objects.visible_to(request.user)
    versions = (terms.filter(slug=slug) if slug else terms).order_by("pk").values_list("pk", site_version())[:1]
    return tuple(versions) or None


def _list_state(request: HttpRequest) -> State:
    """The list of all terms shows acronyms that are none yet, with their figures."""
    terms = Term.objects.visible_to(request.user).order_by("pk")
    return tuple(terms.values_list("pk", site_version(), words_version())[:1]) or None


@require_safe
@kept_for_visitors(_list_state, reads=("q", "letter"))
def glossary(request: HttpRequest) -> HttpResponse:
    """`/glossary/`: all terms from A to Z, or a letter's when they are many; `?q=` narrows them."""
    words = key(request.GET.get("q", "").replace("\x00", ""))[:LONGEST_QUERY]
    terms = Term.objects.visible_to(request.user)
    letters = terms.letters()
    total = sum(letters.values())
    is_long = total > ALL_AT_ONCE
    letter = _letter_asked_for(request, letters, is_long=is_long and not words)
    found = terms.holding(words) if words else terms.at_letter(letter) if letter else terms
    rows = list(found.for_list()[: ALL_AT_ONCE + 1] if not letter else found.for_list())
    context = {
        "terms": rows[:ALL_AT_ONCE] if not letter else rows,
        "is_cut": not letter and len(rows) > ALL_AT_ONCE,
        "letters": letters,
        "letter": letter,
        "is_long": is_long,
        "total": total,
        "q": words,
    }
    return render(request, "glossary/list.html", context)


def _letter_asked_for(request: HttpRequest, letters: dict[str, int], *, is_long: bool) -> str:
    """The letter of the page: a known one that was asked for, else the first of a long glossary, else none."""
    asked = request.GET.get("letter", "").upper()
    if asked in letters and not request.GET.get("q", "").strip():
        return asked
    return next(iter(letters), "") if is_long else ""


@require_safe
@kept_for_visitors(_state)
def term_history(request: HttpRequest, slug: str) -> HttpResponse:
    """`/glossary/<slug>/history/`: every published version of a term's definitions."""
    terms = Term.objects.visible_to(request.user)
    found = terms.for_page().filter(slug=slug).first()
    if found is None:
        moved = get_object_or_404(terms, slugs__slug=slug)
        return redirect("term_history", moved.slug, permanent=True)
    senses = history_of(naming.sense for naming in found.readable)
    return render(request, "glossary/history.html", {"term": found, "senses": senses})
