"""Old rows of inboxes are found by their age. Built beside the work: they are many."""

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("members", "0007_mail_failed_and_claimed_by")]

    operations = [
        AddIndexConcurrently(
            "notification",
            django.contrib.postgres.indexes.BrinIndex(
                "created_at", autosummarize=True, name="members_notification_age"
            ),
        ),
    ]
