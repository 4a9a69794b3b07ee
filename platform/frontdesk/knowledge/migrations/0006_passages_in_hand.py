from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0005_connected_places")]

    operations = [
        migrations.AddField(
            model_name="chunk",
            name="original",
            field=models.TextField(blank=True, db_default="", default="", editable=False),
        ),
        migrations.AddField(
            model_name="knowledgebase",
            name="batch_from",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="knowledgebase",
            name="paused",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddField(
            model_name="source",
            name="excluded",
            field=models.BooleanField(db_default=False, default=False, verbose_name="left out of answers"),
        ),
    ]
