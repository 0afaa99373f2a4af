"""`/admin/desk/`: what waits for a curator, each list with what touches most people first.

Every list is one query, bounded in rows; all read what everybody sees.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.postgres.aggregates import ArrayAgg
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, F, Func, IntegerField, Max, OuterRef, Q, Subquery, TextField, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from glossary.models import (
    KnownAcronym,
    KnownWord,
    NamingKind,
    Sense,
    SenseRevision,
    SenseState,
    Suggestion,
    SuggestionState,
    Term,
    TermSense,
)
from members.models import Member
from threads.models import (
    ChoiceState,
    Evidence,
    EvidenceState,
    MeaningRequest,
    Mention,
    PostState,
    ThreadSense,
    ThreadState,
    ThreadTag,
)

MOST = 20  # rows of a list
KNOWN_BY = 3  # members who say that everybody knows a word, before curators are asked
REVIEWED_WITHIN = timedelta(days=365)
SHOWN = Q(post__state=PostState.PUBLISHED, post__thread__state=ThreadState.PUBLISHED)


@dataclass(frozen=True)
class Line:
    """One thing that waits: what it is, where it leads, the figures and what can be done."""

    text: str
    url: str
    facts: list[str]
    acts: list[tuple[str, str]]


@dataclass(frozen=True)
class Part:
    """A list of the desk."""

    title: str | Promise
    help: str | Promise
    lines: list[Line]


def desk(request: HttpRequest, site: admin.AdminSite) -> HttpResponse:
    """The page; for who keeps senses."""
    if not request.user.has_perm("glossary.change_sense"):
        raise PermissionDenied
    reader: Any = request.user
    parts = [Part(title, told, lines(reader)) for title, told, lines in LISTS]
    context = {**site.each_context(request), "title": _("The curators' desk"), "parts": parts}
    return TemplateResponse(request, "admin/desk.html", context)


def _to(name: str, *arguments: object, **query: str) -> str:
    return reverse(f"admin:{name}", args=arguments) + (f"?{urlencode(query)}" if query else "")


def _draft(text: str) -> tuple[str, str]:
    return _("draft a term"), _to("glossary_sense_add", term=text)


def _know(text: str) -> tuple[str, str]:
    return _("put on the known list"), _to("glossary_knownacronym_add", text=text)


def _uses(row: dict[str, Any]) -> list[str]:
    return [
        ngettext("%(n)d post", "%(n)d posts", row["posts"]) % {"n": row["posts"]},
        ngettext("%(n)d discussion", "%(n)d discussions", row["threads"]) % {"n": row["threads"]},
        ngettext("%(n)d person", "%(n)d people", row["people"]) % {"n": row["people"]},
    ]


USES = {
    "posts": Count("post", distinct=True),
    "threads": Count("post__thread", distinct=True),
    "people": Count("post__author", distinct=True),
}


def undefined(reader: Member) -> list[Line]:
    """Acronyms that are no terms, that no post spells out and that are not on the known list."""
    mentions = Mention.objects.visible_to(reader).undefined()
    unknown = mentions.exclude(Exists(KnownAcronym.objects.filter(key=OuterRef("key"))))
    rows = unknown.order_by().values("key").annotate(**USES, text=Max("text")).order_by("-people", "-posts", "key")
    return [
        Line(row["text"], reverse("search") + "?" + urlencode({"q": row["text"]}), _uses(row), acts)
        for row in rows[:MOST]
        for acts in [[_draft(row["text"]), _know(row["text"])]]
    ]


def asked(reader: Member) -> list[Line]:
    """Questions about words that nobody has answered."""
    del reader
    open_ones = MeaningRequest.objects.filter(SHOWN, answered_at=None).select_related("post__thread")
    rows = open_ones.annotate(people=Count("askers")).order_by("-people", "created_at", "pk")
    return [
        Line(
            row.text,
            row.post.permanent_url(),
            [
                ngettext("%(n)d person asks", "%(n)d people ask", row.people) % {"n": row.people},
                row.post.thread.title,
            ],
            [_draft(row.text)],
        )
        for row in rows[:MOST]
    ]


def known(reader: Member) -> list[Line]:
    """Words that several members silenced because they know them."""
    del reader
    words = KnownWord.objects.exclude(Exists(KnownAcronym.objects.filter(key=OuterRef("key"))))
    undefined_ones = words.exclude(Exists(Term.objects.filter(key=OuterRef("key"))))
    rows = undefined_ones.order_by().values("key").annotate(people=Count("pk"), text=Max("text"))
    most = rows.filter(people__gte=KNOWN_BY).order_by("-people", "key")
    return [
        Line(row["text"], "", [_("%(people)d members know it") % {"people": row["people"]}], [_know(row["text"])])
        for row in most[:MOST]
    ]


def ambiguous(reader: Member) -> list[Line]:
    """Terms of several published senses, in discussions where neither post, choice, tag nor usual sense settles one."""
    senses = TermSense.objects.filter(sense__state=SenseState.PUBLISHED).exclude(kind=NamingKind.MISSPELLING)
    several = senses.values("term").annotate(senses=Count("pk")).filter(senses__gt=1).values("term")
    chosen = ThreadSense.objects.filter(
        thread=OuterRef("post__thread"), term=OuterRef("term"), state=ChoiceState.CHOSEN
    )
    tagged = ThreadTag.objects.filter(
        content_object=OuterRef("post__thread"), tag__sense__namings__term=OuterRef("term")
    )
    mentions = Mention.objects.visible_to(reader).filter(term__in=several, term__usual_sense=None, words="")
    open_ones = mentions.exclude(Exists(chosen)).exclude(Exists(tagged))
    rows = open_ones.order_by().values("term", "term__text", "term__slug").annotate(**USES)
    return [
        Line(
            row["term__text"],
            reverse("term", args=[row["term__slug"]]),
            _uses(row),
            [(_("set the usual sense"), _to("glossary_term_usual", row["term"]))],
        )
        for row in rows.order_by("-people", "-posts", "term")[:MOST]
    ]


def _of_sense(**wanted: Any) -> Any:
    """The number of pieces of evidence of a sense that are so."""
    found = Evidence.objects.filter(sense=OuterRef("pk"), state=EvidenceState.PUBLISHED, **wanted).order_by()
    return Coalesce(Subquery(found.values("sense").annotate(n=Count("pk")).values("n")), 0, output_field=IntegerField())


def evidence(reader: Member) -> list[Line]:
    """Published senses with one cited post or none that readers see unchanged."""
    del reader
    whole = {"post__state": PostState.PUBLISHED, "post__thread__state": ThreadState.PUBLISHED}
    counted = Sense.objects.filter(state=SenseState.PUBLISHED).annotate(
        all=_of_sense(), whole=_of_sense(**whole, is_gone_from_post=False)
    )
    rows = counted.annotate(lost=F("all") - F("whole")).filter(Q(lost__gt=0) | Q(whole__lte=1))
    return [
        Line(
            sense.name,
            _to("glossary_sense_change", sense.pk),
            [
                ngettext("%(n)d cited post", "%(n)d cited posts", sense.whole) % {"n": sense.whole},
                *([_("%(n)d withdrawn, hidden or changed since") % {"n": sense.lost}] if sense.lost else []),
            ],
            [],
        )
        for sense in rows.order_by("-lost", "whole", "name", "pk")[:MOST]
    ]


def unreviewed(reader: Member) -> list[Line]:
    """Published senses whose words nobody has changed for a year, the oldest first."""
    del reader
    newest = SenseRevision.objects.filter(sense=OuterRef("pk")).order_by("-number").values("created_at")[:1]
    dated = Sense.objects.filter(state=SenseState.PUBLISHED).annotate(kept_at=Subquery(newest))
    rows = dated.filter(kept_at__lt=timezone.now() - REVIEWED_WITHIN).order_by("kept_at", "pk")
    return [
        Line(sense.name, _to("glossary_sense_change", sense.pk), [f"{sense.kept_at:%Y-%m-%d}"], [])
        for sense in rows[:MOST]
    ]


def suggested(reader: Member) -> list[Line]:
    """Suggestions of members that nobody has decided, the oldest first."""
    del reader
    rows = Suggestion.objects.filter(state=SuggestionState.OPEN).order_by("created_at", "pk")
    return [
        Line(row.text, _to("glossary_suggestion_change", row.pk), [row.get_kind_display()], []) for row in rows[:MOST]
    ]


def proposed(reader: Member) -> list[Line]:
    """Evidence that members proposed and nobody has decided, the oldest first."""
    del reader
    rows = Evidence.objects.filter(SHOWN, state=EvidenceState.PROPOSED).select_related("sense")
    return [
        Line(
            row.excerpt[:80],
            _to("threads_evidence_change", row.pk),
            [f"{row.sense.name}: {row.get_stance_display()}"],
            [],
        )
        for row in rows.order_by("created_at", "pk")[:MOST]
    ]


def doubled(reader: Member) -> list[Line]:
    """Terms that are one but for hyphens, dots, spaces and a plural."""
    del reader
    plain = Func(F("key"), Value("[^[:alnum:]]"), Value(""), Value("g"), function="regexp_replace")
    single = Func(plain, Value("(?<=.{2})e?s$"), Value(""), function="regexp_replace", output_field=TextField())
    named = Term.objects.filter(Exists(TermSense.objects.filter(term=OuterRef("pk"))))
    rows = named.order_by().annotate(plain=single).values("plain").annotate(n=Count("pk"), texts=ArrayAgg("text"))
    return [
        Line(" = ".join(sorted(row["texts"])), _to("glossary_term_changelist", q=min(row["texts"])), [], [])
        for row in rows.filter(n__gt=1).exclude(plain="").order_by("-n", "plain")[:MOST]
    ]


LISTS: tuple[tuple[str | Promise, str | Promise, Callable[[Member], list[Line]]], ...] = (
    (gettext_lazy("Used but not defined"), gettext_lazy("Acronyms in posts that are no terms."), undefined),
    (gettext_lazy("Asked about"), gettext_lazy("“What does this mean?”, not yet answered."), asked),
    (gettext_lazy("Open meanings"), gettext_lazy("Several senses, and nothing says which."), ambiguous),
    (gettext_lazy("Suggestions"), gettext_lazy("The oldest first."), suggested),
    (gettext_lazy("Proposed evidence"), gettext_lazy("The oldest first."), proposed),
    (gettext_lazy("Little evidence"), gettext_lazy("Published senses that hardly a post stands for."), evidence),
    (gettext_lazy("Known to many"), gettext_lazy("Words that members silenced for themselves."), known),
    (gettext_lazy("Perhaps the same"), gettext_lazy("Terms that differ in hyphens, spaces or a plural."), doubled),
    (gettext_lazy("Not looked at for a year"), gettext_lazy("The day of their last version."), unreviewed),
)
