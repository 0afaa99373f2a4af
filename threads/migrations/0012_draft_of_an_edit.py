"""A draft may be one of an edit. The column is empty, so nothing is read to add it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("threads", "0011_image_dropped_at"),
    ]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="post",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="drafts",
                to="threads.post",
            ),
        ),
        migrations.AddField(
            model_name="draft",
            name="based_on",
            field=models.PositiveIntegerField(null=True),
        ),
    ]
