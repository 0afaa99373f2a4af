from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("threads", "0010_posts_by_who_speaks"),
    ]

    operations = [
        migrations.AddField(
            model_name="image",
            name="dropped_at",
            field=models.DateTimeField(null=True),
        ),
    ]
