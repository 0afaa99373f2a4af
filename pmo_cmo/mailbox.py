"""A mailbox read over IMAP: each new mail is received once, and marked as seen when that is done."""

import imaplib
import logging
import re

from django.conf import settings
from django.db import InterfaceError, OperationalError

from pmo_cmo.mail_in import LARGEST, Outcome, receive

TIMEOUT = 30  # seconds
MOST = 200  # mails of one look

logger = logging.getLogger(__name__)


def read_mailbox() -> dict[Outcome, int]:
    """Receive what is unseen in the mailbox of REPLY_IMAP_HOST; returns how many had which outcome.

    A mail is marked as seen after it was received, so a killed reader reads it
    again, and `receive` knows it. Raises OSError and `imaplib.IMAP4.error` for a server that is away or refuses.
    """
    where = settings.REPLY_MAILBOX
    connect = imaplib.IMAP4_SSL if where["tls"] else imaplib.IMAP4
    found: dict[Outcome, int] = {}
    server = connect(where["host"], where["port"], timeout=TIMEOUT)
    try:
        server.login(where["user"], where["password"])
        server.select(where["folder"])
        for number in _unseen(server):
            outcome = _receive_one(server, number)
            found[outcome] = found.get(outcome, 0) + 1
            server.store(number, "+FLAGS", "(\\Seen)")
    finally:
        _leave(server)
    return found


def _unseen(server: imaplib.IMAP4) -> list[str]:
    _answer, found = server.search(None, "UNSEEN")
    return (found[0] or b"").decode().split()[:MOST]


def _receive_one(server: imaplib.IMAP4, number: str) -> Outcome:
    """One mail; what cannot be read is said and left, marked as seen, so that it does not keep the others waiting."""
    _answer, said = server.fetch(number, "(RFC822.SIZE)")
    size = re.search(rb"RFC822\.SIZE (\d+)", said[0] if isinstance(said[0], bytes) else b"")
    if size and int(size[1]) > LARGEST:
        logger.warning("A mail of %s bytes in the mailbox is too large and was left.", size[1].decode())
        return Outcome.IGNORED
    _answer, parts = server.fetch(number, "(BODY.PEEK[])")
    raw = next((part[1] for part in parts if isinstance(part, tuple)), b"")
    try:
        return receive(raw)
    except (OperationalError, InterfaceError):
        raise  # the database is away: it stays unseen
    except Exception:
        logger.exception("A mail in the mailbox could not be read and was left.")
        return Outcome.IGNORED


def _leave(server: imaplib.IMAP4) -> None:
    try:
        server.logout()
    except (OSError, imaplib.IMAP4.error):
        logger.debug("The mail server closed the connection first.")
