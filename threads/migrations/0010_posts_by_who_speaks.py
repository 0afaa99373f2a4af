"""Posts by role, sector, size of the organisation and country of who wrote them. Built beside the work: posts are many."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

INDEXES = {
    "threads_post_of_role": "author_role_family",
    "threads_post_of_sector": "author_sector",
    "threads_post_of_size": "author_organisation_size",
    "threads_post_of_country": "author_country",
}


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("threads", "0009_one_post_for_a_mail"),
    ]

    operations = [
        AddIndexConcurrently(
            "post",
            models.Index(
                column,
                "thread",
                condition=models.Q(("state", "published"), models.Q((column, ""), _negated=True)),
                name=name,
            ),
        )
        for name, column in INDEXES.items()
    ]
