"""Work that waits for others: mail."""

import logging
from datetime import timedelta

from django.core.mail import EmailMultiAlternatives
from django.utils import timezone
from django_tasks import task

# After each failure. A mail server that is restarted, greylists or is repaired over lunch costs no mail.
PAUSES = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=4))

logger = logging.getLogger(__name__)


@task()
def send_mail(subject: str, text: str, to: list[str], message_id: str, attempt: int = 1) -> None:
    """Send one mail. Nobody who fills in a form waits for a mail server, so addresses cannot be told apart by time.

    What the server or the network refuses is tried again after `PAUSES`, each
    time as a job of its own; the last refusal is raised and the job has failed.
    It may run twice; the message id was made when the job was, so that a
    mailbox shows the mail once.
    """
    try:
        EmailMultiAlternatives(subject, text, to=to, headers={"Message-ID": message_id}).send()
    except OSError as error:  # what smtplib raises is one as well
        if attempt > len(PAUSES):
            logger.error("Mail %s is given up after %d attempts: %s", message_id, attempt, error)  # noqa: TRY400 raised
            raise
        pause = PAUSES[attempt - 1]
        logger.warning("Mail %s was not sent, attempt %d: %s. Next in %s.", message_id, attempt, error, pause)
        again = send_mail.using(run_after=timezone.now() + pause)
        again.enqueue(subject, text, to, message_id, attempt + 1)
