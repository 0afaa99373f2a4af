"""What readers tell the moderators: reports, and claims of imported posts."""

from allauth.core import ratelimit
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from members.permissions import Refused
from members.views.gate import MemberRequest, member_required
from threads.actions import moderation
from threads.forms import ClaimForm, LookUpForm, ReportForm
from threads.models import Post
from threads.permissions import may_claim, may_look_up, may_report


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: MemberRequest, pk: int) -> HttpResponse:
    """`/posts/<id>/report/`: tell the moderators in one step."""
    post = get_object_or_404(Post.objects.visible_to(request.user).select_related("thread"), pk=pk)
    if not may_report(request.user, post):
        raise PermissionDenied(_("This is your own post: edit or withdraw it."))
    form = ReportForm(request.POST or None)
    if form.is_valid():
        moderation.report(post, by=request.user, **form.cleaned_data)
        messages.success(request, _("Thank you. The moderators have your report."))
        return redirect(post)
    return render(request, "threads/report.html", {"post": post, "form": form}, status=422 if form.is_bound else 200)


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def look_up(request: MemberRequest, pk: int) -> HttpResponse:
    """`/posts/<id>/author/`: moderators look up a withheld name, and say why."""
    post = get_object_or_404(Post.objects.visible_to(request.user).select_related("thread", "author"), pk=pk)
    if not may_look_up(request.user, post):
        raise PermissionDenied(_("Only moderators look up who wrote a post, and only where the name is withheld."))
    form = LookUpForm(request.POST or None)
    context: dict[str, object] = {"post": post, "form": form}
    if form.is_valid():
        author = moderation.look_up_author(post, by=request.user, **form.cleaned_data)
        return render(request, "threads/author.html", {**context, "looked_up": True, "author": author})
    return render(request, "threads/author.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def claim(request: HttpRequest, pk: int) -> HttpResponse:
    """`/posts/<id>/claim/`: “Is this yours?” of an imported post; asking for removal needs no account."""
    post = get_object_or_404(Post.objects.visible_to(request.user).select_related("thread"), pk=pk)
    if not may_claim(post):
        raise Http404
    by = request.user if request.user.is_authenticated else None
    form = ClaimForm(request.POST or None, signed_in=bool(by))
    if form.is_valid() and _within_limits(request, form):
        try:
            moderation.claim(post, by=by, **{"contact": "", **form.cleaned_data})
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Thank you. A moderator will decide and answer you."))
            return redirect(post)
    return render(request, "threads/claim.html", {"post": post, "form": form}, status=422 if form.is_bound else 200)


def _within_limits(request: HttpRequest, form: ClaimForm) -> bool:
    """As ACCOUNT_RATE_LIMITS says, counted where allauth counts, so that all processes share it."""
    if ratelimit.consume(request, action="claim"):
        return True
    form.add_error(None, _("Too many requests from your network. Try again in an hour."))
    return False
