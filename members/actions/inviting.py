"""Invitations: how an address comes into a portal whose sign-up is closed.

The mail's link holds a key, the row only its digest: who reads the database
can join as nobody.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.utils import make_msgid
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models.functions import Lower
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from members.invited import digest_of
from members.jobs import send_mail
from members.models import INVITED_FOR, Invitation, Member
from members.permissions import Refused

MOST_AT_ONCE = 500


@dataclass
class Invited:
    """What became of a list of addresses."""

    invitations: list[Invitation] = field(default_factory=list)
    members: list[str] = field(default_factory=list)  # have an account already


@transaction.atomic(durable=True)
def invite(emails: Iterable[str], *, by: Member) -> Invited:
    """Invite addresses, each by a mail with a link that is good for 14 days.

    An address that was invited before and has not joined gets a new link, and
    the old one ends; one that has an account is left out and named in what is
    returned. Raises `Refused` for no address or more than 500.
    """
    _may_invite(by)
    wanted = list(dict.fromkeys(email.strip().lower() for email in emails))
    if not wanted:
        raise Refused(_("Name at least one e-mail address."))
    if len(wanted) > MOST_AT_ONCE:
        raise Refused(_("At most 500 addresses at once. Nobody was invited yet."))
    # Before members are asked for: two administrators who invite the same people wait for each other here.
    waiting = {row.email.lower(): row for row in _waiting(wanted)}
    known = set(Member.objects.annotate(low=Lower("email")).filter(low__in=wanted).values_list("low", flat=True))
    done = Invited(members=[email for email in wanted if email in known])
    for email in wanted:
        if email not in known:
            done.invitations.append(_invited(waiting.get(email) or Invitation(email=email), by=by))
    return done


@transaction.atomic(durable=True)
def withdraw_invitation(invitation: Invitation, *, by: Member) -> Invitation:
    """End an invitation that nobody has accepted. The row is locked first."""
    _may_invite(by)
    invitation = Invitation.objects.select_for_update(no_key=True).get(pk=invitation.pk)
    if not invitation.is_waiting:
        raise Refused(_("This invitation was accepted or withdrawn already."))
    invitation.withdrawn_at = timezone.now()
    invitation.save(update_fields=["withdrawn_at"])
    return invitation


def note_accepted(invitation: Invitation, *, by: Member) -> None:
    """A step of joining, which is allauth's: that somebody came by it. The second of two at once changes nothing."""
    Invitation.objects.filter(pk=invitation.pk, accepted_at=None).update(accepted_at=timezone.now(), accepted_by=by)


def _waiting(emails: list[str]) -> list[Invitation]:
    rows = Invitation.objects.select_for_update(no_key=True).annotate(low=Lower("email"))
    return list(rows.filter(low__in=emails, accepted_at=None, withdrawn_at=None).order_by("pk"))


def _invited(invitation: Invitation, *, by: Member) -> Invitation:
    key = secrets.token_urlsafe(32)
    invitation.digest, invitation.invited_by, invitation.created_at = digest_of(key), by, timezone.now()
    invitation.save()
    said = {
        "portal_name": settings.PORTAL_NAME,
        "url": settings.SITE_URL + reverse("invited", args=[key]),
        "name": by.shown_name,
        "days": INVITED_FOR.days,
    }
    subject = " ".join(render_to_string("members/email/invitation_subject.txt", said).split())
    text = render_to_string("members/email/invitation_message.txt", said).strip() + "\n"
    send_mail.enqueue(subject, text, [invitation.email], make_msgid(domain=urlsplit(settings.SITE_URL).hostname))
    return invitation


def _may_invite(by: Member) -> None:
    if not (by.is_active and by.is_staff and by.has_perm("members.add_invitation")):
        raise PermissionDenied(_("Only administrators invite."))
