"""What waits for a curator, kind by kind: the rows of the desk.

Every kind is one query, bounded in rows, with what most readers met first; all
read what everybody sees. Figures of words come from `WordUse`, which the
worker counts; whether something still waits is asked at this moment.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import (
    Count,
    Exists,
    F,
    Func,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from glossary.models import (
    READABLE,
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
    Evidence,
    EvidenceState,
    MeaningRequest,
    Mention,
    PostState,
    ReadMark,
    Tag,
    ThreadState,
    ThreadTag,
    WordUse,
    WordUseKind,
)

MOST = 200  # rows of a kind
KNOWN_BY = 3  # members who say that everybody knows a word, before curators are asked
REVIEWED_WITHIN = timedelta(days=365)
ENOUGH_POSTS = 2  # cited and unchanged: a sense with fewer has little evidence
SHOWN = Q(post__state=PostState.PUBLISHED, post__thread__state=ThreadState.PUBLISHED)
Act = tuple[str, str]  # what it is called, and its address


@dataclass
class Line:
    """One thing that waits: what it is, in words, how many it concerns, and what can be done."""

    text: str
    url: str
    said: str
    readers: int
    posts: int
    acts: list[Act] = field(default_factory=list)
    kind: str | Promise = ""  # the name of the kind


@dataclass(frozen=True)
class Kind:
    """A kind of thing that waits; `key` is its value in `?kind=`."""

    key: str
    name: str | Promise
    lines: Callable[[Member], list[Line]]


def _to(name: str, *arguments: object, **query: str) -> str:
    return reverse(f"admin:{name}", args=arguments) + (f"?{urlencode(query)}" if query else "")


def _draft(text: str) -> Act:
    return _("Draft a term"), _to("glossary_sense_add", term=text)


def _know(text: str) -> Act:
    return _("Put on the known list"), _to("glossary_knownacronym_add", text=text)


def _number(query: Any) -> Coalesce:
    return Coalesce(Subquery(query), 0, output_field=IntegerField())


def _used(column: str, *, name: str = "key") -> Coalesce:
    """Readers or posts of the word that a row names by its key, whether it is a term or none."""
    uses = WordUse.objects.filter(kind__in=[WordUseKind.UNDEFINED, WordUseKind.TERM], key=OuterRef(name))
    return _number(uses.order_by().values("key").annotate(most=Max(column)).values("most"))


def _of_names(column: str, sense: str = "pk") -> Coalesce:
    """Readers or posts of a sense: those of the name that most met."""
    names = TermSense.objects.filter(sense=OuterRef(OuterRef(sense))).values("term__key")
    uses = WordUse.objects.filter(kind=WordUseKind.TERM, key__in=names)
    return _number(uses.order_by().values("kind").annotate(most=Max(column)).values("most"))


def _most_read(rows: QuerySet[Any, Any], *then: str) -> QuerySet[Any, Any]:
    return rows.order_by("-readers", "-posts", *then)[:MOST]


# --- Words ------------------------------------------------------------------------------------------------------------
def undefined(reader: Member) -> list[Line]:
    """Acronyms that are no terms, that no discussion spells out and that are not on the known list."""
    rows = WordUse.objects.visible_to(reader).undefined()
    rows = rows.exclude(Exists(KnownAcronym.objects.filter(key=OuterRef("key"))))
    rows = rows.exclude(Exists(Term.objects.filter(key=OuterRef("key"), senses__state__in=READABLE)))
    return [
        Line(
            row.text,
            reverse("search") + "?" + urlencode({"q": row.text}),
            ngettext(
                "Used in %(n)d discussion; nobody has defined it.",
                "Used in %(n)d discussions; nobody has defined it.",
                row.threads,
            )
            % {"n": row.threads},
            row.readers,
            row.posts,
            [_draft(row.text), _know(row.text)],
        )
        for row in rows.for_list()[:MOST]
    ]


def open_meanings(reader: Member) -> list[Line]:
    """Terms of several senses in discussions where neither posts, choice, tags nor the usual sense say which."""
    del reader
    senses = TermSense.objects.filter(term=OuterRef("pk"), sense__state=SenseState.PUBLISHED)
    several = senses.exclude(kind=NamingKind.MISSPELLING).order_by().values("term").annotate(n=Count("pk")).values("n")
    uses = WordUse.objects.filter(kind=WordUseKind.OPEN, key=OuterRef("key"))
    figures = {name: _number(uses.values(name)) for name in ("threads", "posts", "readers")}
    # The keys first: they are few, the terms are many.
    keys = WordUse.objects.filter(kind=WordUseKind.OPEN).values("key")
    rows = Term.objects.filter(key__in=keys, usual_sense=None).annotate(n=_number(several), **figures).filter(n__gt=1)
    return [
        Line(
            row.text,
            row.get_absolute_url(),
            ngettext(
                "In %(n)d discussion nothing says which of its %(senses)d senses is meant.",
                "In %(n)d discussions nothing says which of its %(senses)d senses is meant.",
                row.threads,
            )
            % {"n": row.threads, "senses": row.n},
            row.readers,
            row.posts,
            [(_("Set the usual sense"), _to("glossary_term_usual", row.pk))],
        )
        for row in _most_read(rows, "key")
    ]


def asked(reader: Member) -> list[Line]:
    """Questions about words that nobody has answered; whoever came as far as the post is concerned."""
    marks = ReadMark.objects.filter(thread=OuterRef("thread"), number__gte=OuterRef("post__number"))
    others = marks.exclude(member=OuterRef("post__author")).order_by().values("thread").annotate(n=Count("pk"))
    mentions = Mention.objects.visible_to(reader).filter(post__thread=OuterRef("thread"), key=OuterRef("key"))
    rows = MeaningRequest.objects.filter(SHOWN, answered_at=None).select_related("post__thread")
    rows = rows.annotate(
        people=Count("askers"),
        readers=_number(others.values("n")) + Count("post__author"),
        posts=_number(mentions.order_by().values("post__thread").annotate(n=Count("pk")).values("n")),
    )
    return [
        Line(
            row.text,
            row.post.permanent_url(),
            ngettext(
                "%(n)d person asks what it means in “%(title)s”.",
                "%(n)d people ask what it means in “%(title)s”.",
                row.people,
            )
            % {"n": row.people, "title": row.post.thread.title},
            row.readers,
            row.posts,
            [(_("Answer"), reverse("thread_words", args=[row.thread_id])), _draft(row.text)],
        )
        for row in _most_read(rows, "created_at", "pk")
    ]


def known(reader: Member) -> list[Line]:
    """Words that several members silenced because everybody here knows them."""
    del reader
    rows = KnownWord.objects.counted(least=KNOWN_BY).annotate(readers=_used("readers"), posts=_used("posts"))
    return [
        Line(
            row["text"],
            reverse("search") + "?" + urlencode({"q": row["text"]}),
            _("%(n)d members say that everybody here knows it.") % {"n": row["members"]},
            row["readers"],
            row["posts"],
            [_know(row["text"])],
        )
        for row in _most_read(rows, "-members", "key")
    ]


def doubled(reader: Member) -> list[Line]:
    """Terms that are one but for hyphens, dots, spaces and a plural; grouped by the database."""
    del reader
    plain = Func(F("key"), Value("[^[:alnum:]]"), Value(""), Value("g"), function="regexp_replace")
    single = Func(plain, Value("(?<=.{2})e?s$"), Value(""), function="regexp_replace", output_field=TextField())
    named = Term.objects.filter(Exists(TermSense.objects.filter(term=OuterRef("pk"))))
    rows = named.order_by().annotate(plain=single, met=_used("readers"), used=_used("posts")).values("plain")
    rows = rows.annotate(n=Count("pk"), texts=ArrayAgg("text"), readers=Max("met"), posts=Max("used"))
    rows = rows.filter(n__gt=1).exclude(plain="")
    return [
        Line(
            " = ".join(sorted(row["texts"])),
            _to("glossary_term_changelist", q=min(row["texts"])),
            _("Terms that differ in hyphens, spaces or a plural: perhaps the same."),
            row["readers"],
            row["posts"],
            [(_("Look at the terms"), _to("glossary_term_changelist", q=min(row["texts"], key=len)))],
        )
        for row in _most_read(rows, "plain")
    ]


# --- Senses -----------------------------------------------------------------------------------------------------------
def _published() -> QuerySet[Any, Any]:
    rows = Sense.objects.filter(state=SenseState.PUBLISHED)
    counted: QuerySet[Any, Any] = rows.annotate(readers=_of_names("readers"), posts=_of_names("posts"))
    return counted


def _cited(**wanted: Any) -> Coalesce:
    """The number of pieces of evidence of a sense that are so."""
    found = Evidence.objects.filter(sense=OuterRef("pk"), state=EvidenceState.PUBLISHED, **wanted).order_by()
    return _number(found.values("sense").annotate(n=Count("pk")).values("n"))


def evidence(reader: Member) -> list[Line]:
    """Published senses with one cited post or none that readers see unchanged, or that lost one."""
    del reader
    whole = {"post__state": PostState.PUBLISHED, "post__thread__state": ThreadState.PUBLISHED}
    counted = _published().annotate(all=_cited(), whole=_cited(**whole, is_gone_from_post=False))
    rows = counted.annotate(lost=F("all") - F("whole")).filter(Q(lost__gt=0) | Q(whole__lt=ENOUGH_POSTS))
    return [
        Line(
            sense.name,
            _to("glossary_sense_change", sense.pk),
            _cited_in_words(sense.whole, sense.lost),
            sense.readers,
            sense.posts,
            [(_("Find posts"), reverse("search") + "?" + urlencode({"q": sense.name}))],
        )
        for sense in _most_read(rows, "-lost", "whole", "name", "pk")
    ]


def _cited_in_words(whole: int, lost: int) -> str:
    stands = ngettext("%(n)d cited post stands for it.", "%(n)d cited posts stand for it.", whole) % {"n": whole}
    if not lost:
        return stands if whole else _("No cited post stands for it.")
    gone = ngettext(
        "%(n)d was withdrawn, hidden or changed since.", "%(n)d were withdrawn, hidden or changed since.", lost
    )
    return f"{stands} {gone % {'n': lost}}"


def unreviewed(reader: Member) -> list[Line]:
    """Published senses that nobody has changed or found right for a year."""
    del reader
    newest = SenseRevision.objects.filter(sense=OuterRef("pk")).order_by("-number").values("created_at")[:1]
    dated = _published().annotate(kept_at=Greatest(Subquery(newest), "reviewed_at"))
    rows = dated.filter(kept_at__lt=timezone.now() - REVIEWED_WITHIN)
    return [
        Line(
            sense.name,
            _to("glossary_sense_change", sense.pk),
            _("Last changed or found right on %(day)s.") % {"day": date_format(sense.kept_at, "PLAIN_DATE_FORMAT")},
            sense.readers,
            sense.posts,
            [(_("Read it again"), _to("glossary_sense_reviewed", sense.pk))],
        )
        for sense in _most_read(rows, "kept_at", "pk")
    ]


# --- What members sent ------------------------------------------------------------------------------------------------
def suggested(reader: Member) -> list[Line]:
    """Suggestions of members that nobody has decided."""
    del reader
    rows = Suggestion.objects.filter(state=SuggestionState.OPEN)
    rows = rows.annotate(readers=_used("readers"), posts=_used("posts"))
    return [
        Line(
            row.text,
            _to("glossary_suggestion_change", row.pk),
            f"{row.get_kind_display().capitalize()}: {Truncator(row.definition or row.name or row.note).chars(160)}",
            row.readers,
            row.posts,
            [
                (_("Take up"), _to("glossary_suggestion_accept", row.pk)),
                (_("Decline"), _to("glossary_suggestion_decline", row.pk)),
            ],
        )
        for row in _most_read(rows, "created_at", "pk")
    ]


def proposed(reader: Member) -> list[Line]:
    """Evidence that members proposed and nobody has decided."""
    del reader
    rows = Evidence.objects.filter(SHOWN, state=EvidenceState.PROPOSED).select_related("sense")
    rows = rows.annotate(readers=_of_names("readers", "sense"), posts=_of_names("posts", "sense"))
    return [
        Line(
            row.sense.name,
            _to("threads_evidence_change", row.pk),
            f"{row.get_stance_display().capitalize()}: “{Truncator(row.excerpt).chars(160)}”",
            row.readers,
            row.posts,
            [
                (_("Publish"), _to("threads_evidence_publish", row.pk)),
                (_("Decline"), _to("threads_evidence_decline", row.pk)),
            ],
        )
        for row in _most_read(rows, "created_at", "pk")
    ]


# --- Tags -------------------------------------------------------------------------------------------------------------
def tags(reader: Member) -> list[Line]:
    """Tags bound to a sense no longer published, and unbound ones named like a term of several senses."""
    names = TermSense.objects.filter(term__key=OuterRef("key"), sense__state=SenseState.PUBLISHED)
    several = names.exclude(kind=NamingKind.MISSPELLING).order_by().values("term__key").annotate(n=Count("pk"))
    tagged = ThreadTag.objects.filter(tag=OuterRef("pk"), content_object__state=ThreadState.PUBLISHED).order_by()
    people = tagged.values("tag").annotate(n=Count("content_object__read_marks__member", distinct=True))
    posts = tagged.filter(content_object__posts__state=PostState.PUBLISHED).values("tag").annotate(n=Count("pk"))
    rows = Tag.objects.visible_to(reader).select_related("sense").annotate(senses=_number(several.values("n")))
    rows = rows.filter(~Q(sense__state=SenseState.PUBLISHED) & Q(sense__isnull=False) | Q(sense=None, senses__gt=1))
    rows = rows.annotate(readers=_number(people.values("n")), posts=_number(posts.values("n")))
    lost = _("It stands for “%(sense)s”, which is not published any more, so it settles nothing.")
    none = _("It could say which of %(n)d senses its discussions mean; it stands for none.")
    return [
        Line(
            row.name,
            row.get_absolute_url(),
            lost % {"sense": row.sense.name} if row.sense else none % {"n": row.senses},
            row.readers,
            row.posts,
            [(_("Choose its sense"), _to("threads_tag_change", row.pk))],
        )
        for row in _most_read(rows, "key")
    ]


KINDS = (
    Kind("undefined", gettext_lazy("Not defined"), undefined),
    Kind("open", gettext_lazy("Meaning open"), open_meanings),
    Kind("asked", gettext_lazy("Asked about"), asked),
    Kind("suggestion", gettext_lazy("Suggestion"), suggested),
    Kind("proposed", gettext_lazy("Proposed evidence"), proposed),
    Kind("evidence", gettext_lazy("Little evidence"), evidence),
    Kind("known", gettext_lazy("Known to many"), known),
    Kind("tag", gettext_lazy("Tag"), tags),
    Kind("doubled", gettext_lazy("Perhaps the same"), doubled),
    Kind("unreviewed", gettext_lazy("Not looked at for a year"), unreviewed),
)
