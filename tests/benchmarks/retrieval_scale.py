r"""Search latency, index sizes and recall in large bases and among many small ones.

    export FRONTDESK_MEASURE_DATA=<folder with questions/*.json>
    python tests/benchmarks/retrieval_scale.py build 100000         # a base of so many passages, and its index
    python tests/benchmarks/retrieval_scale.py small 10000          # so many bases of five passages each
    python tests/benchmarks/retrieval_scale.py search 100000 [--rounds 3] [--recall]
    python tests/benchmarks/retrieval_scale.py delete 100000        # while another base is searched and written

Passages are made of real sentences (SQuAD) with their real vectors, dealt out anew, and written by `store.swap`, as the
worker does. Prints times as measured, and the processor time of this process and of PostgreSQL, which other work on the
machine blurs less. Bases stay in the database of FRONTDESK_DATA until they are deleted.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import random
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import django
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "platform"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "frontdesk.config.settings")
os.environ["PGAPPNAME"] = f"retrieval-scale-{os.getpid()}"
TABLES = ("knowledge_chunk", "knowledge_chunkvector", "knowledge_posting", "knowledge_source")
A_PASSAGE = 5
A_SOURCE = 100
SMALL = 5


@dataclass
class Material:
    """Titles with sentences, a vector for each, and questions."""

    actor: Any
    space: Any
    stretches: list[tuple[str, str]]
    rows: np.ndarray
    questions: list[str]


def material(actor: Any, *, vectors_too: bool) -> Material:
    from frontdesk.knowledge import embedding
    from frontdesk.knowledge.sentences import sentences

    path = Path(os.environ["FRONTDESK_MEASURE_DATA"]) / "questions" / "squad11.json"
    read = json.loads(path.read_text(encoding="utf-8"))
    found = [(passage["title"], sentence) for passage in read["passages"] for sentence in sentences(passage["text"])]
    questions = [question["question"] for question in read["questions"]]
    space = asyncio.run(embedding.space_of(actor.workspace, ""))
    rows = _embedded(actor.workspace, found) if vectors_too else np.empty((0, 0), np.float32)
    return Material(actor, space, found, rows, random.Random(3).sample(questions, len(questions)))


def _embedded(workspace: Any, stretches: Sequence[tuple[str, str]]) -> np.ndarray:
    """The vectors of the sentences, made once a data folder."""
    kept = Path(os.environ["FRONTDESK_DATA"]) / "retrieval_scale.npy"
    if not kept.exists():
        np.save(kept, asyncio.run(embed(workspace, stretches)))
    return np.load(kept)


async def embed(workspace: Any, stretches: Sequence[tuple[str, str]]) -> np.ndarray:
    from frontdesk.providers import calls

    return await calls.embed(workspace, "", [f"{title}. {text}" for title, text in stretches], kind="document")


def fill(given: Material, name: str, *, chunks: int, a_source: int = A_SOURCE, seed: int = 7) -> Any:
    """A base of so many passages."""
    from frontdesk.knowledge import actions

    base = actions.create_base(given.actor, name, reranking_enabled=False)
    deal = random.Random(seed)
    begun, processor = time.perf_counter(), time.process_time()
    for number in range(chunks // a_source):
        write_source(given, base, deal, f"Source {number}", a_source)
        if (done := (number + 1) * a_source) % 10_000 == 0:
            now, spent = time.perf_counter(), time.process_time()
            print(f"  {done} passages: {10_000 / (now - begun):.0f}/s, own {100 * (spent - processor):.1f} µs each", flush=True)
            begun, processor = now, spent
    return base


def write_source(given: Material, base: Any, deal: random.Random, name: str, passages: int) -> None:
    from frontdesk.knowledge import store, vectors
    from frontdesk.knowledge.chunking import Piece
    from frontdesk.knowledge.models import Source, StagedVector
    from frontdesk.knowledge.reading.document import Document

    source = Source.objects.create(workspace=given.actor.workspace, base=base, kind="text", name=name)
    fresh, staged = [], []
    for position in range(passages):
        picked = [deal.randrange(len(given.stretches)) for _ in range(A_PASSAGE)]
        digest = sha256(f"{name} {position}".encode()).hexdigest()
        fresh.append((Piece(" ".join(given.stretches[at][1] for at in picked), (given.stretches[picked[0]][0],)), digest))
        windows = vectors.pack(given.rows[picked])
        staged.append(StagedVector(source_id=source.pk, digest=digest, model=given.space.name, windows=windows))
    StagedVector.objects.bulk_create(staged)
    store.swap(source, Document(source.name, (), "text/plain"), source.name, fresh, given.space)


def database_seconds() -> float:
    """Processor time that PostgreSQL has spent for this process."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s", [os.environ["PGAPPNAME"]])
        processes = [row[0] for row in cursor.fetchall()]
    fields = [Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split() for process in processes]
    return sum(int(field[11]) + int(field[12]) for field in fields) / os.sysconf("SC_CLK_TCK")


async def latency(name: str, bases: Sequence[Any], questions: Sequence[str]) -> None:
    """Ask each question once; of several bases each in turn."""
    from frontdesk.core.threads import in_thread
    from frontdesk.knowledge.retrieval import search

    for question, base in zip(questions[-20:], bases[-20:] * 20, strict=False):
        await search([base], question)
    # As the web process does before it serves (`ops.management.web`).
    gc.collect()
    gc.freeze()
    took: list[float] = []
    database, processor = await in_thread(database_seconds), time.process_time()
    for number, question in enumerate(questions):
        begun = time.perf_counter()
        await search([bases[number % len(bases)]], question)
        took.append(1000 * (time.perf_counter() - begun))
    own = 1000 * (time.process_time() - processor) / len(questions)
    theirs = 1000 * (await in_thread(database_seconds) - database) / len(questions)
    p50, p95, best = np.percentile(took, (50, 95, 10))
    load = os.getloadavg()[0]
    print(
        f"{name:20s} p50 {p50:.1f} ms  p95 {p95:.1f} ms  best tenth {best:.1f} ms"
        f"  own processor time {own:.2f} ms, PostgreSQL's {theirs:.2f} ms  load {load:.1f}",
        flush=True,
    )


def sizes() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM knowledge_chunk")
        passages = cursor.fetchone()[0]
        for table in TABLES:
            cursor.execute("SELECT pg_table_size(%s), pg_indexes_size(%s)", [table, table])
            row, index = cursor.fetchone()
            each = (row + index) / passages
            print(f"{table:24s} {row / 2**20:.0f} MiB, indexes {index / 2**20:.0f} MiB, {each:.0f} B a passage")
        indexes = "SELECT relname, pg_relation_size(oid) FROM pg_class WHERE relkind = 'i' AND relname LIKE 'knowledge_%'"
        cursor.execute(f"{indexes} ORDER BY 2 DESC")
        for name, size in cursor.fetchmany(12):
            print(f"    {name:40s} {size / 2**20:.0f} MiB")


def recall(base: Any, vectors_of_questions: np.ndarray) -> None:
    """How many of the truly nearest 10 and 40 directions the index finds."""
    from frontdesk.knowledge import vectors

    found: dict[int, list[float]] = {10: [], 40: []}
    for vector in vectors_of_questions:
        for depth in found:
            exact = set(vectors.nearest(base.pk, base.indexed_model, vector, limit=depth, indexed=False))
            fast = set(vectors.nearest(base.pk, base.indexed_model, vector, limit=depth, indexed=True))
            found[depth].append(len(exact & fast) / depth)
    print("  ".join(f"index recall@{depth} {np.mean(values):.4f}" for depth, values in found.items()), flush=True)


def named(name: str) -> Any:
    from frontdesk.knowledge.models import KnowledgeBase

    return KnowledgeBase.objects.filter(name=name, deleted_at=None).latest("id")


def build(given: Material, options: argparse.Namespace) -> None:
    from frontdesk.knowledge import vectors

    begun = time.perf_counter()
    base = fill(given, f"scale {options.number}", chunks=options.number)
    print(f"{options.number} passages written in {time.perf_counter() - begun:.0f} s", flush=True)
    if options.number > vectors.INDEX_FROM:
        begun = time.perf_counter()
        vectors.create_index(base)
        print(f"index built in {time.perf_counter() - begun:.0f} s, load {os.getloadavg()[0]:.1f}", flush=True)
    analyze()
    sizes()


def small(given: Material, options: argparse.Namespace) -> None:
    """Bases of five passages each, dealt out of the base of ten thousand. In SQL: as the worker does it each takes 40 ms."""
    from django.db import connection, transaction

    from frontdesk.knowledge.models import Chunk

    begun = time.perf_counter()
    large = named("scale 10000")
    chunks = list(Chunk.objects.filter(base=large).order_by("id").values_list("id", "text", "headings", "language"))
    words = large.word_total * SMALL // len(chunks)
    base = _copied("knowledge_knowledgebase", name="'small ' || n", passage_total=str(SMALL), word_total=str(words))
    source = _copied("knowledge_source", name="'Source'", base_id="b.id", chunk_count=str(SMALL), word_total=str(words))
    chunk = _copied("knowledge_chunk", base_id="s.base_id", source_id="s.id", position="t.id % 5")
    sources = "knowledge_source s JOIN knowledge_knowledgebase b ON b.id = s.base_id AND b.name LIKE 'small %%'"
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{base} knowledge_knowledgebase t, generate_series(1, {options.number}) n WHERE t.id = {large.pk}")
        cursor.execute(
            f"{source} knowledge_source t, knowledge_knowledgebase b WHERE b.name LIKE 'small %%' AND"
            f" t.id = (SELECT min(id) FROM knowledge_source WHERE base_id = {large.pk})"
        )
        cursor.execute(
            f"WITH s AS (SELECT s.id, s.base_id, row_number() OVER (ORDER BY s.id) - 1 AS at FROM {sources}),"
            f" p AS (SELECT *, (row_number() OVER (ORDER BY id) - 1) / {SMALL} AS at"
            f" FROM knowledge_chunk WHERE base_id = {large.pk})"
            f" {chunk} s JOIN p t ON t.at = s.at % {len(chunks) // SMALL}"
        )
        cursor.execute(
            "INSERT INTO knowledge_chunkvector (chunk_id, base_id, source_id, model, dimensions, embedding, windows)"
            " SELECT c.id, c.base_id, c.source_id, v.model, v.dimensions, v.embedding, v.windows FROM knowledge_chunk c"
            f" JOIN knowledge_chunk o ON o.digest = c.digest AND o.base_id = {large.pk}"
            " JOIN knowledge_chunkvector v ON v.chunk_id = o.id"
            " JOIN knowledge_knowledgebase b ON b.id = c.base_id AND b.name LIKE 'small %%'"
        )
        _postings_of_small(cursor, chunks)
    print(f"{options.number} bases written in {time.perf_counter() - begun:.0f} s", flush=True)
    analyze()
    sizes()


def _copied(table: str, **values: str) -> str:
    """INSERT … SELECT of rows like those called t, with other values in some columns."""
    from django.db import connection

    with connection.cursor() as cursor:
        columns = [column.name for column in connection.introspection.get_table_description(cursor, table) if column.name != "id"]
    values = {"uuid": "gen_random_uuid()", **values}
    chosen = ", ".join(values.get(column, f"t.{column}") for column in columns)
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT {chosen} FROM"  # noqa: S608


def _postings_of_small(cursor: Any, chunks: Sequence[tuple[Any, ...]]) -> None:
    from collections import Counter

    from frontdesk.knowledge.lexical import postings
    from frontdesk.knowledge.lexical.terms import terms

    counted = {text: Counter(terms(f"{' '.join(headings)}\n{text}", language)) for _id, text, headings, language in chunks}
    cursor.execute(
        "SELECT c.base_id, c.source_id, array_agg(c.id ORDER BY c.id), array_agg(c.text ORDER BY c.id) FROM knowledge_chunk c"
        " JOIN knowledge_knowledgebase b ON b.id = c.base_id AND b.name LIKE 'small %%' GROUP BY 1, 2 ORDER BY 1"
    )
    sources = cursor.fetchall()
    with cursor.copy("COPY knowledge_posting (base_id, term, source_id, block, entries) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["int8", "int8", "int8", "int2", "bytea"])
        for base_id, source_id, ids, texts in sources:
            for term, block, entries in postings.pack([(key, counted[text]) for key, text in zip(ids, texts, strict=True)]):
                copy.write_row((base_id, term, source_id, block, entries))


def search(given: Material, options: argparse.Namespace) -> None:
    from frontdesk.knowledge.models import KnowledgeBase

    if options.small:
        bases = list(KnowledgeBase.objects.filter(name__startswith="small ", deleted_at=None).order_by("?")[: options.questions])
    else:
        bases = [named(f"scale {options.number}")]
    for number in range(options.rounds):
        asyncio.run(latency(f"round {number + 1}", bases, given.questions[: options.questions]))
    if options.recall:
        recall(bases[0], asyncio.run(embed(given.actor.workspace, [("", question) for question in given.questions[:100]])))


def delete(given: Material, options: argparse.Namespace) -> None:
    """Take a large base away while another one is searched and written."""
    bystander = fill(given, "bystander", chunks=1_000, a_source=10)
    asked = given.questions[: options.questions]
    asyncio.run(latency("before", [bystander], asked))
    _writing(given, bystander, "before", lambda: False)
    base = named(f"scale {options.number}")
    thread = threading.Thread(target=_remove, args=(given, base))
    begun = time.perf_counter()
    thread.start()
    searching = threading.Thread(target=_searching, args=(given, bystander, asked, thread.is_alive))
    searching.start()
    _writing(given, bystander, "while deleting", thread.is_alive)
    thread.join()
    print(f"deleted in {time.perf_counter() - begun:.0f} s")
    searching.join()


def _searching(given: Material, base: Any, asked: Sequence[str], going: Callable[[], bool]) -> None:
    from frontdesk.core.scoping import scope

    with scope(workspace=given.actor.workspace):
        while going():
            asyncio.run(latency("while deleting", [base], asked))


def _writing(given: Material, base: Any, name: str, going: Callable[[], bool]) -> None:
    """Sources of ten passages, at least thirty of them."""
    took: list[float] = []
    while len(took) < 30 or going():
        begun = time.perf_counter()
        write_source(given, base, random.Random(len(took)), f"{name} {len(took)}", 10)
        took.append(1000 * (time.perf_counter() - begun))
    p50, p95 = np.percentile(took, (50, 95))
    print(f"{name:20s} writing 10 passages: p50 {p50:.0f} ms  p95 {p95:.0f} ms  longest {max(took):.0f} ms", flush=True)


def _remove(given: Material, base: Any) -> None:
    from frontdesk.core import jobs
    from frontdesk.core.models import Job
    from frontdesk.core.scoping import scope
    from frontdesk.knowledge import deletion

    with scope(workspace=given.actor.workspace):
        deletion.delete_base(given.actor, base)
        deletion.remove_base(given.actor, base.uuid)
        jobs.run(Job.objects.filter(kind="knowledge.remove_base").latest("id").pk)


def analyze() -> None:
    """What autovacuum would do within a minute."""
    from django.db import connection

    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"VACUUM ANALYZE {table}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["build", "small", "search", "delete"])
    parser.add_argument("number", type=int)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--small", action="store_true", help="search so many small bases in turn")
    parser.add_argument("--recall", action="store_true", help="compare the index with comparing one by one")
    options = parser.parse_args()
    django.setup()
    from frontdesk.core.scoping import scope
    from frontdesk.workspaces.models import Workspace
    from frontdesk.workspaces.permissions import Actor

    workspace, _made = Workspace.objects.get_or_create(slug="measure-scale", defaults={"name": "Scale"})
    with scope(workspace=workspace):
        given = material(Actor.system(workspace), vectors_too=options.what in {"build", "delete"})
        {"build": build, "small": small, "search": search, "delete": delete}[options.what](given, options)


if __name__ == "__main__":
    main()
