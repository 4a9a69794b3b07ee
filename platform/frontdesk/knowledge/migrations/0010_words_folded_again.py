"""Words of scripts with vowel marks or digits of their own are counted otherwise now: such sources are counted again, in the
background. What they mean is not learned again.
"""

from typing import Any

from django.db import migrations

LANGUAGES = ["", "am", "ar", "bn", "fa", "gu", "he", "hi", "km", "lo", "my", "ta", "te", "th"]
STEP = 1_000


def count_again(apps: Any, _schema: Any) -> None:
    """The jobs that `knowledge.jobs.start_indexing` would write."""
    job = apps.get_model("core", "Job")
    sources = apps.get_model("knowledge", "Source").objects.filter(state="ready", language__in=LANGUAGES, chunk_count__gt=0)
    rows = (
        job(kind="knowledge.index_source", workspace_id=workspace, key=f"{pk}:folded", arguments={"source_id": pk})
        for pk, workspace in sources.order_by("pk").values_list("pk", "workspace").iterator(STEP)
    )
    job.objects.bulk_create(rows, batch_size=STEP)


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0009_findings"), ("core", "0004_periodic")]

    operations = [migrations.RunPython(count_again, migrations.RunPython.noop)]
