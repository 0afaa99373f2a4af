"""The glossary for other programs: a table, and linked data. Samples stay out of both.

Each is written whole, in a few queries, a few megabytes for ten thousand
senses, once for each version of the lexicon: the file is kept compressed in
the cache that all processes share.
"""

import hashlib
import json
import zlib
from collections.abc import Callable

from django.conf import settings
from django.core.cache import cache
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language, gettext as _
from django.views.decorators.http import require_safe

from glossary import csv_files, skos, table
from glossary.models import ExternalReference, Relation, Sense, TermSense
from glossary.spreadsheets import COLUMNS
from members.models import SiteVersion
from members.views.visitors import State, kept_for_visitors

KEPT_FOR = 86_400  # seconds
LARGEST_KEPT = 4_000_000  # bytes of a compressed file: about thirty megabytes of text


def _state(request: HttpRequest) -> State:  # noqa: ARG001 the view's signature
    lexicon = SiteVersion.objects.values_list("lexicon", flat=True).get(pk=1)
    return (lexicon, settings.PORTAL_PRIVATE, settings.SITE_URL, settings.PORTAL_NAME)


def _senses(request: HttpRequest) -> QuerySet[Sense]:
    return Sense.objects.visible_to(request.user).filter(is_sample=False)


def _kept(request: HttpRequest, write: Callable[[], str]) -> bytes:
    """The file of this address, written when the lexicon has changed since it was last; one statement or two else.

    The version is read before the senses are, so what is kept under it is never older. All who may read are shown
    the same; a private portal's visitors, who are shown nothing, are told apart.
    """
    parts = (request.path, _state(request), request.user.is_authenticated, get_language(), settings.RELEASE_ID)
    name = f"export-{hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()}"
    if (kept := cache.get(name)) is not None:
        return zlib.decompress(kept)
    content = write().encode()
    small = zlib.compress(content, 1)
    if len(small) <= LARGEST_KEPT:
        cache.set(name, small, KEPT_FOR)
    return content


@require_safe
@kept_for_visitors(_state)
def glossary_csv(request: HttpRequest) -> HttpResponse:
    """`/glossary.csv`: a row for each name of each sense; nothing in it is run by a spreadsheet."""

    def write() -> str:
        return csv_files.write([COLUMNS, *table.whole(_senses(request))])

    return HttpResponse(_kept(request, write), content_type="text/csv; charset=utf-8")


@require_safe
@kept_for_visitors(_state)
def glossary_jsonld(request: HttpRequest) -> HttpResponse:
    """`/glossary.jsonld`: the glossary as a SKOS concept scheme."""
    return HttpResponse(_kept(request, lambda: _linked(request)), content_type="application/ld+json; charset=utf-8")


def _linked(request: HttpRequest) -> str:
    """The document as text."""
    senses = list(_senses(request).select_related("field").order_by("pk"))
    namings = TermSense.objects.filter(sense__in=senses).select_related("term").order_by("sense", "pk")
    relations = Relation.objects.filter(source__in=senses).order_by("pk")
    references = ExternalReference.objects.filter(sense__in=senses).order_by("pk")
    title = _("Glossary of %(portal)s") % {"portal": settings.PORTAL_NAME}
    document = skos.document(senses, namings, relations, references, site=settings.SITE_URL, title=title)
    # “<” only escaped: whoever takes the file for a page finds no element in it.
    return json.dumps(document, ensure_ascii=False).replace("<", "\\u003c")
