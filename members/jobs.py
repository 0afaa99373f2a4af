"""Work that waits for others: mail."""

from django.core.mail import EmailMultiAlternatives
from django_tasks import task


@task()
def send_mail(subject: str, text: str, to: list[str], message_id: str) -> None:
    """Send one mail. Nobody who fills in a form waits for a mail server, so addresses cannot be told apart by time.

    It may run twice; the message id was made when the job was, so that a
    mailbox shows the mail once.
    """
    EmailMultiAlternatives(subject, text, to=to, headers={"Message-ID": message_id}).send()
