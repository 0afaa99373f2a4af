"""When mail to a member failed last, and which worker has claimed a row of an inbox."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("members", "0006_members_by_name")]

    operations = [
        migrations.AddField(
            model_name="member",
            name="mail_failed_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="notification",
            name="mailing_by",
            field=models.CharField(blank=True, db_default="", max_length=60),
        ),
    ]
