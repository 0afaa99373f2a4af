"""The version of the figures of words, and when they were counted."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("members", "0003_member_chooses_marks")]

    operations = [
        migrations.AddField(model_name="siteversion", name="words", field=models.BigIntegerField(default=1)),
        migrations.AddField(model_name="siteversion", name="words_counted_at", field=models.DateTimeField(null=True)),
    ]
