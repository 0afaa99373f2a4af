"""When a published sense was read again and found right."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("glossary", "0004_curators_tables")]

    operations = [
        migrations.AddField(
            model_name="sense",
            name="reviewed_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="found right at"),
        ),
    ]
