from django.db import migrations, models
import django.db.models.deletion


class Migration(migrations.Migration):
    """A question stays when its word was edited out of all posts, and is shown to nobody then."""

    dependencies = [("threads", "0016_toldword")]

    operations = [
        migrations.AlterField(
            "meaningrequest",
            "post",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="meaning_requests",
                to="threads.post",
            ),
        ),
    ]
