"""Words: what they mean in a thread, and what nobody has said yet."""

import re
from typing import Any

from django.contrib import messages
from django.db.models import Exists, F, OuterRef, Prefetch
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
from threads.actions.questions import ask
from threads.actions.words import LONGEST_KNOWN, forget_word, know_word
from threads.forms import AskForm
from threads.lexicon import settle_terms
from threads.models import ChoiceState, MeaningAsker, MeaningRequest, Mention, Post, Thread, ThreadSense, with_words
from threads.permissions import may_answer_question, may_choose_meaning, may_propose_meaning

MOST_WORDS = 200  # of a thread; more are not listed


def thread_of_words(request: HttpRequest, pk: int) -> Any:
    """A thread that the reader sees, with what settles its words."""
    threads = with_words(Thread.objects.visible_to(request.user).for_page(), request.user).annotate(
        lexicon=lexicon_version()
    )
    return get_object_or_404(threads, pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
def thread_words(request: HttpRequest, pk: int) -> HttpResponse:
    """`/threads/<id>/words/`: the terms of a thread that have several meanings, and acronyms that have none."""
    if request.method == "POST":
        return _decide(request, pk)
    return words_page(request, thread_of_words(request, pk))


@member_required
def _decide(request: MemberRequest, pk: int) -> HttpResponse:
    """Propose, choose, or take a choice back."""
    thread = thread_of_words(request, pk)
    asked = re.fullmatch(r"(propose|choose|undo):(\d{1,18}):(\d{1,18})", request.POST.get("act", ""))
    if not asked:
        return words_page(request, thread, error=_("Choose one of the meanings below."))
    term, sense = int(asked[2]), int(asked[3])
    try:
        if asked[1] == "undo":
            meanings.undo(thread, by=request.user, term=term)
        elif asked[1] == "choose":
            meanings.choose(thread, by=request.user, term=term, sense=sense)
        else:
            meanings.propose(thread, by=request.user, term=term, sense=sense)
    except Refused as refusal:
        return words_page(request, thread, error=str(refusal))
    return redirect(f"{reverse('thread_words', args=[thread.pk])}#term-{term}")


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def ask_word(request: MemberRequest, pk: int) -> HttpResponse:
    """`/threads/<id>/ask/?word=`: ask what a word of the thread means, with one's name or without."""
    thread = get_object_or_404(Thread.objects.visible_to(request.user), pk=pk)
    form = AskForm(request.POST or None, initial={"word": request.GET.get("word", "").replace("\x00", "")[:120]})
    if form.is_valid():
        said = {"text": form.cleaned_data["word"], "is_named": not form.cleaned_data["unnamed"]}
        try:
            ask(thread, by=request.user, **said)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Asked. You are told once, when somebody answers."))
            return redirect("thread_words", pk=thread.pk)
    status = 422 if form.is_bound else 200
    return render(request, "threads/ask.html", {"thread": thread, "form": form}, status=status)


def _questions(request: HttpRequest, thread: Any) -> list[dict[str, Any]]:
    """The questions about words that stand in posts of a thread as the reader sees it, open ones first."""
    there = Post.objects.visible_to(request.user).filter(pk=OuterRef("post"))
    rows = MeaningRequest.objects.visible_to(request.user).filter(thread=thread).select_related("post", "answered_by")
    rows = rows.annotate(is_post_shown=Exists(there))
    rows = rows.prefetch_related(Prefetch("askers", MeaningAsker.objects.select_related("member").order_by("pk")))
    rows = rows.order_by(F("answered_at").asc(nulls_first=True), "created_at", "pk")[:MOST_WORDS]
    return [_question(row, may_answer=may_answer_question(request.user, thread, row.post)) for row in rows]


def _question(row: MeaningRequest, *, may_answer: bool) -> dict[str, Any]:
    """Who wants to be unnamed is named to those who may answer only."""
    askers = list(row.askers.all())
    return {
        "request": row,
        "count": len(askers),
        "names": [asker.member.shown_name for asker in askers if asker.is_named or may_answer],
        "may_answer": may_answer and not row.answered_at,
        # Marks lead to open questions in the list of acronyms; what is no acronym has no mark.
        "anchor": row.key if row.answered_at and row.key.isalnum() else "",
    }


def _undefined(
    mentions: Any, thread: Any, words: lexicon.PortalLexicon, questions: list[dict[str, Any]]
) -> list[dict[str, object]]:
    """The acronyms of a thread that nobody has defined or explained, each with the open question about it, if any."""
    spelled = {row["key"] for row in thread.spelled_out}
    rows = mentions.undefined().exclude(key__in=spelled).order_by("key").values_list("key", "text").distinct()
    texts = {name: text for name, text in rows[: 10 * MOST_WORDS] if name not in words.not_undefined}
    asked = {each["request"].key: each for each in questions}
    open_ones = [name for name in texts if name not in asked or not asked[name]["request"].answered_at]
    return [{"key": name, "text": texts[name], "question": asked.get(name)} for name in open_ones[:MOST_WORDS]]


def words_page(
    request: HttpRequest, thread: Any, *, error: str = "", question: int = 0, answer: str = ""
) -> HttpResponse:
    """The page of a thread's words; with `error`, and the refused answer to a question kept in its box."""
    words = lexicon.current(thread.lexicon)
    mentions = Mention.objects.visible_to(request.user).filter(post__thread=thread)
    used = mentions.exclude(term=None).values_list("term", flat=True).distinct()[:MOST_WORDS]
    entries = sorted((entry for pk in used if (entry := words.term(pk))), key=lambda entry: entry.key)
    questions = _questions(request, thread)
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
        "undefined": _undefined(mentions, thread, words, questions),
        "may_propose": may_propose_meaning(request.user, thread),
        "may_choose": may_choose_meaning(request.user, thread),
        "questions": questions,
        "error": error,
        "question": question,
        "answer": answer,
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
