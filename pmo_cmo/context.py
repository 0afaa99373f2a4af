"""What every page may say about the portal itself."""

from django.conf import settings
from django.http import HttpRequest


def portal(request: HttpRequest) -> dict[str, object]:  # noqa: ARG001  the signature of a context processor
    """Give templates the portal's name, address and release. Costs no query."""
    return {
        "portal_name": settings.PORTAL_NAME,
        "site_url": settings.SITE_URL,
        "release_id": settings.RELEASE_ID,
        "portal_private": settings.PORTAL_PRIVATE,
        "signup_open": settings.SIGNUP_OPEN,
        "sign_on_name": settings.OIDC_NAME,
        "sign_on_id": settings.OIDC_ID,
    }
