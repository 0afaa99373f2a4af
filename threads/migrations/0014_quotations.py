"""What a post is found by without its quotations, and whose words these hold. Empty columns: nothing is read for them."""

import django.contrib.postgres.search
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

KINDS = [("quote", "quotes"), ("within", "quotes what it quotes"), ("number", "names its number")]


class Migration(migrations.Migration):
    dependencies = [
        ("threads", "0013_one_draft_of_an_edit"),
    ]

    operations = [
        migrations.AddField(
            model_name="post",
            name="own_search",
            field=django.contrib.postgres.search.SearchVectorField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="reference",
            name="stands_in",
            field=models.JSONField(null=True),
        ),
        migrations.AlterField(
            model_name="reference",
            name="kind",
            field=models.CharField(choices=KINDS, max_length=6),
        ),
        migrations.RemoveConstraint("reference", "threads_reference_kind_known"),
        AddConstraintNotValid(
            "reference",
            models.CheckConstraint(
                condition=models.Q(("kind__in", [kind for kind, _words in KINDS])), name="threads_reference_kind_known"
            ),
        ),
    ]
