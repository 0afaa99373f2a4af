"""The portal as a WSGI application."""

import os
from typing import Any

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.wsgi import get_wsgi_application
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pmo_cmo.settings")


class Utf8Request(WSGIRequest):
    """A request that is read as UTF-8, whatever charset it names.

    Django decodes by that name, as early as a request is made, and Python
    knows charsets that take minutes for a large form (punycode).
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))


application: WSGIHandler = get_wsgi_application()
application.request_class = Utf8Request
