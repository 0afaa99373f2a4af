"""Headers that every answer carries. What SITE_URL's https adds comes from Django's own SecurityMiddleware."""

from collections.abc import Callable
from contextlib import nullcontext

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from members.actions.accounts import keep_browser_zone
from members.counts import not_yet
from members.display import browser_zone_of, offered_language, zone_of
from members.models import Member
from members.views.gate import lead_to_sign_in
from pmo_cmo.views.errors import AWAY

# Nothing of a browser's sensors and devices is used here.
PERMISSIONS = (
    "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), usb=()"
)


def security_headers(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Outermost, so that static files, redirects and error pages carry them too.

    What says nothing else of itself depends on a person and is kept nowhere.
    """
    policy = "; ".join(f"{name} {' '.join(sources)}" for name, sources in settings.SECURE_CSP.items())
    always = {
        "Content-Security-Policy": policy,
        "Permissions-Policy": PERMISSIONS,
        "Cross-Origin-Resource-Policy": "same-origin",
    }

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        for name, value in always.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return middleware


def refuse_nul(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answer 400 to NUL in addresses and cookies, which no text in PostgreSQL can hold. Forms say it themselves."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        address = (request.path, request.META.get("QUERY_STRING", ""), request.META.get("HTTP_COOKIE", ""))
        if any("\x00" in part or "%00" in part or "\\000" in part for part in address):
            raise BadRequest(_("This address holds a character that no address here has."))
        return get_response(request)

    return middleware


# Nobody is asked for where machines read.
FOR_MACHINES = (".atom", ".csv", ".jsonld", ".xml", ".txt", "/healthz")


def as_the_reader_chose(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Write pages in a member's own language and time zone. Django's LocaleMiddleware has read cookie and browser.

    Visitors' pages are the same for all of them: a cookie of a zone that somebody left changes nothing there.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or request.path.endswith(FOR_MACHINES):
            return get_response(request)
        with not_yet() if request.method == "POST" else nullcontext():
            member = _member_asking(request)
        if member is None:
            return get_response(request)
        if language := offered_language(member.language):
            translation.activate(language)
            request.LANGUAGE_CODE = language
        said = "" if member.time_zone else browser_zone_of(request)
        with timezone.override(zone_of(member, browser_says=said)):
            response = get_response(request)
        if said and request.method == "POST":
            _keep_zone(member, said, response)
        return response

    return middleware


def _keep_zone(member: Member, zone: str, response: HttpResponseBase) -> None:
    """With what somebody sends anyway: for mails, and for pages without the cookie, which is taken away."""
    try:
        if zone != member.browser_zone:
            keep_browser_zone(zone, by=member)
    except AWAY:
        return
    response.delete_cookie(settings.ZONE_COOKIE_NAME, samesite="Lax")


def _member_asking(request: HttpRequest) -> Member | None:
    """Who asks, if signed in. While the database is away nobody: the page asks again, and keeps what was typed."""
    try:
        return request.user if request.user.is_authenticated else None
    except AWAY:
        return None


# What a private portal answers to who is not signed in: the ways in and, for machines, that it lives.
WAYS_IN = frozenset(
    {
        *("account_login", "account_signup", "account_logout", "account_inactive", "account_confirm_login_code"),
        *("account_email_verification_sent", "account_confirm_email", "account_reset_password"),
        *("account_reset_password_done", "account_reset_password_from_key", "account_reset_password_from_key_done"),
        *("mfa_authenticate", "mfa_login_webauthn", "openid_connect_login", "openid_connect_callback"),
        *("socialaccount_signup", "socialaccount_login_cancelled", "socialaccount_login_error"),
        *("invited", "account_closed", "mail_stop", "robots", "healthz"),
    }
)


def only_members_when_private(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Lead visitors of a private portal to sign in, whatever address they ask for: one that exists tells nothing.

    The second of two walls: behind it `visible_to` shows visitors nothing either.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if settings.PORTAL_PRIVATE and not request.user.is_authenticated and not _is_way_in(request.path_info):
            return lead_to_sign_in(request)
        return get_response(request)

    return middleware


def _is_way_in(path: str) -> bool:
    try:
        return resolve(path).url_name in WAYS_IN
    except Resolver404:
        return False
