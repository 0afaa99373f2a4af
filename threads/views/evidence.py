"""“Use as definition…”: words of a post, offered as evidence for a sense."""

from allauth.core import ratelimit
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from glossary import lexicon
from glossary.lexicon import PortalLexicon, TermEntry
from markup.slugs import key
from markup.terms import link_terms
from markup.text import own_text
from members.permissions import Refused
from members.views.gate import MemberRequest, member_required
from threads.actions import evidence
from threads.forms import EvidenceForm
from threads.models import EvidenceState, Mention, Post
from threads.permissions import may_propose_evidence

MOST_TERMS = 20  # offered without being asked for
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
    near = _terms_near(request, post, words)
    typed = request.POST.get("term", "").replace("\x00", "").strip()[:LONGEST_TERM]
    if typed and ("find" in request.POST or not request.POST.get("sense")):
        return _found(request, post, _terms_named(typed, words), near)
    terms = [*_terms_of(request.POST.get("sense", ""), words), *near]
    initial = {"words": request.GET.get("words", "").replace("\x00", "").strip() or _own_words(post)}
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
        term = next(each for each in words.terms.values() if sense in each.senses)
        return redirect(f"{term.url}#sense-{sense.id}")
    messages.success(request, _("Thank you. A curator will decide, and a mail tells you."))
    return redirect(post)


def _terms_named(text: str, words: PortalLexicon) -> list[TermEntry]:
    """The terms in a typed line, or the one that is written so in other capitals."""
    found = [entry for match in words.spellings.find(text) if (entry := words.term(match.term))]
    return found or [entry for entry in words.terms.values() if key(entry.text) == key(text)]


def _terms_of(sense: str, words: PortalLexicon) -> list[TermEntry]:
    """The term of a chosen sense, so that the choice stands in the form that is sent back."""
    return [entry for entry in words.terms.values() if sense in {str(each.id) for each in entry.senses}][:1]


def _terms_near(request: MemberRequest, post: Post, words: PortalLexicon) -> list[TermEntry]:
    """The terms that a post uses, by their text, and then those of its thread."""
    own = link_terms(post.body_html, words.spellings).terms
    mentions = Mention.objects.visible_to(request.user).filter(post__thread=post.thread_id, term__isnull=False)
    around = set(mentions.order_by().values_list("term", flat=True).distinct()[:200]) - own
    found = [[entry for pk in pks if (entry := words.term(pk))] for pks in (own, around)]
    return [term for terms in found for term in sorted(terms, key=lambda term: term.text.casefold())][:MOST_TERMS]


def _own_words(post: Post) -> str:
    """What its author wrote, for cutting: quotations are not theirs."""
    return "\n".join(line for line in own_text(post.body_html).split("\n") if line != "\x00")
