"""`/admin/desk/`: what waits for a curator, in one list; what touches most readers comes first."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from members.models import SiteVersion
from pmo_cmo.curation.waiting import KINDS, MOST, Line

SHOWN_AT_ONCE = 100  # rows; a kind alone shows all of its own


def desk(request: HttpRequest, site: admin.AdminSite) -> HttpResponse:
    """The page; for who keeps senses. `?kind=` shows one kind alone."""
    if not request.user.has_perm("glossary.change_sense"):
        raise PermissionDenied
    reader: Any = request.user
    found = {kind.key: kind.lines(reader) for kind in KINDS}
    asked = request.GET.get("kind", "")
    kind = asked if asked in found else ""
    lines = ranked({kind: found[kind]} if kind else found)
    context = {
        **site.each_context(request),
        "title": _("The curators' desk"),
        "kind": kind,
        "filters": [(each.key, each.name, len(found[each.key])) for each in KINDS if found[each.key]],
        "total": sum(map(len, found.values())),
        "is_cut": any(len(rows) == MOST for rows in found.values()),
        "most": MOST,
        "lines": lines if kind else lines[:SHOWN_AT_ONCE],
        "more": 0 if kind else max(0, len(lines) - SHOWN_AT_ONCE),
        "counted_at": SiteVersion.objects.values_list("words_counted_at", flat=True).get(pk=1),
    }
    return TemplateResponse(request, "admin/desk.html", context)


def ranked(found: dict[str, list[Line]]) -> list[Line]:
    """The rows of all these kinds by readers, then by posts; among equals as the kinds and their lists have them."""
    lines = []
    for kind in KINDS:
        for line in found.get(kind.key, ()):
            line.kind = kind.name
            lines.append(line)
    return sorted(lines, key=lambda line: (-line.readers, -line.posts))
