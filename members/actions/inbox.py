"""The rows of inboxes: written when something happens, read when a member says so."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from members.display import zone_of
from members.models import MailRhythm, Member, Notification

DIGESTS = (MailRhythm.DAILY, MailRhythm.WEEKLY)
MORNING = 7  # o'clock, where the member is: when digests go


def notify(members: Iterable[Member], *, kind: str, subject: str, context: str = "", actor: Member | None) -> None:
    """Tell some members of something, once for each kind and subject. A step, in the action's transaction.

    One's own acts are told to nobody. For the many followers of a post see `threads.actions.following`.
    """
    now = timezone.now()
    rows = [
        Notification(
            member=member,
            kind=kind,
            subject=subject,
            context=context,
            actor=actor,
            created_at=now,
            mailed_at=None if is_mailed(member) else now,
        )
        for member in members
        if member.is_active and not member.is_sample and (actor is None or member.pk != actor.pk)
    ]
    Notification.objects.bulk_create(rows, ignore_conflicts=True)


def is_mailed(member: Member) -> bool:
    """Whether mail goes to a member at all by now; a row that is not to be mailed counts as mailed from the start."""
    return bool(member.email and member.mail_rhythm != MailRhythm.NONE and member.mail_held_at is None)


@transaction.atomic(durable=True)
def read_rows(ids: Collection[int], *, by: Member) -> None:
    """Mark some of one's own rows as read."""
    _read(by, ids)


@transaction.atomic(durable=True)
def read_all(*, by: Member) -> None:
    """Mark everything in one's inbox as read."""
    _read(by, None)


def _read(by: Member, ids: Collection[int] | None) -> None:
    rows = Notification.objects.filter(member=by, read_at=None)
    (rows if ids is None else rows.filter(pk__in=ids)).update(read_at=timezone.now())


@transaction.atomic(durable=True)
def choose_mail(*, by: Member, mail_rhythm: str, follows_started: bool, follows_replied: bool) -> None:
    """Say how often mail comes, and whether starting and replying follow. The member's row is locked first.

    Who wants no mail gets none of what waits either. A digest comes in the morning (`next_digest`).
    """
    member = _locked(by)
    member.mail_rhythm = MailRhythm(mail_rhythm)
    member.follows_started, member.follows_replied = follows_started, follows_replied
    member.digest_at = next_digest(member) if member.mail_rhythm in DIGESTS else None
    member.save(update_fields=["mail_rhythm", "follows_started", "follows_replied", "digest_at"])
    if member.mail_rhythm == MailRhythm.NONE:
        _drop_mail(member)


@transaction.atomic(durable=True)
def stop_mail(*, by: Member) -> None:
    """End all mail about what is followed: what a mail's link does for who got it, without a session."""
    member = _locked(by)
    member.mail_rhythm = MailRhythm.NONE
    member.save(update_fields=["mail_rhythm"])
    _drop_mail(member)


@transaction.atomic(durable=True)
def take_up_mail(*, by: Member) -> None:
    """Say that one's address works again; what happened meanwhile stands in the inbox and is not mailed."""
    member = _locked(by)
    member.mail_failures, member.mail_held_at = 0, None
    member.save(update_fields=["mail_failures", "mail_held_at"])


def next_digest(member: Member, *, after: datetime | None = None) -> datetime:
    """The next morning, seven o'clock where the member is; the next Monday's for a weekly digest."""
    now = (after or timezone.now()).astimezone(zone_of(member) or UTC)
    due = now.replace(hour=MORNING, minute=0, second=0, microsecond=0)
    days = (7 - due.weekday()) % 7 if member.mail_rhythm == MailRhythm.WEEKLY else 0
    due += timedelta(days=days)
    step = timedelta(days=7 if member.mail_rhythm == MailRhythm.WEEKLY else 1)
    return (due if due > now else due + step).astimezone(UTC)


def _locked(member: Member) -> Member:
    return Member.objects.select_for_update(no_key=True).get(pk=member.pk)  # type: ignore[no-any-return]


def _drop_mail(member: Member) -> None:
    Notification.objects.filter(member=member, mailed_at=None).update(mailed_at=timezone.now())
