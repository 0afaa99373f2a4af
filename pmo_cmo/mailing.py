"""Sending what inboxes hold: beside the jobs, on a connection of its own, again and again."""

import logging
import smtplib
from collections.abc import Sequence

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend

from members.actions import mailing
from members.mails import write_mail
from members.models import Notification

logger = logging.getLogger(__name__)

PERMANENT = 500  # replies of a mail server from here on are for good


class AwayError(Exception):
    """The mail server is not there, or takes nothing from this portal at the moment."""


def send_due(worker: str = "") -> None:
    """Mail everything that is due; raises AwayError, with what was claimed put off, when the server is away.

    `worker` is who sends; a later one of the same name goes on where this one was killed (`mailing.take_over`).
    """
    while rows := mailing.claim_each(worker):
        _send([[row] for row in rows])
    while rows := mailing.claim_digest(worker):
        _send([rows])


def _send(batches: Sequence[Sequence[Notification]]) -> None:
    """A mail for each batch, all over one connection."""
    server: BaseEmailBackend = get_connection()
    try:
        for number, rows in enumerate(batches):
            try:
                _send_one(server, rows)
            except AwayError:
                for left in batches[number:]:
                    mailing.put_off(left)
                raise
    finally:
        server.close()


def _send_one(server: BaseEmailBackend, rows: Sequence[Notification]) -> None:
    try:
        mail = write_mail(rows)
        if mail is not None:
            server.open()
            server.send_messages([mail])
    except smtplib.SMTPRecipientsRefused as refusal:
        _refused(rows, max(code for code, _words in refusal.recipients.values()), refusal)
    except smtplib.SMTPDataError as refusal:
        _refused(rows, refusal.smtp_code, refusal)
    except OSError as error:  # what smtplib raises is one as well
        logger.warning("Mail was not sent: %s. It is tried again.", error)
        raise AwayError from error
    except Exception:
        logger.exception("A mail could not be written and is left out: %s", [str(row) for row in rows])
        mailing.note_mailed(rows)
    else:
        mailing.note_mailed(rows)


def _refused(rows: Sequence[Notification], code: int, refusal: Exception) -> None:
    """The server takes other mails, but not this one: for now, or for good."""
    logger.warning("A mail to member %d was refused: %s", rows[0].member_id, refusal)
    if code >= PERMANENT:
        mailing.note_refused(rows)
    else:
        mailing.put_off(rows)
