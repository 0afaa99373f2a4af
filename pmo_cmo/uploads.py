"""Files on their way in and out: what Django's own parts do not say."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class CutUploads(FileUploadHandler):
    """Keeps at most one byte more of a file than anything here reads, so that nobody fills a disk.

    The form says that the file is too large, and what was typed beside it stays.
    """

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        room = settings.UPLOAD_MOST_BYTES + 1 - start
        return raw_data[:room] if room > 0 else None  # None goes to no further handler

    def file_complete(self, file_size: int) -> Any:
        """Leave the file to the handlers after this one."""


class GZipText(GZipMiddleware):
    """Compresses what is not compressed already: a second time costs more than it saves."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.headers.get("Content-Type", "").startswith("image/"):
            return response
        return super().process_response(request, response)
