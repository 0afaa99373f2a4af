"""One draft of an edit for each member and post, and a draft is of one thing. Built and read beside the work."""

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models

NAME = "threads_draft_of_post_once"
COLUMNS = "post_id, member_id"


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("threads", "0012_draft_of_an_edit"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    # An index whose building was broken off is left behind, and invalid.
                    [
                        f"DROP INDEX CONCURRENTLY IF EXISTS {NAME}",
                        f"CREATE UNIQUE INDEX CONCURRENTLY {NAME} ON threads_draft ({COLUMNS}) WHERE post_id IS NOT NULL",
                    ],
                    f"DROP INDEX CONCURRENTLY IF EXISTS {NAME}",
                )
            ],
            state_operations=[
                migrations.AddConstraint(
                    "draft",
                    models.UniqueConstraint(
                        fields=["post", "member"], condition=models.Q(("post", None), _negated=True), name=NAME
                    ),
                )
            ],
        ),
        AddConstraintNotValid(
            "draft",
            models.CheckConstraint(
                condition=models.Q(
                    models.Q(("based_on", None), ("post", None)),
                    models.Q(("based_on__isnull", False), ("post__isnull", False), ("thread", None)),
                    _connector="OR",
                ),
                name="threads_draft_of_one_thing",
            ),
        ),
        ValidateConstraint("draft", "threads_draft_of_one_thing"),
    ]
