from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tools", "0003_agreed"),
    ]

    operations = [
        migrations.AlterField(
            model_name="approval",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "Waiting for you"),
                    ("approved", "Allowed"),
                    ("refused", "Not allowed"),
                    ("expired", "Nobody decided in time"),
                    ("withdrawn", "A person answered instead"),
                ],
                default="waiting",
                max_length=10,
            ),
        ),
    ]
