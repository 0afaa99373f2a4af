"""One's own things."""

import copy

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from members.actions.accounts import choose_display, update_profile
from members.display import language_of, marks_of
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
    """`/me/display/`: language, time zone, marks; kept with the account, or in cookies of who is not signed in."""
    member = request.user if request.user.is_authenticated else None
    now = {"marks": marks_of(request), "language": language_of(request), "time_zone": member and member.time_zone}
    zone = member.browser_zone if member else ""
    form = DisplayForm(request.POST or None, initial=now, has_account=bool(member), browser_zone=zone)
    if not form.is_valid():
        return render(request, "members/display.html", {"form": form}, status=422 if form.is_bound else 200)
    answer = redirect("display")
    said = form.cleaned_data
    if member:
        # What the form did not ask stays: a language that is not offered just now may come back.
        kept = {"language": member.language, "time_zone": member.time_zone}
        choose_display(by=member, **kept | said | {"marks": Marks(said["marks"])})
        with translation.override(said.get("language") or get_language()):
            messages.success(request, gettext("Saved."))
    else:
        _keep_in_cookie(answer, settings.MARKS_COOKIE_NAME, said["marks"])
        _keep_in_cookie(answer, settings.LANGUAGE_COOKIE_NAME, said.get("language", ""))
    return answer


def _keep_in_cookie(answer: HttpResponse, name: str, value: str) -> None:
    """For a year; nothing to keep takes the cookie away."""
    if not value:
        answer.delete_cookie(name, samesite="Lax")
        return
    secure = settings.SESSION_COOKIE_SECURE
    answer.set_cookie(name, value, max_age=A_YEAR, secure=secure, httponly=True, samesite="Lax")
