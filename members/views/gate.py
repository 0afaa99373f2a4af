"""The gate: what only members may do, and what becomes of a POST that may not pass.

Nothing typed is ever lost. A POST that comes without a session, or with a token
that has grown old, is answered by a page that holds what was typed, the way to
sign in, and “Send again”. What comes from another site's page is never shown
back: whoever sent it did not type it here.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext

from members.models import Member

P = ParamSpec("P")
SIGNED_OUT = 403  # 401 would have to name a scheme of HTTP, which signing in here is not


class MemberRequest(HttpRequest):
    """A request whose user is a member: what `member_required` lets through."""

    user: Member


def member_required(
    view: Callable[Concatenate[MemberRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let members through; lead a visitor to sign in and back, and keep what a visitor's POST brought."""

    @wraps(view)
    def gated(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)  # type: ignore[arg-type]
        return lead_to_sign_in(request)

    return gated  # type: ignore[return-value]  # the same call, named by `wraps`


def lead_to_sign_in(request: HttpRequest) -> HttpResponse:
    """Answer a visitor where only members may go: to the sign-in and back, or what a POST brought, kept."""
    if request.method in {"GET", "HEAD"}:
        response: HttpResponse = redirect_to_login(request.get_full_path())
        add_never_cache_headers(response)
        return response
    return _kept(request, gettext("You are signed out, so this was not sent. What you typed is below."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  Django's signature
    """Answer a POST whose token is missing or old (settings.CSRF_FAILURE_VIEW)."""
    if not _is_from_here(request):
        sentence = gettext("This form was not sent from a page of this portal, so nothing was done.")
        return render(request, "403.html", {"exception": sentence}, status=403)
    page = request.resolver_match.url_name if request.resolver_match else ""
    if (page or "").startswith("account_") and page != "account_signup":
        # Signing in and the like: there is no text to keep, and a password is never sent back.
        messages.warning(request, gettext("This page had been open for too long. Fill it in once more."))
        return redirect(request.get_full_path())
    if request.user.is_authenticated:
        return _kept(
            request, gettext("This page was opened before you signed in, or too long ago, so it was not sent yet.")
        )
    return _kept(request, gettext("You are signed out, or this page had been open for too long, so it was not sent."))


def _kept(request: HttpRequest, sentence: str) -> HttpResponse:
    context = {
        "sentence": sentence,
        "fields": typed(request),
        "action": request.get_full_path(),
        "login_url": f"{reverse(settings.LOGIN_URL)}?{urlencode({'next': '/'})}",
    }
    response = render(request, "members/kept.html", context, status=SIGNED_OUT)
    add_never_cache_headers(response)
    return response


def typed(request: HttpRequest) -> list[tuple[str, str]]:
    """What a form of this portal brought, in its order, to be shown back: never a token, a password or a file.

    Nothing where another site may have sent it, or where it cannot be read any more. Costs no query.
    """
    if request.method != "POST" or not (getattr(request, "csrf_processing_done", False) or _is_from_here(request)):
        return []
    try:
        brought = request.POST.lists()
    except Exception:  # noqa: BLE001 an unreadable request has nothing to keep
        return []
    return [
        (name, value)
        for name, values in brought
        if name != "csrfmiddlewaretoken" and "password" not in name.lower()
        for value in values
    ]


def _is_from_here(request: HttpRequest) -> bool:
    """Whether a page of this portal sent this: by its Origin, else by its Referer; neither given is no."""
    source = request.headers.get("Origin") or request.headers.get("Referer") or ""
    try:
        address = urlsplit(source)
    except ValueError:
        return False
    origin = f"{address.scheme}://{address.netloc}"
    return origin in {f"{request.scheme}://{request.get_host()}", settings.SITE_URL}
