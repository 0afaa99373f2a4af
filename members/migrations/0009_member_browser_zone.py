"""The time zone that a member's browser said last, for pages and mails of who chose none."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("members", "0008_notifications_by_age")]

    operations = [
        migrations.AddField(
            model_name="member",
            name="browser_zone",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=64),
        ),
    ]
