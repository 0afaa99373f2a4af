"""The Atom feed of what changed in the glossary, for programs without a session: it shows what a visitor sees."""

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from glossary.models import NamingKind, Sense, SenseRevision, TermSense
from members.models import SiteVersion
from members.views.visitors import State, kept_for_visitors

ENTRIES = 30
VISITOR = AnonymousUser()


def _state(request: HttpRequest) -> State:  # noqa: ARG001 the view's signature
    return (SiteVersion.objects.values_list("version", flat=True).get(pk=1), settings.PORTAL_PRIVATE)


@require_safe
@kept_for_visitors(_state)
def glossary_feed(request: HttpRequest) -> HttpResponse:
    """`/feeds/glossary.atom`: the newest published versions of definitions; samples are left out."""
    site, link = settings.SITE_URL, reverse("glossary")
    feed = Atom1Feed(
        title=f"{_('Changes in the glossary')} · {settings.PORTAL_NAME}",
        link=site + link,
        description="",
        feed_url=site + request.path,
    )
    for version in _newest():
        name = next(iter(version.sense.preferred), None)  # type: ignore[attr-defined]  # set by `_newest`
        address = name.term.get_absolute_url() if name else link
        feed.add_item(
            title=f"{name.term.text}: {version.name}" if name and name.term.text != version.name else version.name,
            link=f"{site}{address}#sense-{version.sense_id}",
            unique_id=f"{site}{request.path}#version-{version.pk}",  # a term's address may change
            description=f"<p>{escape(version.definition)}</p><p>{escape(_told(version))}</p>",
            pubdate=version.created_at,
            updateddate=version.created_at,
        )
    return HttpResponse(feed.writeString("utf-8"), content_type=feed.content_type)


def _newest() -> list[SenseRevision]:
    senses = Sense.objects.visible_to(VISITOR).filter(is_sample=False)
    preferred = TermSense.objects.filter(kind=NamingKind.PREFERRED).select_related("term")
    rows = SenseRevision.objects.filter(sense__in=senses).select_related("sense").order_by("-created_at", "-pk")
    return list(rows.prefetch_related(Prefetch("sense__namings", preferred, to_attr="preferred"))[:ENTRIES])


def _told(version: SenseRevision) -> str:
    if version.number == 1:
        return _("New in the glossary.")
    return _("Version %(number)d, %(kind)s.") % {"number": version.number, "kind": version.get_kind_display()}
