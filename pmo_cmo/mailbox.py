"""A mailbox read over IMAP: each new mail is received once, and marked as seen when that is done."""

import imaplib
import logging
import re
import ssl

from django.conf import settings
from django.db import InterfaceError, OperationalError

from pmo_cmo.mail_in import LARGEST, Outcome, receive

TIMEOUT = 30  # seconds
MOST = 200  # mails received in one look; those that the server does not give keep no other waiting

logger = logging.getLogger(__name__)


def read_mailbox() -> dict[Outcome, int]:
    """Receive what is unseen in the mailbox of REPLY_IMAP_HOST; returns how many had which outcome.

    A mail is marked as seen after it was received, so one whose reader was
    killed or cut off is read again, and `receive` knows it. Raises OSError and
    `imaplib.IMAP4.error` for a server that is away, refuses, or cannot prove who it is.
    """
    found: dict[Outcome, int] = {}
    server = _connected()
    try:
        server.login(settings.REPLY_MAILBOX["user"], settings.REPLY_MAILBOX["password"])
        if server.select(settings.REPLY_MAILBOX["folder"])[0] != "OK":
            raise imaplib.IMAP4.error(f"There is no folder {settings.REPLY_MAILBOX['folder']}.")
        for uid in _unseen(server):
            if outcome := _receive_one(server, uid):
                found[outcome] = found.get(outcome, 0) + 1
            if sum(found.values()) == MOST:
                break
    finally:
        _leave(server)
    return found


def _connected() -> imaplib.IMAP4:
    where = settings.REPLY_MAILBOX
    if not where["tls"]:
        return imaplib.IMAP4(where["host"], where["port"], timeout=TIMEOUT)
    # Left to itself imaplib believes every certificate.
    context = ssl.create_default_context()
    return imaplib.IMAP4_SSL(where["host"], where["port"], ssl_context=context, timeout=TIMEOUT)


def _unseen(server: imaplib.IMAP4) -> list[str]:
    """Mails by the numbers that they keep when others are deleted meanwhile."""
    answer, found = server.uid("SEARCH", "UNSEEN")
    if answer != "OK":
        raise imaplib.IMAP4.error("The mailbox cannot be searched.")
    return (found[0] or b"").decode().split()


def _receive_one(server: imaplib.IMAP4, uid: str) -> Outcome | None:
    """One mail, marked as seen; None for one that the server does not give, which stays as it is.

    What is too large or cannot be read is said, left, and flagged for somebody to look at.
    """
    raw = _raw(server, uid)
    if raw is None:
        return None
    outcome, flags = Outcome.IGNORED, "(\\Seen \\Flagged)"
    try:
        if raw:
            outcome, flags = receive(raw), "(\\Seen)"
    except (OperationalError, InterfaceError):
        raise  # the database is away: it stays unseen
    except Exception:
        logger.exception("Mail %s in the mailbox could not be read and was left.", uid)
    server.uid("STORE", uid, "+FLAGS", flags)
    return outcome


def _raw(server: imaplib.IMAP4, uid: str) -> bytes | None:
    """The bytes of a mail; none at all of one that is too large, and None where the server gives none."""
    _answer, said = server.uid("FETCH", uid, "(RFC822.SIZE)")
    size = re.search(rb"RFC822\.SIZE (\d+)", said[0] if said and isinstance(said[0], bytes) else b"")
    if size and int(size[1]) > LARGEST:
        logger.warning("Mail %s in the mailbox is too large, %s bytes, and was left.", uid, size[1].decode())
        return b""
    _answer, parts = server.uid("FETCH", uid, "(BODY.PEEK[])")
    raw: bytes | None = next((part[1] for part in parts if isinstance(part, tuple)), None)
    if raw is None:
        logger.warning("The mail server does not give mail %s of the mailbox.", uid)
    return raw


def _leave(server: imaplib.IMAP4) -> None:
    try:
        server.logout()
    except (OSError, imaplib.IMAP4.error):
        logger.debug("The mail server closed the connection first.")
