"""One's own things."""

import copy

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from members.actions.accounts import update_profile
from members.forms import SettingsForm
from members.permissions import Refused
from members.views.gate import MemberRequest, member_required


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
