"""The browsers one is signed in with, the employer's sign-on, and coming by an invitation."""

import logging
from collections.abc import Callable
from typing import Any

from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.openid_connect import views as openid_connect
from allauth.socialaccount.views import ConnectionsView
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from requests import RequestException

from members.actions.sessions import end_other_sessions, end_session
from members.invited import digest_of, note_invitation
from members.models import Invitation
from members.permissions import Refused
from members.sessions import sessions_of
from members.views.gate import MemberRequest, member_required

logger = logging.getLogger(__name__)
NOT_WELL = 424  # of HTTP's 4xx: our own server is well, what it depends on is not
LONGEST_NUMBER = 18  # digits that a key of the database may have


@never_cache
@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def sessions_page(request: MemberRequest) -> HttpResponse:
    """`/me/sessions/`: list them; `end` names one to be ended, or “others”."""
    here = request.session.session_key or ""
    if request.method == "POST":
        return _end(request, here)
    sessions = sessions_of(request.user, here=here)
    if not any(each.is_here for each in sessions):  # begun before sessions were listed
        UserSession.objects.create_from_request(request)
        sessions = sessions_of(request.user, here=here)
    return render(request, "members/sessions.html", {"sessions": sessions})


def _end(request: MemberRequest, here: str) -> HttpResponse:
    wanted = request.POST.get("end", "")
    if wanted == "others":
        count = end_other_sessions(by=request.user, here=here)
        said = ngettext("%(count)d other session is ended.", "%(count)d other sessions are ended.", count)
        messages.success(request, said % {"count": count})
        return redirect("sessions")
    is_number = wanted.isascii() and wanted.isdecimal() and len(wanted) <= LONGEST_NUMBER
    try:
        end_session(int(wanted) if is_number else 0, by=request.user, here=here)
    except Refused as refusal:
        context = {"sessions": sessions_of(request.user, here=here), "error": str(refusal)}
        return render(request, "members/sessions.html", context, status=422)
    messages.success(request, gettext("The session is ended: that browser is signed out."))
    return redirect("sessions")


class SignOnView(ConnectionsView):  # type: ignore[misc]
    """`/accounts/sign-on/`: allauth's, with what is connected read before the page is written."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        connected = list(SocialAccount.objects.filter(user_id=self.request.user.pk).order_by("pk"))
        return {**super().get_context_data(**kwargs), "connected": connected}


def sign_on(request: HttpRequest, provider_id: str) -> HttpResponse:
    """`/accounts/oidc/sso/login/`: away to the employer's server, by a page of ours.

    Browsers follow a form's redirect only to whom the content security policy
    names, at every step of the way: where that server hands people on to
    another one, no list of ours would be complete. A page may lead anywhere.
    """
    answer = _answered(openid_connect.login, request, provider_id)
    address = answer.headers.get("Location")
    if address is None or url_has_allowed_host_and_scheme(address, {request.get_host()}):
        return answer
    page = render(request, "socialaccount/onward.html", {"address": address})
    page.headers["Refresh"] = f"0; url={address}"
    return page


def signed_on(request: HttpRequest, provider_id: str) -> HttpResponse:
    """`/accounts/oidc/sso/login/callback/`: back from there."""
    return _answered(openid_connect.callback, request, provider_id)


def _answered(view: Callable[..., HttpResponse], request: HttpRequest, provider_id: str) -> HttpResponse:
    """What allauth answers; a sentence where the employer's server is away, or says nothing that can be read."""
    try:
        return view(request, provider_id)
    except (RequestException, ValueError, KeyError) as error:
        logger.warning("The single sign-on did not answer as it should: %r", error)
        return render(request, "socialaccount/authentication_error.html", status=NOT_WELL)


@never_cache
@require_safe
def invited(request: HttpRequest, key: str) -> HttpResponse:
    """Where the link of an invitation leads: on to joining, with the address that was invited."""
    invitation = Invitation.objects.open().filter(digest=digest_of(key)).first()
    if invitation is None:
        return render(request, "members/invitation_ended.html", status=404)
    if request.user.is_authenticated:
        messages.warning(request, gettext("You are signed in already. Sign out to join with another address."))
        return redirect("home")
    note_invitation(request, invitation)
    return redirect("account_signup")
