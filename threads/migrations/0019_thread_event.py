"""What happened to a thread at a place of it, and what the log needs for undoing it. A new table, an empty column."""

import django.db.models.deletion
import django.utils.timezone
from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("threads", "0018_labels_of_the_admin")]

    operations = [
        migrations.CreateModel(
            name="ThreadEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("came", "posts came from another thread"),
                            ("left", "posts went to another thread"),
                        ],
                        max_length=8,
                    ),
                ),
                ("count", models.PositiveIntegerField(default=0)),
                ("other_number", models.PositiveIntegerField(null=True)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("undone_at", models.DateTimeField(null=True)),
                ("act", models.BigIntegerField(db_index=True)),
                (
                    "thread",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="threads.thread",
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="threads.thread",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index("thread", "number", name="threads_threadevent_by_place")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(kind__in=["came", "left"]), name="threads_threadevent_kind_known"
                    )
                ],
            },
        ),
        migrations.AddField("moderationentry", "detail", models.JSONField(editable=False, null=True)),
        # The log is short beside posts, and no page waits for it.
        migrations.AddIndex(
            "moderationentry",
            GinIndex(fields=["detail"], name="threads_moderationentry_detail", opclasses=["jsonb_path_ops"]),
        ),
    ]
