"""The glossary for other programs: a table, and linked data. Samples stay out of both.

Each is written whole, in four queries at most: a few megabytes for ten thousand senses.
"""

import csv
import io
import json

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from glossary import skos
from glossary.models import ExternalReference, Relation, Sense, TermSense
from glossary.spreadsheets import COLUMNS, neutralised
from members.models import SiteVersion
from members.views.visitors import State, kept_for_visitors


def _state(request: HttpRequest) -> State:  # noqa: ARG001 the view's signature
    return (SiteVersion.objects.values_list("version", flat=True).get(pk=1), settings.PORTAL_PRIVATE)


def _senses(request: HttpRequest) -> QuerySet[Sense]:
    return Sense.objects.visible_to(request.user).filter(is_sample=False)


@require_safe
@kept_for_visitors(_state)
def glossary_csv(request: HttpRequest) -> HttpResponse:
    """`/glossary.csv`: a row for each name of each sense; nothing in it is run by a spreadsheet."""
    namings = (
        TermSense.objects.filter(sense__in=_senses(request))
        .select_related("term", "sense__field")
        .order_by("term__key", "position", "pk")
    )
    table = io.StringIO()
    table.write("\ufeff")  # without it a widespread spreadsheet does not see that this is UTF-8
    writer = csv.writer(table)
    writer.writerow(COLUMNS)
    writer.writerows([neutralised(cell) for cell in _cells(naming)] for naming in namings)
    return HttpResponse(table.getvalue(), content_type="text/csv; charset=utf-8")


def _cells(naming: TermSense) -> list[str]:
    term, sense = naming.term, naming.sense
    return [
        term.text,
        sense.name,
        naming.kind,
        term.case_rule,
        sense.field.name if sense.field else "",
        sense.definition,
        sense.usage_note,
        sense.example,
        sense.state,
        f"{settings.SITE_URL}{term.get_absolute_url()}#sense-{sense.pk}",
    ]


@require_safe
@kept_for_visitors(_state)
def glossary_jsonld(request: HttpRequest) -> HttpResponse:
    """`/glossary.jsonld`: the glossary as a SKOS concept scheme."""
    senses = list(_senses(request).select_related("field").order_by("pk"))
    namings = TermSense.objects.filter(sense__in=senses).select_related("term").order_by("sense", "pk")
    relations = Relation.objects.filter(source__in=senses).order_by("pk")
    references = ExternalReference.objects.filter(sense__in=senses).order_by("pk")
    title = _("Glossary of %(portal)s") % {"portal": settings.PORTAL_NAME}
    document = skos.document(senses, namings, relations, references, site=settings.SITE_URL, title=title)
    # “<” only escaped: whoever takes the file for a page finds no element in it.
    text = json.dumps(document, ensure_ascii=False).replace("<", "\\u003c")
    return HttpResponse(text, content_type="application/ld+json; charset=utf-8")
