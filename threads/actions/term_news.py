"""Telling those who follow a term of new versions of its senses, and of those that are retired.

The glossary knows nothing of who follows it, so its actions cannot do this
themselves: the worker does, again and again. Telling twice changes nothing.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from members.actions.inbox import is_mailed
from members.models import Member, Notification
from threads.models import Follow, FollowLevel

# How far back changes are looked for: a longer rest of the worker is the only way to miss one.
RECENT = timedelta(days=14)
SENSE = "term__namings__sense"
NAMES = ("preferred", "abbreviation", "synonym", "discouraged")


class News(NamedTuple):
    """That something happened to a term that somebody follows, and who did it."""

    member: int
    term: int
    subject: str
    by: int | None


@transaction.atomic(durable=True)
def tell_of_terms() -> None:
    """Tell followers of terms about versions that were published lately."""
    version = f"{SENSE}__revisions"
    changed = _followers(f"{version}__created_at", "published", "retired")
    found = changed.values_list("member", "term", f"{version}__id", f"{version}__by").order_by(f"{version}__id")
    _tell("term", [News(member, term, f"version:{pk}", by) for member, term, pk, by in found])


@transaction.atomic(durable=True)
def tell_of_retired() -> None:
    """Tell followers of terms about senses that were retired lately, once for each time; as `tell_of_terms`.

    They go on following the term: it may have other meanings, and whether to
    follow what takes its place is theirs to say; the page that they are led to asks.
    """
    gone = _followers(f"{SENSE}__retired_at", "retired")
    found = gone.values_list("member", "term", f"{SENSE}__id", f"{SENSE}__retired_at", f"{SENSE}__retired_by")
    rows = found.order_by(f"{SENSE}__retired_at", "pk")
    _tell("retired", [News(who, term, f"sense:{pk}:{at:%Y%m%d}", by) for who, term, pk, at, by in rows])


def _followers(happened_at: str, *states: str) -> QuerySet[Follow]:
    """Who follows a term, of which something happened lately and since they follow it, by senses in such a state."""
    return Follow.objects.filter(
        **{
            f"{happened_at}__gt": timezone.now() - RECENT,
            f"{happened_at}__gte": F("created_at"),
            f"{SENSE}__state__in": states,
            f"{SENSE}__is_sample": False,
            f"{SENSE.removesuffix('__sense')}__kind__in": NAMES,
        },
        level=FollowLevel.ALL,
        member__is_active=True,
    )


def _tell(kind: str, news: Iterable[News]) -> None:
    """One row for each member and subject, whatever terms it comes under; one's own acts are told to nobody."""
    rows = {(each.member, each.subject): each for each in news if each.member != each.by}
    told = Notification.objects.filter(kind=kind, subject__in={subject for _member, subject in rows})
    known = set(told.values_list("member", "subject"))
    members = Member.objects.in_bulk({member for member, _subject in rows})
    now = timezone.now()
    Notification.objects.bulk_create(
        [
            Notification(
                member_id=each.member,
                kind=kind,
                subject=each.subject,
                context=f"term:{each.term}",
                actor_id=each.by,
                created_at=now,
                mailed_at=None if is_mailed(members[each.member]) else now,
            )
            for key, each in rows.items()
            if key not in known
        ],
        ignore_conflicts=True,
    )
