"""What was deleted can be brought back; problems are codes that are said in the reader's language.

What was deleted before was promised to be gone, so it goes. Problems whose code says all are translated from now on; others
keep the sentence that they have.
"""

from django.db import migrations, models

BIN = models.Q(("deleted_at__isnull", False), ("removing", False))
FORWARD = """
UPDATE knowledge_knowledgebase SET removing = true WHERE deleted_at IS NOT NULL;
UPDATE knowledge_source SET removing = true WHERE deleted_at IS NOT NULL;
UPDATE knowledge_source SET problem_parameters = jsonb_build_object('sentence', problem)
    WHERE problem <> '' AND problem_code NOT IN ('password', 'corrupt', 'empty', 'no_text', 'too_large', 'too_many_pages',
        'timeout', 'memory', 'cancelled', 'INTERRUPTED', 'ERROR');
"""
BACKWARD = """
UPDATE knowledge_source SET problem = left(coalesce(problem_parameters->>'sentence', problem_code), 500);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("agents", "0002_initial"),
        ("core", "0003_initial"),
        ("knowledge", "0003_postings_in_the_index"),
        ("workspaces", "0001_initial"),
    ]
    operations = [
        *(
            migrations.AddField(model, name, field)
            for model in ("knowledgebase", "source")
            for name, field in (
                ("deleted_by", models.CharField(blank=True, editable=False, max_length=200)),
                ("removing", models.BooleanField(default=False, editable=False)),
            )
        ),
        migrations.AddField("source", "problem_parameters", models.JSONField(blank=True, default=dict, editable=False)),
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.RemoveField("source", "problem"),
        *(
            migrations.AddIndex(model, models.Index(fields=fields, name=f"{model}_{name}", condition=BIN))
            for model in ("knowledgebase", "source")
            for name, fields in (("expires", ["deleted_at"]), ("bin", ["workspace", "deleted_at"]))
        ),
    ]
