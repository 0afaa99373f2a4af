"""Pages for what went wrong: a sentence on what happened, one on what now, and whatever had been typed."""

import logging
import sys

from django.core.exceptions import BadRequest, PermissionDenied
from django.db import InterfaceError, OperationalError
from django.db.utils import InternalError
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string

RETRY_AFTER = 10  # seconds
AWAY = (OperationalError, InterfaceError, InternalError)  # gone, too slow, locked, out of connections, read-only
UNKEPT = ("csrfmiddlewaretoken", "password", "password1", "password2", "oldpassword")
MOST_KEPT = 20  # fields

logger = logging.getLogger(__name__)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 Django's signature
    """400, with the sentence where we wrote it."""
    sentence = str(exception) if isinstance(exception, BadRequest) else ""
    return _answer("400.html", 400, sentence=sentence)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403, with the action's sentence and what was typed."""
    sentence = str(exception) if isinstance(exception, PermissionDenied) else ""
    return _answer("403.html", 403, sentence=sentence, fields=_typed(request), action=request.path)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """404, the same for what is not there and for what one may not see."""
    own = isinstance(exception, Http404) and type(exception) is Http404 and exception.args
    words = str(exception.args[0]) if own else ""
    # Django's own words name a model.
    return _answer("404.html", 404, sentence="" if " matches the given query" in words else words)


def server_error(request: HttpRequest) -> HttpResponse:
    """503 while the database is away or does not take the work, else 500; the typed text stays in both."""
    error = sys.exc_info()[1]
    kept = {"fields": _typed(request), "action": request.path}
    if isinstance(error, AWAY):
        logger.error("The database did not answer: %s", error)
        response = _answer("503.html", 503, **kept)
        response.headers["Retry-After"] = str(RETRY_AFTER)
        return response
    return _answer("500.html", 500, **kept)


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    """What a POST brought, as far as it can still be read; never a password."""
    if request.method != "POST":
        return []
    try:
        typed = [(name, value) for name, values in request.POST.lists() for value in values]
    except Exception:  # noqa: BLE001 an unreadable request has nothing to keep
        return []
    return [(name, value) for name, value in typed if name not in UNKEPT][:MOST_KEPT]


def _answer(template: str, status: int, **context: object) -> HttpResponse:
    """Without the request's context, which would ask for session and database."""
    return HttpResponse(render_to_string(template, context), status=status)
