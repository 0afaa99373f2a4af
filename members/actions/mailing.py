"""Which rows of inboxes are mailed when: claimed before, noted after, so that a killed worker loses and doubles none.

A row that is claimed and not noted is claimed again when its worker is back,
or after a while, and sent under the same Message-ID (`members.mails`), by
which a mailbox knows it.
`mailed_at` says that a row was mailed or is not to be.
"""

import logging
from collections.abc import Collection, Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from members.actions.inbox import DIGESTS, next_digest
from members.models import MailRhythm, Member, Notification

# No mail takes this long to be sent. A claim that is older is a dead worker's, or was put off.
CLAIMED_FOR = timedelta(minutes=10)
GIVEN_UP_AFTER = timedelta(days=4)
AT_ONCE = 20  # rows of one claim
LONGEST_DIGEST = 500  # rows
MOST_FAILURES = 5
# A failure that comes so long after the one before begins the count anew. That a server takes a mail says nothing: it
# may come back days later. The rarest digest is weekly, so a dead address gets its five within five weeks.
FAILURES_COUNT_FOR = timedelta(days=60)

logger = logging.getLogger(__name__)


@transaction.atomic(durable=True)
def take_over(worker: str) -> None:
    """Free what a worker of this name had claimed when it ended: who has the name now is the only one to send it.

    The rows stay marked as claimed once, so that a digest is made of the same ones again.
    """
    own = Notification.objects.filter(mailed_at=None, mailing_by=worker).exclude(mailing_at=None)
    own.update(mailing_at=timezone.now() - 2 * CLAIMED_FOR)


@transaction.atomic(durable=True)
def claim_each(worker: str) -> list[Notification]:
    """Some rows to be mailed one by one, the oldest first, for nobody else to send for now."""
    rows = _unmailed().filter(member__mail_rhythm=MailRhythm.EACH).order_by("created_at", "pk")
    return _claimed(rows[:AT_ONCE], worker)


@transaction.atomic(durable=True)
def claim_digest(worker: str) -> list[Notification]:
    """The rows of one member whose digest is due, or of one whose sender died: just those it had, then."""
    now = timezone.now()
    own = Notification.objects.filter(member=OuterRef("pk"), mailed_at=None)
    people = Member.objects.select_for_update(skip_locked=True, no_key=True).filter(mail_rhythm__in=DIGESTS)
    due = people.filter(Q(digest_at=None) | Q(digest_at__lte=now)).filter(Exists(own))
    member = due.exclude(Exists(own.filter(mailing_at__gte=now - CLAIMED_FOR))).order_by("digest_at", "pk").first()
    if member is None:
        return []
    rows = _unmailed().filter(member=member).order_by("created_at", "pk")
    left = _claimed(rows.filter(mailing_at__isnull=False)[:LONGEST_DIGEST], worker)
    return left or _claimed(rows[:LONGEST_DIGEST], worker)


@transaction.atomic(durable=True)
def note_mailed(rows: Sequence[Notification]) -> None:
    """Say that claimed rows of one member have left, or that there was nothing to say of them any more."""
    _note(rows)


@transaction.atomic(durable=True)
def put_off(rows: Sequence[Notification]) -> None:
    """Try rows again when their claim has run out; what has been tried for `GIVEN_UP_AFTER` is given up."""
    old = [row.pk for row in rows if row.created_at < timezone.now() - GIVEN_UP_AFTER]
    if old:
        logger.error("%d mails about what members follow are given up: none could be sent for days.", len(old))
        Notification.objects.filter(pk__in=old).update(mailed_at=timezone.now())


@transaction.atomic(durable=True)
def note_refused(rows: Sequence[Notification]) -> None:
    """Say that the mail server does not take these rows' address, for good; after some times no mail goes there."""
    _count_failure({row.member_id for row in rows})  # the member's lock before those of rows, as everywhere
    _note(rows)


@transaction.atomic(durable=True)
def note_bounced(member_id: int) -> None:
    """Say that a mail to a member came back."""
    _count_failure({member_id})


def _unmailed() -> QuerySet[Notification]:
    free = Q(mailing_at=None) | Q(mailing_at__lt=timezone.now() - CLAIMED_FOR)
    rows = Notification.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
    return rows.filter(free, mailed_at=None).select_related("member")


def _claimed(rows: QuerySet[Notification], worker: str) -> list[Notification]:
    found = list(rows)
    Notification.objects.filter(pk__in=[row.pk for row in found]).update(mailing_at=timezone.now(), mailing_by=worker)
    return found


def _note(rows: Sequence[Notification]) -> None:
    members = Member.objects.select_for_update(no_key=True).filter(pk__in={row.member_id for row in rows})
    for member in members.filter(mail_rhythm__in=DIGESTS).order_by("pk"):
        member.digest_at = next_digest(member)
        member.save(update_fields=["digest_at"])
    Notification.objects.filter(pk__in=[row.pk for row in rows]).update(mailed_at=timezone.now())


def _count_failure(members: Collection[int]) -> None:
    now = timezone.now()
    held = []
    for member in Member.objects.select_for_update(no_key=True).filter(pk__in=members).order_by("pk"):
        counts = member.mail_failed_at is None or member.mail_failed_at > now - FAILURES_COUNT_FOR
        member.mail_failures = member.mail_failures + 1 if counts else 1
        member.mail_failed_at = now
        if member.mail_failures >= MOST_FAILURES and member.mail_held_at is None:
            member.mail_held_at = now
            held.append(member.pk)
        member.save(update_fields=["mail_failures", "mail_failed_at", "mail_held_at"])
    Notification.objects.filter(member__in=held, mailed_at=None).update(mailed_at=now)
