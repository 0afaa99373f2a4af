"""The names of columns on the screens of curators and moderators, for translation; no column changes."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("glossary", "0006_sense_was_retired"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="comparison",
            name="changed_at",
            field=models.DateTimeField(auto_now=True, verbose_name="changed at"),
        ),
        migrations.AlterField(
            model_name="comparison",
            name="published_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="published at"),
        ),
        migrations.AlterField(
            model_name="comparison",
            name="sense_a",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="glossary.sense",
                verbose_name="sense of the first",
            ),
        ),
        migrations.AlterField(
            model_name="comparison",
            name="sense_b",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="glossary.sense",
                verbose_name="sense of the second",
            ),
        ),
        migrations.AlterField(
            model_name="sense",
            name="published_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="published at"),
        ),
        migrations.AlterField(
            model_name="spelling",
            name="kind",
            field=models.CharField(
                choices=[("own", "the term itself"), ("plural", "plural"), ("variant", "variant")],
                default="variant",
                max_length=7,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="suggestion",
            name="by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="suggestions",
                to=settings.AUTH_USER_MODEL,
                verbose_name="suggested by",
            ),
        ),
        migrations.AlterField(
            model_name="suggestion",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="suggested at"),
        ),
        migrations.AlterField(
            model_name="suggestion",
            name="decided_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="decided at"),
        ),
        migrations.AlterField(
            model_name="suggestion",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="decided by",
            ),
        ),
        migrations.AlterField(
            model_name="suggestion",
            name="state",
            field=models.CharField(
                choices=[("open", "waiting"), ("accepted", "taken up"), ("declined", "not taken up")],
                default="open",
                max_length=8,
                verbose_name="state",
            ),
        ),
        migrations.AlterField(
            model_name="termsense",
            name="sense",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="namings",
                to="glossary.sense",
                verbose_name="sense",
            ),
        ),
    ]
