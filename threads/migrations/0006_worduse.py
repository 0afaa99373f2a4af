"""How much words are used and read, and why evidence was published or declined."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("threads", "0005_reading")]

    operations = [
        migrations.CreateModel(
            name="WordUse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("undefined", "of an acronym that is no term, where its discussion does not spell it out"),
                            ("term", "of a term"),
                            ("open", "of a term in discussions where nothing says which of its senses is meant"),
                        ],
                        max_length=9,
                    ),
                ),
                ("key", models.CharField(max_length=240)),
                ("text", models.CharField(max_length=130)),
                ("posts", models.PositiveIntegerField()),
                ("threads", models.PositiveIntegerField()),
                ("readers", models.PositiveIntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.F("kind"),
                        models.OrderBy(models.F("readers"), descending=True),
                        models.OrderBy(models.F("posts"), descending=True),
                        models.F("key"),
                        name="threads_worduse_most_read",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "key"), name="threads_worduse_once"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["undefined", "term", "open"])),
                        name="threads_worduse_kind_known",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="evidence",
            name="reason",
            field=models.CharField(blank=True, default="", max_length=500, verbose_name="reason"),
            preserve_default=False,
        ),
    ]
