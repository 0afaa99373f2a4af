"""What members suggest: a new term, another meaning, a change."""

from allauth.core import ratelimit
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from glossary.actions import suggestions
from glossary.forms.suggesting import SuggestionForm, TermSuggestionForm
from glossary.models import SuggestionKind, Term
from glossary.permissions import may_suggest
from members.permissions import Refused
from members.views.gate import MemberRequest, member_required

LONGEST_PREFILLED = 120  # characters


@member_required
@require_http_methods(["GET", "POST"])
def suggest_term(request: MemberRequest) -> HttpResponse:
    """`/glossary/suggest/`: a term that the glossary lacks; `?text=` is filled in already."""
    _ask(request)
    asked = request.GET.get("text", "").replace("\x00", "")[:LONGEST_PREFILLED]
    form = TermSuggestionForm(request.POST or None, initial={"text": asked})
    if form.is_valid() and _sent(request, form, kind=SuggestionKind.TERM, **form.cleaned_data):
        return redirect("glossary")
    return _answer(request, form, None)


@member_required
@require_http_methods(["GET", "POST"])
def suggest_change(request: MemberRequest, slug: str) -> HttpResponse:
    """`/glossary/<slug>/suggest/`: a change to a meaning of this term, or another meaning."""
    _ask(request)
    terms = Term.objects.visible_to(request.user).for_page()
    term = terms.filter(slug=slug).first()
    if term is None:
        return redirect("suggest_change", get_object_or_404(terms, slugs__slug=slug).slug, permanent=True)
    senses = [naming.sense for naming in term.readable]
    form = SuggestionForm(request.POST or None, senses=senses, initial={"meaning": request.GET.get("sense", "")})
    if form.is_valid():
        said = dict(form.cleaned_data)
        sense = said.pop("meaning")
        kind = SuggestionKind.CHANGE if sense else SuggestionKind.SENSE
        if _sent(request, form, kind=kind, text=term.text, term=term, sense=sense, **said):
            return redirect(term)
    return _answer(request, form, term)


def _ask(request: MemberRequest) -> None:
    if not may_suggest(request.user):
        raise PermissionDenied(_("You may not suggest anything."))


def _sent(request: MemberRequest, form: Form, **said: object) -> bool:
    """Whether it is with the curators now; else the form says why not. Limits as ACCOUNT_RATE_LIMITS says."""
    if not ratelimit.consume(request, action="suggest", user=request.user):
        form.add_error(None, _("So many suggestions at once. Your text is kept below; try again in a while."))
        return False
    try:
        suggestions.suggest(by=request.user, **said)  # type: ignore[arg-type]
    except Refused as refusal:
        form.add_error(None, str(refusal))
    except ValidationError as trouble:
        form.add_error(None, ValidationError(trouble.messages))
    else:
        messages.success(request, _("Thank you. The curators will decide, and a mail tells you what became of it."))
        return True
    return False


def _answer(request: MemberRequest, form: Form, term: Term | None) -> HttpResponse:
    context = {"form": form, "term": term}
    return render(request, "glossary/suggest.html", context, status=422 if form.is_bound else 200)
