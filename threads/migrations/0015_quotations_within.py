"""A post may be quoted within another quotation: the kinds of references are read beside the work."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("threads", "0014_quotations"),
    ]

    operations = [
        ValidateConstraint("reference", "threads_reference_kind_known"),
    ]
