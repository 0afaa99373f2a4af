"""Addresses for machines: health, robots, sitemap."""

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import sitemap
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from glossary.models import Term
from threads.models import Thread

VISITOR = AnonymousUser()
IN_SITEMAP = 5000  # addresses of each kind: the newest; search engines find older ones by links


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 a view's signature
    """200 only when the database answers; otherwise the 503 of every page."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 a view's signature
    """What crawlers may fetch: everything but accounts, or nothing of a private portal."""
    if settings.PORTAL_PRIVATE:
        lines = ["User-agent: *", "Disallow: /"]
    else:
        closed = ["/accounts/", "/admin/", "/me/", "/search/", "/threads/new/"]
        lines = [
            "User-agent: *",
            *(f"Disallow: {path}" for path in closed),
            f"Sitemap: {settings.SITE_URL}/sitemap.xml",
        ]
    response = HttpResponse("\n".join(lines) + "\n", content_type="text/plain")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


class _Site:
    """What the sitemap framework calls a site: ours stands in SITE_URL, not in the Host header."""

    domain = settings.SITE_URL.split("://", 1)[1]
    name = settings.PORTAL_NAME


class _Addresses(Sitemap):  # type: ignore[type-arg]
    protocol = settings.SITE_URL.split("://", 1)[0]

    def get_urls(
        self, page: int | str = 1, site: object = None, protocol: str | None = None
    ) -> list[dict[str, object]]:
        return super().get_urls(page, _Site, self.protocol)  # type: ignore[arg-type]


class _Threads(_Addresses):
    def items(self) -> QuerySet[Thread]:
        return Thread.objects.visible_to(VISITOR).listed().indexable().order_by("-pk")[:IN_SITEMAP]

    def lastmod(self, thread: Thread) -> object:
        return thread.last_posted_at


class _Terms(_Addresses):
    def items(self) -> QuerySet[Term]:
        return Term.objects.visible_to(VISITOR).genuine().order_by("pk")[:IN_SITEMAP]


@require_safe
def sitemap_xml(request: HttpRequest) -> TemplateResponse:
    """`/sitemap.xml`: genuine threads and terms that every visitor sees."""
    response: TemplateResponse = sitemap(request, {"threads": _Threads, "terms": _Terms})
    response.headers["Cache-Control"] = "public, no-cache"
    return response
