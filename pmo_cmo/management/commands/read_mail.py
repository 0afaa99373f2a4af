"""`manage.py read_mail`: one mail from standard input, for a mail server that hands each to a command."""

import logging
import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from pmo_cmo.mail_in import LARGEST, Outcome, receive

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    requires_system_checks = []  # what they find is no reason to send a mail back
    help = (
        "Read one mail from standard input: an answer to a notification becomes a post. Ends with the codes of "
        "sysexits.h that mail servers know: 0 when all is done, 67 when no such address is known, 65 for a mail that "
        "is too large, 75 when it is to be given again later."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", default="", help="Whom the mail server has it for, like ${recipient} of Postfix.")

    def handle(self, *, to: str, **_options: Any) -> None:
        if not settings.REPLY_ADDRESS:
            self.stderr.write("REPLY_ADDRESS is not set, so no address is known here. See docs/operators.md.")
            sys.exit(os.EX_TEMPFAIL)
        raw = sys.stdin.buffer.read(LARGEST + 1)
        if len(raw) > LARGEST:
            self.stderr.write("The mail is too large.")
            sys.exit(os.EX_DATAERR)
        try:
            outcome = receive(raw, recipient=to)
        except Exception:
            logger.exception("A mail could not be read.")
            sys.exit(os.EX_TEMPFAIL)
        if outcome is Outcome.UNKNOWN:
            self.stderr.write("There is no such address here.")
            sys.exit(os.EX_NOUSER)
        self.stdout.write(outcome.value)
