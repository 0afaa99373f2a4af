"""How pages are shown to a reader: by their own setting when signed in, by a cookie when not."""

from django.conf import settings
from django.http import HttpRequest

from members.models import Marks


def marks_of(request: HttpRequest) -> Marks:
    """How often terms are marked; one of three values, whatever a cookie holds. No query beyond the account."""
    if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
        return Marks(request.user.marks)
    chosen = request.COOKIES.get(settings.MARKS_COOKIE_NAME, "")
    return Marks(chosen) if chosen in Marks.values else Marks.PAGE
