"""The rows of inboxes: written when something happens, read when a member says so."""

from collections.abc import Collection, Iterable

from django.db import transaction
from django.utils import timezone

from members.models import MailRhythm, Member, Notification


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
