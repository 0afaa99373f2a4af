"""What members are told of: kinds of notifications, and what each says to its reader.

A row holds no text and no name. The app that owns a kind registers, in its own
`notifications` module, which of its rows a reader may see by now (`shown`, a
condition of the database) and what they say (`describe`); both start from
`visible_to(reader)`. Inbox, badge and mail all ask here, so that what is hidden
is neither shown nor counted nor mailed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import BigIntegerField, F, Func, Q, QuerySet, Value
from django.db.models.expressions import Exists, RawSQL
from django.db.models.functions import Cast

from members.counts import count_in_head
from members.models import Member, Notification

# Of the badge: who has more unread than this reads “99+”.
MOST_COUNTED = 100
# A row's subject is a word and a number: `post:812`.
SUBJECT_ID = Cast(Func(F("subject"), Value(":"), Value(2), function="split_part"), BigIntegerField())


@dataclass(frozen=True, kw_only=True)
class Told:
    """What one row says to its reader, in the language of the moment. All addresses are paths of this portal."""

    sentence: str
    address: str
    at: datetime
    # Rows of one group stand together, under its name, which leads to its own address.
    group: str = ""
    heading: str = ""
    group_address: str = ""
    # Of whom it tells, as the post shows them; a mail comes from this name.
    who: str = ""
    # Their role and organisation of that day, as far as shown.
    standing: str = ""
    excerpt: str = ""
    # For the mail: the whole text as plain text and as safe HTML with whole addresses.
    text: str = ""
    html: str = ""
    # What the mail's link ends (`thread:44`); without it, all mail.
    stops: str = ""
    # The thread that a mail in answer posts in.
    answers_in: int | None = None
    # Names the mail and the one that opens its group, for mail programs to stand them together.
    mail_name: str = ""
    opening_name: str = ""


Describe = Callable[[Sequence[Notification], Member], Mapping[int, Told]]


@dataclass(frozen=True)
class Source:
    """Some kinds of notifications and how they are told."""

    kinds: tuple[str, ...]
    shown: Callable[[Member], Exists | Q]
    describe: Describe


_SOURCES: dict[tuple[str, ...], Source] = {}


def register(*kinds: str, shown: Callable[[Member], Exists | Q], describe: Describe) -> None:
    """Say how rows of these kinds are told. `shown` may use `OuterRef("subject_id")`, the number of the subject."""
    _SOURCES[kinds] = Source(kinds, shown, describe)


def shown_to(reader: Member) -> QuerySet[Notification]:
    """The rows of a member that say something by now: hidden posts, withdrawn ones and their like say nothing."""
    rows = Notification.objects.filter(member=reader.pk).alias(subject_id=SUBJECT_ID)
    return rows.filter(reduce(or_, (Q(kind__in=each.kinds) & Q(each.shown(reader)) for each in _SOURCES.values())))


def unread(reader: Member) -> QuerySet[Notification]:
    """Of these, what the member has not read."""
    return shown_to(reader).filter(read_at=None)


def describe(rows: Iterable[Notification], reader: Member) -> dict[int, Told]:
    """What rows say, by their key; what the reader may not see is left out. A query or two for each source there is."""
    rows = list(rows)
    told: dict[int, Told] = {}
    for source in _SOURCES.values():
        if own := [row for row in rows if row.kind in source.kinds]:
            told |= source.describe(own, reader)
    return told


def _unread_count(member_id: int) -> RawSQL:
    """How many rows the unread list of a member holds, at most `MOST_COUNTED`, as a column of another query."""
    rows = unread(Member(pk=member_id)).order_by().values("pk")[:MOST_COUNTED]
    sql, params = rows.query.sql_with_params()
    return RawSQL(f"SELECT count(*) FROM ({sql}) AS unread", params)  # noqa: S608, S611 the ORM's own SQL


count_in_head("unread", _unread_count)
