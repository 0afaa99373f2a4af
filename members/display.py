"""How pages and mails are written for a reader: by their own setting when signed in, by a cookie when not."""

from datetime import tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.http import HttpRequest

from members.models import Marks, Member


def marks_of(request: HttpRequest) -> Marks:
    """How often terms are marked; one of three values, whatever a cookie holds. No query beyond the account."""
    if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
        return Marks(request.user.marks)
    chosen = request.COOKIES.get(settings.MARKS_COOKIE_NAME, "")
    return Marks(chosen) if chosen in Marks.values else Marks.PAGE


def language_of(request: HttpRequest) -> str:
    """The language that somebody chose, and the portal has; empty where the browser decides."""
    if request.user.is_authenticated:
        return offered_language(request.user.language)
    return offered_language(request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, ""))


def offered_language(code: str) -> str:
    """The code of a language that the portal has, else the empty string."""
    return code if code in dict(settings.LANGUAGES) else ""


def zone_of(member: Member, *, browser_says: str = "") -> tzinfo | None:
    """The zone that a member chose, else that of their browser, as it says now or said last.

    None for none, and for one that this machine does not know (any more).
    """
    name = member.time_zone or browser_says or member.browser_zone
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None


def browser_zone_of(request: HttpRequest) -> str:
    """The zone in the cookie that static/times.js leaves; empty for none and for one that is not known here."""
    said = request.COOKIES.get(settings.ZONE_COOKIE_NAME, "")
    return said if said in _known_zones() else ""


@cache
def _known_zones() -> frozenset[str]:
    """With the old names of places, which browsers say as well; without names that are no place's."""
    return frozenset({zone for zone in available_timezones() if "/" in zone} | {"UTC"})


# The parts of the world that the zones of today are named after; the other names are old ones of the same.
_PARTS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


@cache
def time_zones() -> list[tuple[str, list[tuple[str, str]]]]:
    """The zones to choose from, by part of the world, as choices of a field: [(part, [(zone, place)])]; and UTC."""
    named: dict[str, list[tuple[str, str]]] = {part: [] for part in _PARTS}
    for zone in sorted(available_timezones()):
        part, _, place = zone.partition("/")
        if place and part in named:
            named[part].append((zone, place.replace("_", " ").replace("/", " / ")))
    # Not the name of the setting: pages tell a choice from none by it.
    return [("UTC", [("Etc/UTC", "UTC")]), *((part, zones) for part, zones in named.items() if zones)]
