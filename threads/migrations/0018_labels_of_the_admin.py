"""The names of columns on the screens of curators and moderators, for translation; no column changes."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("glossary", "0007_labels_of_the_admin"),
        ("threads", "0017_question_without_a_post"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="claim",
            name="by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="claims",
                to=settings.AUTH_USER_MODEL,
                verbose_name="requested by",
            ),
        ),
        migrations.AlterField(
            model_name="claim",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="requested at"),
        ),
        migrations.AlterField(
            model_name="claim",
            name="decided_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="decided at"),
        ),
        migrations.AlterField(
            model_name="claim",
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
            model_name="claim",
            name="granted",
            field=models.BooleanField(blank=True, null=True, verbose_name="granted"),
        ),
        migrations.AlterField(
            model_name="evidence",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="proposed at"),
        ),
        migrations.AlterField(
            model_name="evidence",
            name="decided_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="decided at"),
        ),
        migrations.AlterField(
            model_name="evidence",
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
            model_name="evidence",
            name="is_gone_from_post",
            field=models.BooleanField(default=False, verbose_name="no longer in the post"),
        ),
        migrations.AlterField(
            model_name="evidence",
            name="proposed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="proposed by",
            ),
        ),
        migrations.AlterField(
            model_name="evidence",
            name="sense",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="evidence",
                to="glossary.sense",
                verbose_name="sense",
            ),
        ),
        migrations.AlterField(
            model_name="evidence",
            name="state",
            field=models.CharField(
                choices=[("proposed", "proposed"), ("published", "published"), ("declined", "declined")],
                default="proposed",
                max_length=9,
                verbose_name="state",
            ),
        ),
        migrations.AlterField(
            model_name="evidence",
            name="written_at",
            field=models.DateTimeField(verbose_name="written at"),
        ),
        migrations.AlterField(
            model_name="flag",
            name="by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="flags",
                to=settings.AUTH_USER_MODEL,
                verbose_name="reported by",
            ),
        ),
        migrations.AlterField(
            model_name="flag",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="reported at"),
        ),
        migrations.AlterField(
            model_name="moderationentry",
            name="action",
            field=models.CharField(max_length=40, verbose_name="action"),
        ),
        migrations.AlterField(
            model_name="moderationentry",
            name="by_id",
            field=models.BigIntegerField(null=True, verbose_name="number of the member"),
        ),
        migrations.AlterField(
            model_name="moderationentry",
            name="created_at",
            field=models.DateTimeField(auto_now_add=True, verbose_name="done at"),
        ),
        migrations.AlterField(
            model_name="moderationentry",
            name="reason",
            field=models.CharField(blank=True, max_length=500, verbose_name="reason"),
        ),
        migrations.AlterField(
            model_name="moderationentry",
            name="subject",
            field=models.CharField(db_index=True, max_length=60, verbose_name="subject"),
        ),
        migrations.AlterField(
            model_name="post",
            name="author_location",
            field=models.CharField(blank=True, max_length=120, verbose_name="location"),
        ),
        migrations.AlterField(
            model_name="post",
            name="author_organisation",
            field=models.CharField(blank=True, max_length=120, verbose_name="organisation"),
        ),
        migrations.AlterField(
            model_name="post",
            name="author_role",
            field=models.CharField(blank=True, max_length=120, verbose_name="role"),
        ),
        migrations.AlterField(
            model_name="post",
            name="created_at",
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name="written at"),
        ),
        migrations.AlterField(
            model_name="post",
            name="edited_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="edited at"),
        ),
        migrations.AlterField(
            model_name="post",
            name="shown_as",
            field=models.CharField(
                choices=[
                    ("all", "name, role, organisation and place"),
                    ("no-org", "without organisation"),
                    ("role", "role and country only"),
                    ("withheld", "name withheld"),
                ],
                db_default="all",
                default="all",
                max_length=8,
                verbose_name="what it shows",
            ),
        ),
        migrations.AlterField(
            model_name="post",
            name="source_header",
            field=models.TextField(blank=True, editable=False, verbose_name="as copied"),
        ),
        migrations.AlterField(
            model_name="post",
            name="state",
            field=models.CharField(
                choices=[
                    ("published", "published"),
                    ("withdrawn", "withdrawn by its author"),
                    ("hidden", "hidden by a moderator"),
                ],
                default="published",
                max_length=9,
                verbose_name="state",
            ),
        ),
        migrations.AlterField(
            model_name="post",
            name="state_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="state set at"),
        ),
        migrations.AlterField(
            model_name="post",
            name="state_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="state set by",
            ),
        ),
        migrations.AlterField(
            model_name="post",
            name="state_reason",
            field=models.CharField(blank=True, max_length=500, verbose_name="reason for the state"),
        ),
        migrations.AlterField(
            model_name="tagalias",
            name="slug",
            field=models.SlugField(allow_unicode=True, max_length=60, verbose_name="address"),
        ),
        migrations.AlterField(
            model_name="tagalias",
            name="tag",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="aliases",
                to="threads.tag",
                verbose_name="tag",
            ),
        ),
        migrations.AlterField(
            model_name="thread",
            name="last_posted_at",
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name="last post"),
        ),
        migrations.AlterField(
            model_name="thread",
            name="locked_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="locked at"),
        ),
        migrations.AlterField(
            model_name="thread",
            name="locked_reason",
            field=models.CharField(blank=True, max_length=500, verbose_name="reason for locking"),
        ),
        migrations.AlterField(
            model_name="thread",
            name="pinned_until",
            field=models.DateTimeField(blank=True, null=True, verbose_name="pinned until"),
        ),
        migrations.AlterField(
            model_name="thread",
            name="post_count",
            field=models.PositiveIntegerField(default=0, verbose_name="posts"),
        ),
        migrations.AlterField(
            model_name="thread",
            name="state",
            field=models.CharField(
                choices=[("published", "published"), ("hidden", "hidden by a moderator")],
                default="published",
                max_length=9,
                verbose_name="state",
            ),
        ),
        migrations.AlterField(
            model_name="thread",
            name="state_reason",
            field=models.CharField(blank=True, max_length=500, verbose_name="reason for the state"),
        ),
    ]
