"""Answers to questions about words: said in the thread, suggested to the curators where the glossary lacks them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from glossary import lexicon
from glossary.actions import suggestions
from glossary.models import SuggestionKind, Term
from markup.slugs import key
from members.models import Member
from members.permissions import Refused
from members.views.gate import MemberRequest, member_required
from threads.actions import meanings
from threads.lexicon import named_by
from threads.models import MeaningRequest
from threads.views.words import thread_of_words, words_page

LONGEST_ID = 18  # digits


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def answer_word(request: MemberRequest, pk: int) -> HttpResponse:
    """`/threads/<id>/answer/`: a POST answers a question about a word; its form stands on the page of the words."""
    thread = thread_of_words(request, pk)
    if request.method != "POST":
        return redirect("thread_words", pk=pk)
    asked, said = request.POST.get("question", ""), request.POST.get("answer", "")
    is_id = asked.isascii() and asked.isdigit() and len(asked) <= LONGEST_ID
    question = (
        MeaningRequest.objects.visible_to(request.user).filter(thread=thread, pk=int(asked) if is_id else 0).first()
    )
    if question is None:
        return words_page(request, thread, error=_("This question is not here. Choose one of those below."))
    try:
        question = meanings.answer(question, by=request.user, words=said)
    except Refused as refusal:
        return words_page(request, thread, error=str(refusal), question=question.pk, answer=said)
    if _suggested(question, by=request.user, words=said):
        messages.success(request, _("Answered, and suggested to the curators for the glossary. Who asked is told."))
    else:
        messages.success(request, _("Answered. Who asked is told."))
    return redirect("thread_words", pk=pk)


def _suggested(question: MeaningRequest, *, by: Member, words: str) -> bool:
    """Whether the curators have the answer as a suggestion now: not where it names a sense, nor what is no term."""
    if named_by(words, question.text, lexicon.current())[1]:
        return False
    term = Term.objects.visible_to(by).filter(key=key(question.text)).first()
    kind = SuggestionKind.SENSE if term else SuggestionKind.TERM
    origin = f"post:{question.post_id}"
    try:
        suggestions.suggest(by=by, kind=kind, text=question.text, definition=words, origin=origin, term=term)
    except (Refused, ValidationError, PermissionDenied):
        return False  # the answer stands without it
    return True
