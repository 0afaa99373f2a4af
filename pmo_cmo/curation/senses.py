"""The screen of senses with what discussions know: the impact of publishing, and publishing several at once."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from glossary.actions import senses
from glossary.admin import NamingInline, SenseAdmin
from glossary.models import Sense, SenseState
from markup.text import cut
from members.admin import acting
from members.permissions import Refused
from pmo_cmo.curation.impact import Impact, impacts_of
from threads.admin import cited_words
from threads.models import Evidence

MOST_AT_ONCE = 100
SHOWN = 20  # rows of evidence and of versions on the screen of a sense


class CuratedSenseAdmin(SenseAdmin):
    """Senses, with what their publication changes on the pages of discussions."""

    actions = ("publish_several",)
    readonly_fields: ClassVar[tuple[str, ...]] = (*SenseAdmin.readonly_fields, "evidence", "versions")

    @admin.display(description=_("evidence"))
    def evidence(self, sense: Sense) -> str:
        """What posts say of it, newest first, each leading to its own screen."""
        rows = list(Evidence.objects.filter(sense=sense).select_related("post__thread").order_by("-pk")[: SHOWN + 1])
        lines = (
            (
                reverse("admin:threads_evidence_change", args=[row.pk]),
                f"{row.get_state_display()}, {row.get_stance_display()}",
                cut(" ".join(cited_words(row).split()), 160),
            )
            for row in rows[:SHOWN]
        )
        return _listed('<a href="{}">{}</a>: {}', lines, is_cut=len(rows) > SHOWN)

    @admin.display(description=_("versions"))
    def versions(self, sense: Sense) -> str:
        """Its definitions from the first publication on, newest first; the differences stand on the term's page."""
        rows = list(sense.revisions.select_related("by").order_by("-number")[: SHOWN + 1])
        lines = (
            (
                row.number,
                row.by.shown_name if row.by else "–",
                date_format(row.created_at, "DATE_FORMAT"),
                row.definition,
            )
            for row in rows[:SHOWN]
        )
        return _listed("{}. {}, {}: {}", lines, is_cut=len(rows) > SHOWN)

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        """A draft begun at the desk has its first name written in: `?term=CMO`.

        Only on the empty form: what is sent back is a row of its own, however it was begun.
        """
        given: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        term = request.GET.get("term", "")
        if request.method == "GET" and term and isinstance(inline, NamingInline):
            given["initial"] = [{"text": term}]
        return given

    def shown_in_acts(self, obj: Sense) -> Sequence[tuple[Any, str]]:
        shown = super().shown_in_acts(obj)
        if obj.state not in {SenseState.REVIEW, SenseState.RETIRED}:  # else it is published, or is not offered to be
            return shown
        return [*shown, *_told(impacts_of([obj])[obj.pk])]

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("glossary.publish_sense")

    @admin.action(description=_("Publish"), permissions=["publish"])
    def publish_several(self, request: HttpRequest, queryset: QuerySet[Sense]) -> HttpResponse | None:
        """A page that shows the definitions, then one action for each sense: what is refused is told, the rest is done.

        The page carries the revision of each: nobody publishes words that they have not read.
        """
        chosen = list(queryset.filter(state=SenseState.REVIEW).order_by("name", "pk")[: MOST_AT_ONCE + 1])
        if not chosen or len(chosen) > MOST_AT_ONCE:
            told = gettext("Choose senses that are in review, at most %(most)d at once.") % {"most": MOST_AT_ONCE}
            messages.error(request, told)
            return None
        if "confirmed" not in request.POST:
            return self._confirm(request, chosen)
        done = sum(self._publish_one(request, sense) for sense in chosen)
        sentence = ngettext("%(done)d sense is published.", "%(done)d senses are published.", done)
        messages.success(request, sentence % {"done": done})
        return None

    def _confirm(self, request: HttpRequest, chosen: list[Sense]) -> HttpResponse:
        impacts = impacts_of(chosen)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Publish several senses"),
            "opts": self.opts,
            "senses": [(sense, _told(impacts[sense.pk])) for sense in chosen],
            "media": self.media,
        }
        return TemplateResponse(request, "admin/publish_several.html", context)

    def _publish_one(self, request: HttpRequest, sense: Sense) -> bool:
        read = request.POST.get(f"based_on_{sense.pk}", "")
        try:
            # A sense that was not on the page has no number there, and none is published that was not.
            senses.publish(sense, by=acting(request), based_on=int(read) if read.isdecimal() and len(read) < 10 else 0)  # noqa: PLR2004 digits
        except (Refused, ValidationError) as error:
            reasons = error.messages if isinstance(error, ValidationError) else [str(error)]
            told = gettext("“%(sense)s” is not published: %(reason)s")
            messages.error(request, told % {"sense": sense.name, "reason": " ".join(reasons)})
            return False
        self.log_change(request, sense, gettext("Publish"))
        return True


def _listed(line: str, rows: Iterable[tuple[Any, ...]], *, is_cut: bool) -> str:
    items = format_html_join("", f"<li>{line}</li>", rows)
    more = format_html("<li>{}</li>", gettext("and earlier ones")) if is_cut else ""
    return format_html("<ul>{}{}</ul>", items, more) if items else "–"


def _told(impact: Impact) -> list[tuple[Any, str]]:
    """The impact as labelled texts."""
    told: list[tuple[Any, str]] = []
    if not impact.posts:
        told.append((_("once published"), gettext("No post that everybody sees holds one of its names.")))
    else:
        posts = ngettext("%(n)d post", "%(n)d posts", impact.posts) % {"n": impact.posts}
        threads = ngettext("%(n)d discussion", "%(n)d discussions", impact.threads) % {"n": impact.threads}
        most, some = gettext("More than %(posts)s in more than %(threads)s"), gettext("%(posts)s in %(threads)s")
        count = (most if impact.is_cut else some) % {"posts": posts, "threads": threads}
        told.append((_("once published, marked in"), count))
    if impact.samples:
        told.append((_("for example"), "\n".join(impact.samples)))
        small = gettext("%(lower)d of 100 places in the newest of them.") % {"lower": impact.lower}
        told.append((_("written in small letters"), small))
    if impact.collisions:
        told.append((_("its names also mean"), "\n".join(impact.collisions)))
    return told
