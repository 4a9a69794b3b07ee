"""Windows are random-looking bytes that do not compress, and are read for candidates only: outside the row, as they are."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0001_initial")]
    operations = [
        migrations.RunSQL(
            [
                "ALTER TABLE knowledge_chunkvector ALTER COLUMN windows SET STORAGE EXTERNAL",
                "ALTER TABLE knowledge_stagedvector ALTER COLUMN windows SET STORAGE EXTERNAL",
            ],
            [
                "ALTER TABLE knowledge_chunkvector ALTER COLUMN windows SET STORAGE EXTENDED",
                "ALTER TABLE knowledge_stagedvector ALTER COLUMN windows SET STORAGE EXTENDED",
            ],
        )
    ]
