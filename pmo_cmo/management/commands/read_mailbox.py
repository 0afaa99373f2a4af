"""`manage.py read_mailbox`: answers out of a mailbox, now. The worker does it each minute where one is set."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from pmo_cmo.mailbox import read_mailbox


class Command(BaseCommand):
    help = "Receive the unseen mails of the mailbox named by REPLY_IMAP_HOST: answers to notifications become posts."

    def handle(self, **_options: Any) -> None:
        if not settings.REPLY_MAILBOX:
            raise CommandError("REPLY_IMAP_HOST names no mail server. See docs/operators.md.")
        for outcome, count in read_mailbox().items():
            self.stdout.write(f"{count} {outcome.value}")
