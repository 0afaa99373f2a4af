"""Mails about what members follow, written when they are sent from what the member sees by then."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import ngettext

from members.display import zone_of
from members.models import MailRhythm, Member, Notification
from members.notifications import Told, describe
from members.tokens import reply_address, stop_token

MOST_ENTRIES = 100  # of a digest
# Also what a mail in answer is cut at, whatever its program makes of the rest (`markup.replies`).
CUT = "――――――――"
_QUOTES = str.maketrans({'"': "”", "\\": "/"})  # a name stands in quotation marks in the head of a mail


def write_mail(rows: Sequence[Notification]) -> EmailMultiAlternatives | None:
    """One mail for rows of one member; None where there is nothing to say: read, hidden, or mail not wanted any more.

    A single row of a member who wants each by itself is a mail of its own,
    everything else a digest. In the member's language and time.
    """
    member = rows[0].member
    wanted = member.is_active and member.email and not member.is_sample and member.mail_held_at is None
    if not wanted or member.mail_rhythm == MailRhythm.NONE:
        return None
    unread = list(Notification.objects.filter(pk__in=[row.pk for row in rows], read_at=None).order_by("pk"))
    with translation.override(member.language or settings.LANGUAGE_CODE), timezone.override(zone_of(member)):
        told = describe(unread, member)
        if not told:
            return None
        if member.mail_rhythm == MailRhythm.EACH:
            return _single(member, next(iter(told.values())))
        return _digest(member, [told[row.pk] for row in unread if row.pk in told], last=max(row.pk for row in rows))


def _single(member: Member, told: Told) -> EmailMultiAlternatives:
    answer_to = reply_address(member.pk, told.answers_in) if told.answers_in else ""
    stop = _stop(member, told.stops)
    said = {"told": told, "answer": bool(answer_to), "cut": CUT, "stop": stop, "mail": _path("mail_settings")}
    subject = told.heading if told.heading and not told.opening_name else _answering(told)
    headers = _headers(member, told.mail_name, who=told.who, stop=stop)
    if told.opening_name:
        opening = _message_id(told.opening_name, member)
        headers |= {"In-Reply-To": opening, "References": opening}
    return _mail(member, subject, "notification", said, headers, [answer_to] if answer_to else [])


def _answering(told: Told) -> str:
    return f"Re: {told.heading}" if told.heading else told.sentence


def _digest(member: Member, told: Sequence[Told], *, last: int) -> EmailMultiAlternatives:
    groups: dict[str, list[Told]] = {}
    for each in told[:MOST_ENTRIES]:
        groups.setdefault(each.group or each.mail_name, []).append(each)
    said = {
        "groups": list(groups.values()),
        "more": max(len(told) - MOST_ENTRIES, 0),
        "inbox": _path("inbox"),
        "stop": _stop(member, ""),
        "mail": _path("mail_settings"),
    }
    subject = ngettext("%(count)d new on %(portal)s", "%(count)d new on %(portal)s", len(told))
    subject %= {"count": len(told), "portal": settings.PORTAL_NAME}
    headers = _headers(member, f"digest-{last}", who="", stop=str(said["stop"]))
    return _mail(member, subject, "digest", said, headers, [])


def _headers(member: Member, name: str, *, who: str, stop: str) -> dict[str, str]:
    """Of RFC 5322, 8058 (ending it by one click), 2919 and 3834 (no machine answers)."""
    sender = f"{who} · {settings.PORTAL_NAME}" if who else settings.PORTAL_NAME
    return {
        "From": f'"{sender.translate(_QUOTES)}" <{settings.DEFAULT_FROM_EMAIL}>',
        "Message-ID": _message_id(name, member),
        "List-Id": f"<discussions.{_host()}>",
        "List-Unsubscribe": f"<{stop}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }


def _mail(
    member: Member, subject: str, template: str, said: Mapping[str, Any], headers: dict[str, str], answer_to: list[str]
) -> EmailMultiAlternatives:
    subject = " ".join(subject.split())
    context = {**said, "site": settings.SITE_URL, "portal": settings.PORTAL_NAME, "subject": subject}
    text = render_to_string(f"mail/{template}.txt", context).strip() + "\n"
    # What cannot be delivered comes back to an address that says whose it was.
    envelope = reply_address(member.pk, 0) or settings.DEFAULT_FROM_EMAIL
    mail = EmailMultiAlternatives(subject, text, envelope, [member.email], headers=headers, reply_to=answer_to)
    mail.attach_alternative(render_to_string(f"mail/{template}.html", context), "text/html")
    return mail


def _message_id(name: str, member: Member) -> str:
    """The same at every try, and another for each member: two of them may share a mail server that drops doubles."""
    return f"<{name}.{member.pk}@{_host()}>"


def _host() -> str:
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def _stop(member: Member, what: str) -> str:
    return settings.SITE_URL + reverse("mail_stop", args=[stop_token(member.pk, what)])


def _path(name: str) -> str:
    return settings.SITE_URL + reverse(name)
