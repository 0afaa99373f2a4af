"""What members are told of the glossary: described when it is shown or mailed, from what they see by then."""

from collections.abc import Mapping, Sequence

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from glossary.models import (
    NamingKind,
    Sense,
    SenseRevision,
    SenseState,
    Suggestion,
    SuggestionKind,
    SuggestionState,
    Term,
    TermSense,
)
from members.models import Member, Notification
from members.notifications import Told, register


def _suggestions(reader: Member) -> Exists:
    return Exists(Suggestion.objects.filter(pk=OuterRef("subject_id"), by=reader).exclude(state=SuggestionState.OPEN))


def _describe_suggestions(rows: Sequence[Notification], reader: Member) -> Mapping[int, Told]:
    found = Suggestion.objects.filter(pk__in=[_number(row) for row in rows], by=reader)
    suggestions = found.exclude(state=SuggestionState.OPEN).select_related("sense").in_bulk()
    return {
        row.pk: Told(
            sentence=_decision(each) % {"kind": each.get_kind_display(), "text": each.text},
            address=reverse("my_proposals"),
            at=row.created_at,
            group=row.subject,
            excerpt=each.reason,
            text="\n\n".join(filter(None, [each.reason, _as_it_reads(each)])),
            mail_name=f"suggestion-{each.pk}",
        )
        for row in rows
        if (each := suggestions.get(_number(row)))
    }


def _decision(suggestion: Suggestion) -> str:
    if suggestion.state == SuggestionState.ACCEPTED:
        return _("A curator has taken up what you suggested, %(kind)s: “%(text)s”")
    return _("A curator has decided against what you suggested, %(kind)s: “%(text)s”")


def _as_it_reads(suggestion: Suggestion) -> str:
    if suggestion.state != SuggestionState.ACCEPTED:
        return ""
    if suggestion.kind == SuggestionKind.CHANGE and suggestion.sense:
        return _("The definition reads now: “%(definition)s”") % {"definition": suggestion.sense.definition}
    return _("Readers see it once it is published.")


def _versions(reader: Member) -> Exists:
    senses = Sense.objects.visible_to(reader)
    return Exists(SenseRevision.objects.filter(pk=OuterRef("subject_id"), sense__in=senses))


def _describe_versions(rows: Sequence[Notification], reader: Member) -> Mapping[int, Told]:
    """A new version of a sense of a term that is followed, told under that term."""
    senses = Sense.objects.visible_to(reader)
    found = SenseRevision.objects.filter(pk__in=[_number(row) for row in rows], sense__in=senses)
    versions = found.in_bulk()
    terms = Term.objects.visible_to(reader).in_bulk({int(row.context.partition(":")[2]) for row in rows})
    told = {}
    for row in rows:
        version, term = versions.get(_number(row)), terms.get(int(row.context.partition(":")[2]))
        if version is None:
            continue
        told[row.pk] = Told(
            sentence=(_("“%(sense)s” is new in the glossary") if version.number == 1 else _("“%(sense)s” was changed"))
            % {"sense": version.name},
            address=f"{term.get_absolute_url()}#sense-{version.sense_id}" if term else reverse("glossary"),
            at=version.created_at,
            group=row.context,
            heading=term.text if term else "",
            group_address=term.get_absolute_url() if term else "",
            excerpt=version.definition,
            text=version.definition,
            stops=row.context,
            mail_name=f"version-{version.pk}",
            opening_name=row.context.replace(":", "-"),
        )
    return told


def _retired(reader: Member) -> Exists:
    """Of senses that are still retired: one that came back says nothing more."""
    senses = Sense.objects.visible_to(reader).filter(state=SenseState.RETIRED)
    return Exists(senses.filter(pk=OuterRef("subject_id")))


def _describe_retired(rows: Sequence[Notification], reader: Member) -> Mapping[int, Told]:
    """That a sense of a term that is followed is out of use, why, and what takes its place."""
    visible = Sense.objects.visible_to(reader)
    senses = visible.filter(pk__in=[_number(row) for row in rows], state=SenseState.RETIRED).in_bulk()
    terms = Term.objects.visible_to(reader).in_bulk({int(row.context.partition(":")[2]) for row in rows})
    successors = _names_of(visible.filter(pk__in=[sense.successor_id for sense in senses.values()]))
    told = {}
    for row in rows:
        sense, term = senses.get(_number(row)), terms.get(int(row.context.partition(":")[2]))
        if sense is None:
            continue
        successor = successors.get(sense.successor_id or 0)
        place = [_("“%(sense)s” takes its place.") % {"sense": successor.sense.name}] if successor else []
        address = [f"{settings.SITE_URL}{successor.term.get_absolute_url()}"] if successor else []
        told[row.pk] = Told(
            sentence=_("“%(sense)s” is out of use") % {"sense": sense.name},
            address=f"{term.get_absolute_url()}#sense-{sense.pk}" if term else reverse("glossary"),
            at=row.created_at,
            group=row.context,
            heading=term.text if term else "",
            group_address=term.get_absolute_url() if term else "",
            excerpt=" ".join([sense.retired_reason, *place]),
            text="\n\n".join([sense.retired_reason, "\n".join([*place, *address])]).strip(),
            stops=row.context,
            mail_name=row.subject.replace(":", "-"),
            opening_name=row.context.replace(":", "-"),
        )
    return told


def _names_of(senses: QuerySet[Sense]) -> dict[int, TermSense]:
    """The preferred name of each sense, by the sense's key: with the term whose page tells of it."""
    names = TermSense.objects.filter(sense__in=senses, kind=NamingKind.PREFERRED)
    return {each.sense_id: each for each in names.select_related("term", "sense").order_by("-pk")}


def _number(row: Notification) -> int:
    return int(row.subject.split(":")[1])


register("suggestion", shown=_suggestions, describe=_describe_suggestions)
register("retired", shown=_retired, describe=_describe_retired)
register("term", shown=_versions, describe=_describe_versions)
