r"""Search latency, index sizes and recall of the nearest-passage index in one large base.

    FRONTDESK_MEASURE_DATA=<folder with questions/*.json> \
        python tests/benchmarks/retrieval_scale.py --chunks 100000 --sources 1000

Passages are made of real sentences (SQuAD) with their real vectors, dealt out anew, and written by `store.swap`, as the
worker does. Prints times as measured and the processor time of this process, which other work on the machine does not blur.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import threading
import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import django
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "platform"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "frontdesk.config.settings")
TABLES = ("knowledge_chunk", "knowledge_chunkvector", "knowledge_posting", "knowledge_source")
A_PASSAGE = 5


def material() -> tuple[list[tuple[str, str]], list[str]]:
    """Titles with sentences, and questions."""
    from frontdesk.knowledge.sentences import sentences

    path = Path(os.environ["FRONTDESK_MEASURE_DATA"]) / "questions" / "squad11.json"
    read = json.loads(path.read_text(encoding="utf-8"))
    found = [(passage["title"], sentence) for passage in read["passages"] for sentence in sentences(passage["text"])]
    return found, [question["question"] for question in read["questions"]]


async def embed(workspace: Any, stretches: Sequence[tuple[str, str]]) -> np.ndarray:
    from frontdesk.providers import calls

    return await calls.embed(workspace, "", [f"{title}. {text}" for title, text in stretches], kind="document")


def fill(actor: Any, space: Any, stretches: Sequence[tuple[str, str]], rows: np.ndarray, *, chunks: int, sources: int) -> Any:
    from frontdesk.knowledge import actions, store, vectors
    from frontdesk.knowledge.chunking import Piece
    from frontdesk.knowledge.models import Source, StagedVector
    from frontdesk.knowledge.reading.document import Document

    base = actions.create_base(actor, "scale", reranking_enabled=False)
    deal = random.Random(7)
    for number in range(sources):
        source = Source.objects.create(workspace=actor.workspace, base=base, kind="text", name=f"Source {number}")
        fresh, staged = [], []
        for position in range(chunks // sources):
            picked = [deal.randrange(len(stretches)) for _ in range(A_PASSAGE)]
            digest = sha256(f"{number} {position}".encode()).hexdigest()
            fresh.append((Piece(" ".join(stretches[at][1] for at in picked), (stretches[picked[0]][0],)), digest))
            staged.append(StagedVector(source_id=source.pk, digest=digest, model=space.name, windows=vectors.pack(rows[picked])))
        StagedVector.objects.bulk_create(staged)
        store.swap(source, Document(source.name, (), "text/plain"), source.name, fresh, space)
    return base


async def latency(name: str, base: Any, questions: Sequence[str]) -> None:
    from frontdesk.knowledge.retrieval import search

    for question in questions[:20]:
        await search([base], question)
    took: list[float] = []
    parts: dict[str, list[float]] = {}
    processor = time.process_time()
    for question in questions:
        begun = time.perf_counter()
        result = await search([base], question)
        took.append(1000 * (time.perf_counter() - begun))
        for part, lap in result.took.items():
            parts.setdefault(part, []).append(lap)
    processor = 1000 * (time.process_time() - processor) / len(questions)
    laps = "  ".join(f"{part} {np.median(values):.1f}" for part, values in parts.items())
    p50, p95 = np.percentile(took, (50, 95))
    print(f"{name:24s} p50 {p50:.1f} ms  p95 {p95:.1f} ms  own processor time {processor:.1f} ms  (medians: {laps})", flush=True)


def sizes(passages: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute("SELECT pg_table_size(%s), pg_indexes_size(%s)", [table, table])
            heap, indexes = cursor.fetchone()
            each = (heap + indexes) / passages
            row, index = (f"{size / 2**20:.0f} MiB" for size in (heap, indexes))
            print(f"{table:24s} {row:>10s}, indexes {index:>10s}, {each:.0f} B a passage")


def recall(base: Any, vectors_of_questions: np.ndarray) -> None:
    """How many of the truly nearest 10 and 40 directions the index finds."""
    from frontdesk.knowledge import vectors

    found = {10: [], 40: []}
    for vector in vectors_of_questions:
        for depth in found:
            exact = set(vectors.nearest(base.pk, base.indexed_model, vector, limit=depth, indexed=False))
            fast = set(vectors.nearest(base.pk, base.indexed_model, vector, limit=depth, indexed=True))
            found[depth].append(len(exact & fast) / depth)
    print("  ".join(f"index recall@{depth} {np.mean(values):.4f}" for depth, values in found.items()), flush=True)


def deleting(actor: Any, base: Any, bystander: Any, questions: Sequence[str]) -> None:
    """Take the large base away while another one is being searched."""
    from frontdesk.core import jobs
    from frontdesk.core.models import Job
    from frontdesk.core.scoping import scope
    from frontdesk.knowledge import deletion

    def remove() -> None:
        with scope(workspace=actor.workspace):
            deletion.delete_base(actor, base)
            deletion.remove_base(actor, base.uuid)
            jobs.run(Job.objects.filter(kind="knowledge.remove_base").latest("id").pk)

    thread = threading.Thread(target=remove)
    begun = time.perf_counter()
    thread.start()
    asyncio.run(latency("while deleting", bystander, questions))
    thread.join()
    print(f"deleted in {time.perf_counter() - begun:.0f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--sources", type=int, default=1_000)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--keep", action="store_true", help="leave the base there")
    options = parser.parse_args()
    django.setup()
    from frontdesk.core.scoping import scope
    from frontdesk.knowledge import embedding, vectors
    from frontdesk.workspaces.models import Workspace
    from frontdesk.workspaces.permissions import Actor

    workspace, _made = Workspace.objects.get_or_create(slug="measure-scale", defaults={"name": "Scale"})
    actor = Actor.system(workspace)
    stretches, questions = material()
    asked = random.Random(3).sample(questions, options.questions)
    with scope(workspace=workspace):
        space = asyncio.run(embedding.space_of(workspace, ""))
        rows = asyncio.run(embed(workspace, stretches))
        bystander = fill(actor, space, stretches, rows, chunks=1_000, sources=10)
        begun = time.perf_counter()
        base = fill(actor, space, stretches, rows, chunks=options.chunks, sources=options.sources)
        print(
            f"{options.chunks} passages in {options.sources} sources written in {time.perf_counter() - begun:.0f} s", flush=True
        )
        _analyze()
        asyncio.run(latency("compared one by one", base, asked))
        begun = time.perf_counter()
        vectors.create_index(base)
        base.refresh_from_db()
        print(f"index built in {time.perf_counter() - begun:.0f} s", flush=True)
        _analyze()
        sizes(options.chunks)
        asyncio.run(latency("with index", base, asked))
        recall(base, asyncio.run(embed(workspace, [("", question) for question in asked[:100]])))
        if not options.keep:
            deleting(actor, base, bystander, asked)


def _analyze() -> None:
    """What autovacuum would do within a minute."""
    from django.db import connection

    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"VACUUM ANALYZE {table}")


if __name__ == "__main__":
    main()
