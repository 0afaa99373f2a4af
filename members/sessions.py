"""The browsers in which a member is signed in."""

from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from members.models import Member

# The first that a browser's own line holds names it: all of them name others as well.
_BROWSERS = (
    *(("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox/", "Firefox")),
    *(("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("HeadlessChrome", "Chrome"), ("Chrome/", "Chrome")),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    *(("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("CrOS", "ChromeOS")),
    *(("Mac OS X", "macOS"), ("Linux", "Linux")),
)


@dataclass(frozen=True)
class SignedIn:
    """One browser: since when, from which network address, and whether it is the one that asks."""

    number: int
    browser: str
    ip: str
    since: datetime
    is_here: bool


def sessions_of(member: Member, *, here: str) -> list[SignedIn]:
    """Sessions that still sign `member` in, this one first, then the newest. Two queries."""
    rows = list(UserSession.objects.filter(user=member).order_by("-created_at", "-pk")[:100])
    alive = Session.objects.filter(session_key__in=[row.session_key for row in rows], expire_date__gt=timezone.now())
    hash_of_today = member.get_session_auth_hash()
    living = {
        each.session_key
        for each in alive
        if constant_time_compare(each.get_decoded().get(HASH_SESSION_KEY, ""), hash_of_today)
    }
    found = [
        SignedIn(row.pk, browser_of(row.user_agent), row.ip, row.created_at, row.session_key == here)
        for row in rows
        if row.session_key in living
    ]
    return sorted(found, key=lambda each: not each.is_here)


def browser_of(user_agent: str) -> str:
    """What a browser says of itself, in the words of those who use it."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system or _("Unknown browser")
