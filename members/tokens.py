"""Signed addresses in mails: what a link ends, and where an answer goes. They hold numbers, and no name."""

import hmac
import re
from base64 import b32encode
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.utils.crypto import salted_hmac

STOP_SALT = "members.mail.stop"
REPLY_SALT = "members.mail.reply"
# A mailbox's name may come back in other capitals, so what stands in it has none.
_REPLY = re.compile(r"(?P<member>[0-9]{1,18})\.(?P<thread>[0-9]{1,18})\.(?P<sign>[a-z2-7]{16})")


@dataclass(frozen=True)
class Stop:
    """What a link ends for whom: `what` is an opaque key such as `thread:44`, or empty for all mail."""

    member: int
    what: str


@dataclass(frozen=True)
class ReplyTo:
    """Who may answer in which thread; thread 0 is no thread: an address for what mail servers send back."""

    member: int
    thread: int


def stop_token(member: int, what: str) -> str:
    """The signed part of a link; it does not expire, for mails are kept for years."""
    return signing.Signer(salt=STOP_SALT, sep="~").sign(f"{member}.{what.replace(':', '-')}")


def read_stop(token: str) -> Stop | None:
    """What `stop_token` signed; None for anything else."""
    try:
        member, _dot, what = signing.Signer(salt=STOP_SALT, sep="~").unsign(token).partition(".")
        return Stop(int(member), what.replace("-", ":"))
    except (signing.BadSignature, ValueError):
        return None


def reply_address(member: int, thread: int) -> str:
    """Where this member's answers for this thread go, by REPLY_ADDRESS: `reply+<signed>@…`. Empty where none is set."""
    box, _at, domain = settings.REPLY_ADDRESS.rpartition("@")
    return f"{box}+{member}.{thread}.{_sign(member, thread)}@{domain}" if box else ""


def read_reply_address(address: str) -> ReplyTo | None:
    """Whose it is and for which thread; None for an address that was not made here."""
    own_box, _at, own_domain = settings.REPLY_ADDRESS.lower().rpartition("@")
    box, _at, domain = address.lower().rpartition("@")
    name, _plus, signed = box.rpartition("+")
    found = _REPLY.fullmatch(signed)
    if not own_box or (name, domain) != (own_box, own_domain) or not found:
        return None
    meant = ReplyTo(int(found["member"]), int(found["thread"]))
    return meant if hmac.compare_digest(_sign(meant.member, meant.thread), found["sign"]) else None


def _sign(member: int, thread: int) -> str:
    digest = salted_hmac(REPLY_SALT, f"{member}.{thread}", algorithm="sha256").digest()
    return b32encode(digest[:10]).decode().lower()
