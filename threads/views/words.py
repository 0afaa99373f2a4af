"""Words: what they mean in a thread, and what nobody has said yet."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from glossary import lexicon
from members.permissions import Refused
from members.views.gate import MemberRequest, member_required
from members.views.visitors import lexicon_version
from threads.actions import meanings
from threads.actions.words import LONGEST_KNOWN, forget_word, know_word
from threads.lexicon import settle_terms
from threads.models import ChoiceState, Mention, Thread, ThreadSense, with_words
from threads.permissions import may_choose_meaning, may_propose_meaning

MOST_WORDS = 200  # of a thread; more are not listed


def _thread(request: HttpRequest, pk: int) -> Any:
    threads = with_words(Thread.objects.visible_to(request.user).for_page(), request.user).annotate(
        lexicon=lexicon_version()
    )
    return get_object_or_404(threads, pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
def thread_words(request: HttpRequest, pk: int) -> HttpResponse:
    """`/threads/<id>/words/`: the terms of a thread that have several meanings, and acronyms that have none."""
    if request.method == "POST":
        return _decide(request, pk)
    return _words_page(request, _thread(request, pk))


@member_required
def _decide(request: MemberRequest, pk: int) -> HttpResponse:
    """Propose, choose, or take a choice back."""
    thread = _thread(request, pk)
    asked = re.fullmatch(r"(propose|choose|undo):(\d{1,18}):(\d{1,18})", request.POST.get("act", ""))
    if not asked:
        return _words_page(request, thread, error=_("Choose one of the meanings below."))
    term, sense = int(asked[2]), int(asked[3])
    try:
        if asked[1] == "undo":
            meanings.undo(thread, by=request.user, term=term)
        elif asked[1] == "choose":
            meanings.choose(thread, by=request.user, term=term, sense=sense)
        else:
            meanings.propose(thread, by=request.user, term=term, sense=sense)
    except Refused as refusal:
        return _words_page(request, thread, error=str(refusal))
    return redirect(f"{reverse('thread_words', args=[thread.pk])}#term-{term}")


def _words_page(request: HttpRequest, thread: Any, *, error: str = "") -> HttpResponse:
    words = lexicon.current(thread.lexicon)
    mentions = Mention.objects.visible_to(request.user).filter(post__thread=thread)
    used = mentions.exclude(term=None).values_list("term", flat=True).distinct()[:MOST_WORDS]
    entries = sorted((entry for pk in used if (entry := words.term(pk))), key=lambda entry: entry.key)
    spelled = {row["key"] for row in thread.spelled_out}
    undefined = mentions.undefined().exclude(key__in=spelled).order_by("key").values_list("key", "text").distinct()
    proposed: dict[tuple[int, int], ThreadSense] = {
        (row.term_id, row.sense_id): row
        for row in ThreadSense.objects.filter(thread=thread).select_related("proposed_by")
    }
    terms = [
        {"term": term, "rows": [_row(proposed.get((term.id, sense.id)), term, sense) for sense in term.senses]}
        for term in settle_terms(entries, thread)
        if term.is_ambiguous
    ]
    context = {
        "thread": thread,
        "terms": terms,
        "undefined": list(dict(undefined[:MOST_WORDS]).items()),
        "may_propose": may_propose_meaning(request.user, thread),
        "may_choose": may_choose_meaning(request.user, thread),
        "error": error,
    }
    return render(request, "threads/words.html", context, status=422 if error else 200)


def _row(row: ThreadSense | None, term: Any, sense: Any) -> dict[str, object]:
    return {
        "sense": sense,
        "is_settled": sense == term.settled.sense,
        "is_chosen": row is not None and row.state == ChoiceState.CHOSEN,
        "is_proposed": bool(row),
        "proposed_by": row.proposed_by if row else None,
        "value": f"{term.id}:{sense.id}",
    }


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def my_words(request: MemberRequest) -> HttpResponse:
    """`/me/words/`: the words a member knows; `?word=` offers one more."""
    error = ""
    if request.method == "POST":
        try:
            return _know_or_forget(request)
        except Refused as refusal:
            error = str(refusal)
    context = {
        "words": list(request.user.known_words.order_by("key", "pk")[:MOST_WORDS]),
        "asked": request.GET.get("word", "").replace("\x00", "")[:LONGEST_KNOWN],
        "error": error,
    }
    return render(request, "threads/my_words.html", context, status=422 if error else 200)


def _know_or_forget(request: MemberRequest) -> HttpResponse:
    forgotten = request.POST.get("forget", "")
    if re.fullmatch(r"[0-9]{1,18}", forgotten):
        forget_word(int(forgotten), by=request.user)
    else:
        know_word(request.POST.get("know", ""), by=request.user)
    return redirect("my_words")
