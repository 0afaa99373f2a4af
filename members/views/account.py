"""One's own things."""

import copy

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from members.actions.accounts import choose_marks, update_profile
from members.display import marks_of
from members.forms import DisplayForm, SettingsForm
from members.models import Marks
from members.permissions import Refused
from members.views.gate import MemberRequest, member_required

A_YEAR = 365 * 24 * 60 * 60  # seconds


@never_cache
@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings_page(request: MemberRequest) -> HttpResponse:
    """Show what a member says of themselves, and keep it."""
    # A copy: a form that is not right yet writes into its member, and the page's head shows the real one.
    form = SettingsForm(request.POST or None, instance=copy.copy(request.user))
    if form.is_valid():
        try:
            update_profile(request.user, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("name", str(refusal))
        else:
            messages.success(request, gettext("Saved. Posts that you have written keep what stood beside them."))
            return redirect("settings")
    return render(request, "members/settings.html", {"form": form}, status=422 if form.is_bound else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def display_page(request: HttpRequest) -> HttpResponse:
    """`/me/display/`: how often terms are marked; kept with the account, or in a cookie of who is not signed in."""
    form = DisplayForm(request.POST or None, initial={"marks": marks_of(request)})
    if not form.is_valid():
        return render(request, "members/display.html", {"form": form}, status=422 if form.is_bound else 200)
    answer = redirect("display")
    if request.user.is_authenticated:
        choose_marks(by=request.user, marks=Marks(form.cleaned_data["marks"]))
        messages.success(request, gettext("Saved."))
    else:
        answer.set_cookie(
            settings.MARKS_COOKIE_NAME,
            form.cleaned_data["marks"],
            max_age=A_YEAR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    return answer
