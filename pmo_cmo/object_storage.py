"""Object storage for images: S3 and what speaks like it, within limits of time that a page can keep.

Imported only where the settings ask for it (`pmo_cmo.images_place`): boto3 and
one client add 24 MB to a process and a third of a second to its start.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError as NotConnectedError, HTTPClientError
from django.core.files.base import ContentFile, File
from storages.backends.s3 import S3Storage

CONNECT = 2  # seconds
ANSWER = 4  # seconds until the next bytes come
TRIES = 2  # the first one may meet a connection that the other side has closed meanwhile
# Seconds for one file, whatever it is that takes so long: names are looked up, and bytes may trickle, without a limit.
LONGEST = 4
PAUSE = 15  # seconds in which nothing is asked of a storage that hung
AT_ONCE = 8  # files, in each process
HANGING = (TimeoutError, NotConnectedError, HTTPClientError)

Answer = TypeVar("Answer")


class AwayError(OSError):
    """The storage does not answer, or too slowly."""


class ObjectStorage(S3Storage):  # type: ignore[misc]  # django-storages has no types
    """django-storages' S3 with one client for all threads, one request for each file, and an end to each wait.

    Once it has hung, further requests are refused at once for a while, and then one at a time asks again: else each
    image of a page would hold a thread of the server, and soon all of them.
    """

    client_config: Any

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.client_config = self.client_config.merge(
            Config(
                connect_timeout=CONNECT,
                read_timeout=ANSWER,
                retries={"total_max_attempts": TRIES, "mode": "standard"},
                max_pool_connections=AT_ONCE,
                # Sums in headers that boto3 alone adds since 2025, and older services refuse. TLS keeps bytes whole.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            )
        )
        self._making = threading.Lock()
        self._resource: Any = None
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="images")
        self._refused_until = 0.0

    @property
    def connection(self) -> Any:
        """One for all threads, of which only the client is used: that may be shared, and costs 13 MB each time."""
        with self._making:
            if self._resource is None:
                self._resource = super().connection
        return self._resource

    @property
    def client(self) -> Any:
        return self.connection.meta.client

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        """The whole file, which is small, in one request; nothing can break once the answer has begun."""
        return ContentFile(self._in_time(lambda: self._read(name)), name)

    def _read(self, name: str) -> bytes:
        try:
            found = self.client.get_object(**self._at(name))
        except ClientError as refusal:
            if refusal.response["Error"]["Code"] == "NoSuchKey":  # a bucket that is missing is no missing file
                raise FileNotFoundError(name) from refusal
            raise
        data: bytes = found["Body"].read()
        return data

    def _save(self, name: str, content: File[bytes]) -> str:
        content.seek(0)
        said = self._get_write_parameters(name, content) | {"Body": content.read()}
        self._in_time(lambda: self.client.put_object(**self._at(name), **said))
        return name

    def delete(self, name: str) -> None:
        """One that is not there is deleted as well."""
        self._in_time(lambda: self.client.delete_object(**self._at(name)))

    def _at(self, name: str) -> dict[str, str]:
        return {"Bucket": self.bucket_name, "Key": self._normalize_name(name)}

    def _in_time(self, ask: Callable[[], Answer]) -> Answer:
        now = time.monotonic()
        if now < self._refused_until:
            raise AwayError("The storage of images has not answered a moment ago; it is asked again soon.")
        if self._refused_until:
            self._refused_until = now + PAUSE  # this one asks for all
        _ = self.client  # made with the first request: that takes a while, and is not the storage's fault
        asked = self._threads.submit(ask)
        try:
            answer = asked.result(LONGEST)
        except HANGING as trouble:
            asked.cancel()
            self._refused_until = time.monotonic() + PAUSE
            raise AwayError(f"The storage of images does not answer. {trouble}".strip()) from trouble
        except Exception:
            self._refused_until = 0.0  # a refusal is an answer
            raise
        self._refused_until = 0.0
        return answer
