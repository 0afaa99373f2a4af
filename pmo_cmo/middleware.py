"""Headers that every answer carries. What SITE_URL's https adds comes from Django's own SecurityMiddleware."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

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
