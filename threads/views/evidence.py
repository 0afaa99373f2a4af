"""“Use as definition…”: words of a post, offered as evidence for a sense."""

import re
from collections.abc import Collection, Iterable

from allauth.core import ratelimit
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from glossary import lexicon
from glossary.lexicon import PortalLexicon, TermEntry
from markup.terms import link_terms
from markup.text import own_words
from members.permissions import Refused
from members.views.gate import MemberRequest, member_required
from threads.actions import evidence
from threads.forms import EvidenceForm
from threads.models import EvidenceState, Mention, Post
from threads.permissions import may_propose_evidence

MOST_TERMS = 20  # offered without being asked for
MOST_READ = 200  # of a thread
LONGEST_TERM = 120  # characters


@member_required
@require_http_methods(["GET", "POST"])
def propose(request: MemberRequest, pk: int) -> HttpResponse:
    """`/posts/<id>/evidence/`: the sense, the words, the stance; `?words=` carries a selection.

    The terms of the post and its thread are offered; another one is typed, and
    its senses are offered in turn.
    """
    post = get_object_or_404(Post.objects.visible_to(request.user).select_related("thread"), pk=pk)
    if not may_propose_evidence(request.user, post):
        raise PermissionDenied(_("Only what all readers see can be evidence."))
    words = lexicon.current()
    own = _named(link_terms(post.body_html, words.spellings).terms, words)
    near = [*own, *_terms_around(request, post, words, besides={term.id for term in own})][:MOST_TERMS]
    typed = request.POST.get("term", "").replace("\x00", "").strip()[:LONGEST_TERM]
    if typed and ("find" in request.POST or not request.POST.get("sense")):
        return _found(request, post, words.named(typed), near)
    chosen = request.POST.get("sense", "")
    # The term of the chosen sense, so that the choice stands in a form that is sent back.
    kept = words.term_of(int(chosen)) if re.fullmatch(r"[0-9]{1,18}", chosen) else None
    terms = [*([kept] if kept else []), *near]
    said = request.GET.get("words", "").replace("\x00", "").strip() or own_words(post.body_html)
    initial = {"words": said, "sense": _only_sense(own)}
    form = EvidenceForm(request.POST or None, terms=terms, initial=initial)
    if form.is_valid() and (sent := _sent(request, post, form, words)):
        return sent
    context = {"post": post, "form": form}
    return render(request, "threads/evidence.html", context, status=422 if form.is_bound else 200)


def _found(request: MemberRequest, post: Post, named: list[TermEntry], near: list[TermEntry]) -> HttpResponse:
    """The form as it was filled in, with the senses of the typed term to choose from."""
    kept = {name: request.POST.get(name, "") for name in ("words", "stance", "term")}
    form = EvidenceForm(terms=[*named, *near], initial=kept)
    context = {"post": post, "form": form, "unknown": "" if named else kept["term"]}
    return render(request, "threads/evidence.html", context)


def _sent(request: MemberRequest, post: Post, form: EvidenceForm, words: PortalLexicon) -> HttpResponse | None:
    """Where to go now that it is proposed; None when the form says why not. Limits as ACCOUNT_RATE_LIMITS says."""
    if not ratelimit.consume(request, action="evidence", user=request.user):
        form.add_error(None, _("So many proposals at once. Your text is kept below; try again in a while."))
        return None
    data = form.cleaned_data
    sense = words.sense(data["sense"])
    if sense is None:
        form.add_error("sense", _("This meaning is no longer in the glossary. Choose another one."))
        return None
    try:
        row = evidence.propose(post, by=request.user, sense=sense, excerpt=data["words"], stance=data["stance"])
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return None
    except ValidationError as trouble:
        form.add_error(None, trouble)
        return None
    if row.state == EvidenceState.PUBLISHED:
        messages.success(request, _("These words now stand on the page of the term."))
        term = words.term_of(sense.id)
        return redirect(f"{term.url}#sense-{sense.id}" if term else post)
    messages.success(request, _("Thank you. A curator will decide, and a mail tells you."))
    return redirect(post)


def _named(terms: Iterable[int], words: PortalLexicon) -> list[TermEntry]:
    found = [entry for pk in terms if (entry := words.term(pk))]
    return sorted(found, key=lambda entry: entry.text.casefold())


def _terms_around(
    request: MemberRequest, post: Post, words: PortalLexicon, *, besides: Collection[int]
) -> list[TermEntry]:
    """The terms that other posts of the thread use, as far as indexed."""
    mentions = Mention.objects.visible_to(request.user).filter(post__thread=post.thread_id, term__isnull=False)
    around = set(mentions.order_by().values_list("term", flat=True).distinct()[:MOST_READ])
    return _named(around - set(besides), words)


def _only_sense(terms: Iterable[TermEntry]) -> str | None:
    """The one meaning that the terms of a post have, chosen already; nothing is guessed among several."""
    senses = {sense.id for term in terms for sense in term.senses}
    return str(senses.pop()) if len(senses) == 1 else None
