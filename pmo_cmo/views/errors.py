"""Pages for what went wrong: a sentence on what happened, one on what now, and whatever had been typed."""

import logging
import sys

from django.core.exceptions import BadRequest, PermissionDenied
from django.db import InterfaceError, OperationalError
from django.db.utils import InternalError
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string

from members.views.gate import typed

RETRY_AFTER = 10  # seconds
AWAY = (OperationalError, InterfaceError, InternalError)  # gone, too slow, locked, out of connections, read-only

logger = logging.getLogger(__name__)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, with the sentence where we wrote it, and what was typed."""
    sentence = str(exception) if isinstance(exception, BadRequest) else ""
    return _answer("400.html", 400, sentence=sentence, fields=typed(request))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403, with the action's sentence and what was typed."""
    sentence = str(exception) if isinstance(exception, PermissionDenied) else ""
    return _answer("403.html", 403, sentence=sentence, fields=typed(request))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, the same for what is not there and for what one may not see; what was typed there meanwhile is kept."""
    own = isinstance(exception, Http404) and type(exception) is Http404 and exception.args
    words = str(exception.args[0]) if own else ""
    # Django's own words name a model.
    sentence = "" if " matches the given query" in words else words
    return _answer("404.html", 404, sentence=sentence, fields=typed(request))


def server_error(request: HttpRequest) -> HttpResponse:
    """503 while the database is away or does not take the work, else 500; the typed text stays in both."""
    error = sys.exc_info()[1]
    kept: dict[str, object] = {}
    if fields := typed(request):
        # The token comes from a cookie, so it asks nothing of the database.
        kept = {"fields": fields, "action": request.get_full_path(), "csrf_token": get_token(request)}
    if isinstance(error, AWAY):
        logger.error("The database did not answer: %s", error)
        response = _answer("503.html", 503, **kept)
        response.headers["Retry-After"] = str(RETRY_AFTER)
        return response
    return _answer("500.html", 500, **kept)


def _answer(template: str, status: int, **context: object) -> HttpResponse:
    """Without the request's context, which would ask for session and database."""
    return HttpResponse(render_to_string(template, context), status=status)
