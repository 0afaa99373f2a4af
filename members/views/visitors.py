"""Pages for visitors: one small query decides whether a page has changed; if not, nothing is rendered.

The key of a page is its path, the query values its view reads, the language, how often terms are marked,
the state of what it shows (its view's `state_of`) and the release. It serves
as ETag and as key of the cache `pages`, which is therefore never out of date.
Only requests without a session cookie are answered so; all others get
`private, no-store`.
"""

import gzip
import hashlib
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import caches
from django.db.models import Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import get_language

from members.display import marks_of
from members.models import SiteVersion

State = tuple[object, ...] | None
View = Callable[..., HttpResponse]
Answer = TypeVar("Answer", bound=HttpResponseBase)

VARY = ("Accept-Encoding", "Cookie", "Accept-Language")
_ACCEPTS_GZIP = re.compile(r"\bgzip\b")


def site_version() -> Subquery:
    """The site's version as a column of another query, for `state_of`."""
    return Subquery(SiteVersion.objects.filter(pk=1).values("version"))


def lexicon_version() -> Subquery:
    """The lexicon's version as a column of another query."""
    return Subquery(SiteVersion.objects.filter(pk=1).values("lexicon"))


def words_version() -> Subquery:
    """The version of the figures of words as a column of another query."""
    return Subquery(SiteVersion.objects.filter(pk=1).values("words"))


LARGEST_KEPT = (
    100_000  # bytes of a page, compressed: what is larger is written anew, so that the cache's size has a bound
)


def own_address(request: HttpRequest, *reads: str) -> str:
    """The page's address with the query values it reads and no others, for links that come back to it."""
    values = {name: request.GET[name] for name in reads if name in request.GET}
    return request.path + (f"?{urlencode(values)}" if values else "")


def kept_for_visitors(state_of: Callable[..., State], *, reads: tuple[str, ...] = ()) -> Callable[[View], View]:
    """Serve a page to visitors from the cache while its state is the same.

    `state_of` takes the view's arguments and returns what changes whenever the
    page does, `None` where there is no page; it starts from `visible_to`.
    `reads` names the query values the view looks at.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def serve(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if settings.SESSION_COOKIE_NAME in request.COOKIES or request.method not in {"GET", "HEAD"}:
                return view(request, *args, **kwargs)
            state = state_of(request, *args, **kwargs)
            if state is None:
                return view(request, *args, **kwargs)
            return _kept_or_written(request, f'"{_key(request, reads, state)}"', lambda: view(request, *args, **kwargs))

        return serve  # type: ignore[return-value]

    return decorate


def _kept_or_written(request: HttpRequest, etag: str, write: Callable[[], HttpResponse]) -> HttpResponseBase:
    if (unchanged := get_conditional_response(request, etag=etag)) is not None:
        return _for_all(unchanged, etag)
    if (kept := caches["pages"].get(etag)) is not None:
        return _from_kept(request, etag, *kept)
    response = write()
    if response.status_code != 200 or response.cookies:  # noqa: PLR2004 the status for a page
        return response
    # No random bytes as GZipMiddleware adds them: a page for everybody holds no secret that its length could tell.
    zipped, kind = gzip.compress(response.content, compresslevel=6, mtime=0), response.headers["Content-Type"]
    if len(zipped) <= LARGEST_KEPT:
        caches["pages"].set(etag, (zipped, kind))
    return _from_kept(request, etag, zipped, kind)


def _from_kept(request: HttpRequest, etag: str, zipped: bytes, kind: str) -> HttpResponse:
    """The page as it was compressed once, which GZipMiddleware leaves alone; unpacked for the few who ask for that."""
    if not _ACCEPTS_GZIP.search(request.headers.get("Accept-Encoding", "")):
        return _for_all(HttpResponse(gzip.decompress(zipped), content_type=kind), etag)
    # Weak, as the same page is also served with other bytes.
    return _for_all(HttpResponse(zipped, content_type=kind, headers={"Content-Encoding": "gzip"}), f"W/{etag}")


def _key(request: HttpRequest, reads: tuple[str, ...], state: tuple[object, ...]) -> str:
    values = [request.GET.get(name) for name in reads]
    parts = (request.path, values, get_language(), marks_of(request), state, settings.RELEASE_ID)
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def _for_all(response: Answer, etag: str) -> Answer:
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "public, no-cache"
    patch_vary_headers(response, VARY)
    return response
