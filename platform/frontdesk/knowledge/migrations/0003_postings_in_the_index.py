"""Searches read postings from the primary key's index alone: its pages hold all sources of a term side by side."""

from django.db import migrations, models

FORWARD = """
ALTER TABLE knowledge_posting ADD COLUMN block smallint NOT NULL DEFAULT 0 CHECK (block >= 0);
ALTER TABLE knowledge_posting ALTER COLUMN block DROP DEFAULT;
ALTER TABLE knowledge_posting DROP CONSTRAINT knowledge_posting_pkey;
INSERT INTO knowledge_posting (base_id, term, source_id, block, entries)
    SELECT base_id, term, source_id, number, substring(entries FROM number * 2048 + 1 FOR 2048)
    FROM knowledge_posting, generate_series(1, (octet_length(entries) - 1) / 2048) AS number;
UPDATE knowledge_posting SET entries = substring(entries FROM 1 FOR 2048) WHERE octet_length(entries) > 2048;
ALTER TABLE knowledge_posting ADD PRIMARY KEY (base_id, term, source_id, block) INCLUDE (entries);
"""
BACKWARD = """
DELETE FROM knowledge_posting WHERE block > 0;
ALTER TABLE knowledge_posting DROP COLUMN block;
ALTER TABLE knowledge_posting ADD PRIMARY KEY (base_id, term, source_id);
"""


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0002_windows_storage")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(FORWARD, BACKWARD)],
            state_operations=[
                migrations.DeleteModel("Posting"),
                migrations.CreateModel(
                    "Posting",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "base_id", "term", "source_id", "block", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("base_id", models.BigIntegerField()),
                        ("term", models.BigIntegerField()),
                        ("source_id", models.BigIntegerField(db_index=True)),
                        ("block", models.PositiveSmallIntegerField()),
                        ("entries", models.BinaryField()),
                    ],
                ),
            ],
        )
    ]
