"""People for tests, and what becomes of the mail to them."""

from allauth.account.models import EmailAddress
from django_tasks_db.models import DBTaskResult

from markup.slugs import confusable_key
from members.models import Member
from pmo_cmo import mailing

PASSWORD = "a long enough sentence 7"


def a_member(username="anna", *, confirmed=True, **said):
    """Somebody who has signed up, as allauth and the adapter leave them."""
    said = {"name": username.title(), "email": f"{username}@example.org"} | said
    member = Member(username=username, name_key=confusable_key(said["name"]), **said)
    member.set_password(PASSWORD)
    member.save()
    EmailAddress.objects.create(user=member, email=member.email, primary=True, verified=confirmed)
    return member


def run_jobs():
    """Do what the background worker would do, once."""
    for row in DBTaskResult.objects.ready():
        result = row.task_result
        row.task.call(*result.args, **result.kwargs)
        row.set_successful(None)


def send_mail():
    """Mail what inboxes hold, as the background worker would."""
    mailing.send_due()
