r"""How fast sources are learned, next to the bare embedding model on the same stretches of text in the same run.

    FRONTDESK_MEASURE_DATA=<folder with questions/*.json> python tests/benchmarks/ingest.py --passages 400

One long text is learned by the real job; then the model alone embeds what that job sent it. Alternates, adds up all rounds of
each, and prints wall time and this process's processor time, which other work on the machine blurs less.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import django

sys.path.insert(0, str(Path(__file__).parents[2] / "platform"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "frontdesk.config.settings")


def material(passages: int) -> str:
    path = Path(os.environ["FRONTDESK_MEASURE_DATA"]) / "questions" / "squad11.json"
    read = json.loads(path.read_text(encoding="utf-8"))
    return "\n\n".join(passage["text"] for passage in read["passages"][:passages])


def pipeline(actor: Any, base: Any, text: str) -> tuple[float, float, int]:
    """Wall and processor seconds, passages."""
    from frontdesk.core import jobs
    from frontdesk.knowledge import actions

    source = actions.add_text(actor, base, "Everything", text)
    wall, processor = time.perf_counter(), time.process_time()
    jobs.run(source.job_id)
    took = time.perf_counter() - wall, time.process_time() - processor
    source.refresh_from_db()
    return (*took, source.chunk_count)


def bare(workspace: Any, title: str, texts: list[str]) -> tuple[float, float, int]:
    """Wall and processor seconds, stretches."""
    from frontdesk.knowledge.sentences import windows
    from frontdesk.providers import calls

    stretches = [stretch for text in texts for stretch in windows(title, text)]
    wall, processor = time.perf_counter(), time.process_time()
    asyncio.run(calls.embed(workspace, "", stretches, kind="document"))
    return time.perf_counter() - wall, time.process_time() - processor, len(stretches)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--passages", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    django.setup()
    from frontdesk.core.scoping import scope
    from frontdesk.knowledge import actions, deletion
    from frontdesk.knowledge.models import Chunk
    from frontdesk.workspaces.models import Workspace
    from frontdesk.workspaces.permissions import Actor

    workspace, _made = Workspace.objects.get_or_create(slug="measure-ingest", defaults={"name": "Ingest"})
    actor, text = Actor.system(workspace), material(options.passages)
    ours, theirs = [], []
    with scope(workspace=workspace):
        bare(workspace, "", ["The model is loaded."])
        for _round in range(options.rounds):
            base = actions.create_base(actor, "ingest", chunk_size=192)
            ours.append(pipeline(actor, base, text))
            texts = list(Chunk.objects.filter(base=base).values_list("text", flat=True))
            theirs.append(bare(workspace, "Everything", texts))
            deletion.delete_base(actor, base)
    passages, stretches = ours[0][2], theirs[0][2]
    print(f"{len(text)} characters, {passages} passages, {stretches} stretches embedded")
    for at, clock in enumerate(("wall time", "processor time")):
        us, them = (sum(row[at] for row in rows) / options.rounds for rows in (ours, theirs))
        rates = f"pipeline {passages / us:.1f} passages/s, embedder alone {passages / them:.1f}"
        print(f"{clock:15s} {rates}: {100 * them / us:.0f} % of its rate")


if __name__ == "__main__":
    main()
