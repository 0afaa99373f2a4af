"""Ending one's own sessions: the browsers in which one is signed in."""

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils.translation import gettext as _

from members.models import Member
from members.permissions import Refused


@transaction.atomic(durable=True)
def end_session(number: int, *, by: Member, here: str) -> None:
    """Sign one other browser of `by` out. `here` is the key of the session that asks, which ends by signing out."""
    row = UserSession.objects.filter(user=by, pk=number).first()
    if row is None:
        raise Refused(_("This session has ended already."))
    if row.session_key == here:
        raise Refused(_("This is the browser you are using. Sign out to end its session."))
    _end([row.session_key])


@transaction.atomic(durable=True)
def end_other_sessions(*, by: Member, here: str) -> int:
    """Sign all other browsers of `by` out; returns how many there were."""
    keys = list(UserSession.objects.filter(user=by).exclude(session_key=here).values_list("session_key", flat=True))
    _end(keys)
    return len(keys)


def _end(keys: list[str]) -> None:
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()
