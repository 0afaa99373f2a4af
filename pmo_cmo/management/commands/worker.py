"""`manage.py worker`: the background worker of `make run`, which loses no job to a kill -9."""

import hashlib
import imaplib
import logging
import os
import socket
import threading
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.db.models import Q
from django.utils import timezone
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult

from members.actions.mailing import take_over
from pmo_cmo import mailing, mentions
from pmo_cmo.mailbox import read_mailbox
from threads.actions.counting import count_words
from threads.actions.term_news import tell_of_retired, tell_of_terms
from threads.actions.upkeep import render_again

LONGEST_NAME = 60  # characters, as `Notification.mailing_by` holds it
A_DAY = 24 * 60 * 60  # seconds
A_MINUTE = 60
REST = 20  # times as long as the counting took: on a big portal it is done more seldom, never with more effort
NO_JOB_TAKES = timedelta(hours=1)  # a mail server gets twenty seconds

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Do the jobs in the background. Jobs that a killed worker of the same name had begun are begun again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--name",
            default="",
            help="Unlike the names of other workers of this database. Without it, one of this machine and PORTAL_VAR.",
        )

    def handle(self, *, name: str, **_options: Any) -> None:
        name = name or _own_name()
        if len(name) > LONGEST_NAME:  # else it could claim no mail
            raise CommandError(f"The name of a worker has {LONGEST_NAME} characters at most.")
        # Every job may run twice. This name is this process's alone, so what it had begun nobody is doing.
        own = Q(worker_ids__contains=[name])
        lost = Q(started_at__lt=timezone.now() - NO_JOB_TAKES)  # a machine that came back under another name
        begun = DBTaskResult.objects.running().filter(own | lost)
        begun.update(status="READY", started_at=None)
        take_over(name)
        # Not through `db_worker`: it sets these to say either every step of every job or nothing at all.
        logging.getLogger("django_tasks").setLevel(logging.WARNING)
        logging.getLogger("django_tasks_db").setLevel(logging.ERROR)  # it warns of nothing but that it was told to stop
        threading.Thread(target=_tidy_daily, daemon=True).start()
        threading.Thread(target=_find_mentions, daemon=True).start()
        threading.Thread(target=_send_mail, args=[name], daemon=True).start()
        threading.Thread(target=_count_words, daemon=True).start()
        threading.Thread(target=_render_old_posts, daemon=True).start()
        if settings.REPLY_MAILBOX:
            threading.Thread(target=_read_mailbox, daemon=True).start()
        worker = worker_named(name)
        worker.configure_signals()
        worker.run()


def worker_named(name: str) -> Worker:
    """django_tasks_db's worker, which takes one job after another."""
    return Worker(
        queue_names=["default"],
        excluded_queue_names=[],
        backend_name="default",
        interval=1,  # seconds between looks at an empty queue
        batch=False,
        startup_delay=False,
        max_tasks=None,
        worker_id=name,
    )


def _own_name() -> str:
    """The same at each start on this machine with this PORTAL_VAR, of which one `make run` runs at a time."""
    folder = hashlib.sha256(os.fsencode(settings.VAR_DIR.resolve())).hexdigest()
    return f"{socket.gethostname()[:40]}-{folder[:12]}"


def _tidy_daily() -> None:
    """Beside the jobs, on a connection of its own; what goes wrong is said and tried again the next day."""
    while True:
        try:
            call_command("tidy", verbosity=0)
        except Exception:
            logger.exception("Tidying did not end well.")
        connection.close()
        time.sleep(A_DAY)


def _find_mentions() -> None:
    """Beside the jobs as well: what changes in the glossary is found in posts within seconds."""
    while True:
        try:
            mentions.catch_up()
        except Exception:
            logger.exception("Finding the words of posts did not end well.")
            time.sleep(10)
        connection.close()
        time.sleep(1)


def _send_mail(name: str) -> None:
    """Beside the jobs too: what inboxes hold goes out within seconds; changes of terms are told before."""
    while True:
        pause = 2
        try:
            tell_of_terms()
            tell_of_retired()
            mailing.send_due(name)
        except mailing.AwayError:
            pause = 60
        except Exception:
            logger.exception("Sending mail did not end well.")
            pause = 10
        connection.close()
        time.sleep(pause)


def _count_words() -> None:
    """How much words are used and read, about once a minute: what lists of words show is no older than that."""
    while True:
        began = time.monotonic()
        try:
            count_words()
        except Exception:
            logger.exception("Counting words did not end well.")
        connection.close()
        time.sleep(max(A_MINUTE, REST * (time.monotonic() - began)))


def _render_old_posts() -> None:
    """Once at the start, which an upgrade ends with; it rests as long as it works, for the sake of all others."""
    began = time.monotonic()

    def rest() -> None:
        nonlocal began
        time.sleep(time.monotonic() - began)
        began = time.monotonic()

    try:
        render_again(rest)
    except Exception:
        logger.exception("Rendering posts of an older version did not end well; the next start goes on.")
    connection.close()


def _read_mailbox() -> None:
    """Each minute, where the portal has a mailbox for answers."""
    while True:
        try:
            read_mailbox()
        except (OSError, imaplib.IMAP4.error) as error:
            logger.warning("The mailbox was not read: %s. It is tried again.", error)
        except Exception:
            logger.exception("Reading the mailbox did not end well.")
        connection.close()
        time.sleep(60)
