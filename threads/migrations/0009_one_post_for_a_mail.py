"""A mail that is delivered twice makes one post. Built beside the work: posts are many."""

from django.db import migrations, models

NAME = "threads_post_message_once"
COLUMNS = "thread_id, author_id, message_id"
FIELDS = ["thread", "author", "message_id"]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("threads", "0008_reasons_of_decisions"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    # An index whose building was broken off is left behind, and invalid.
                    [
                        f"DROP INDEX CONCURRENTLY IF EXISTS {NAME}",
                        f"CREATE UNIQUE INDEX CONCURRENTLY {NAME} ON threads_post ({COLUMNS}) WHERE message_id <> ''",
                    ],
                    f"DROP INDEX CONCURRENTLY IF EXISTS {NAME}",
                )
            ],
            state_operations=[
                migrations.AddConstraint(
                    "post",
                    models.UniqueConstraint(
                        fields=FIELDS, condition=models.Q(("message_id", ""), _negated=True), name=NAME
                    ),
                )
            ],
        )
    ]
