"""Vectors of passages: packing, nearest passages of a base, and the exact score of candidates.

docs/decisions/0005-passages-as-vectors.md says why a passage has one searchable direction and packed int8 windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson
from django.conf import settings
from django.db import connection
from numpy.typing import NDArray
from psycopg.sql import quote

from .fetching import fetch
from .models import ChunkVector, KnowledgeBase

Vectors = NDArray[np.float32]

# Up to here all passages of a base are compared; above it gets an index of its own (`jobs.index_base`).
INDEX_FROM = 20_000
EF_SEARCH = 70
# pgvector's limit for an index over half-precision vectors.
MAX_INDEXED_DIMENSIONS = 4_000


def pack(windows: Vectors) -> bytes:
    """Unit rows (n, d) → n rows of d int8 numbers; each row uses the whole range, so only its direction is kept."""
    largest = np.maximum(np.abs(windows).max(axis=1, keepdims=True), 1e-9)
    return np.rint(windows * (127.0 / largest)).astype(np.int8).tobytes()


def unpack(packed: bytes, dimensions: int) -> Vectors:
    """The unit rows again, to within 1 %."""
    rows = np.frombuffer(packed, np.int8).reshape(-1, dimensions).astype(np.float32)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def direction(windows: Vectors) -> Vectors:
    """One unit vector for a whole passage: the mean of its windows."""
    mean = windows.mean(axis=0)
    return mean / max(float(np.linalg.norm(mean)), 1e-9)


def best_windows(packed: Sequence[bytes], query: Vectors) -> Vectors:
    """For each passage the cosine of its best window to the query."""
    if not packed:
        return np.empty(0, np.float32)
    lengths = np.array([len(windows) // query.size for windows in packed])
    rows = np.frombuffer(b"".join(packed), np.int8).reshape(-1, query.size).astype(np.float32)
    cosines = rows @ query / np.maximum(np.sqrt(np.einsum("nd,nd->n", rows, rows)), 1e-9)
    return np.maximum.reduceat(cosines, np.concatenate(([0], np.cumsum(lengths)[:-1])))


def as_text(vector: Vectors) -> str:
    """A vector as PostgreSQL reads it."""
    return orjson.dumps(np.ascontiguousarray(vector), option=orjson.OPT_SERIALIZE_NUMPY).decode()


def nearest_statement(base_id: int, model: str, query: Vectors, *, limit: int, indexed: bool) -> tuple[str, list[Any]]:
    """SQL, and its values, for `chunk_id` and `distance` of the passages of one base whose direction is nearest to the query's.

    With `indexed` the base's own index answers, which misses few; otherwise all passages are compared.
    """
    cast = f"halfvec({query.size})"
    ordered = f"ORDER BY distance LIMIT {int(limit)}"
    if not indexed:
        return (
            f"SELECT chunk_id, (embedding::{cast} <=> %s::{cast}) + 0 AS distance FROM knowledge_chunkvector"  # noqa: S608
            f" WHERE base_id = %s AND model = %s {ordered}",
            [as_text(query), base_id, model],
        )
    # Base and model are written out, or a plan that is kept could not use the base's own index.
    return (
        f"SELECT chunk_id, embedding::{cast} <=> %s::{cast} AS distance FROM knowledge_chunkvector"  # noqa: S608
        f" WHERE base_id = {int(base_id)} AND model = {quote(model)}"
        # For this statement alone, before its first row is looked for: a condition without columns is tested once.
        f" AND (SELECT set_config('hnsw.ef_search', '{max(EF_SEARCH, limit)}', true)) IS NOT NULL {ordered}",
        [as_text(query)],
    )


def nearest(base_id: int, model: str, query: Vectors, *, limit: int, indexed: bool) -> list[int]:
    """Ids of the nearest passages, best first."""
    statement, values = nearest_statement(base_id, model, query, limit=limit, indexed=indexed)
    return [row[0] for row in fetch(statement, values)]


def index_name(base: KnowledgeBase) -> str:
    return f"knowledge_hnsw_{base.pk}"


def create_index(base: KnowledgeBase) -> None:
    """An HNSW index over the vectors of one base and its newest model, built without stopping writers."""
    newest = ChunkVector.objects.filter(base_id=base.pk).order_by("-chunk_id").values_list("model", "dimensions").first()
    if newest is None or newest[1] > MAX_INDEXED_DIMENSIONS:
        return
    model, dimensions = newest
    drop_index(base)
    with connection.cursor() as cursor:
        literal = cursor.connection.cursor().mogrify("%s", [model])
        # A graph that does not fit is built many times slower.
        cursor.execute(f"SET maintenance_work_mem = '{settings.KNOWLEDGE_INDEX_MIB}MB'")
        try:
            cursor.execute(
                f"CREATE INDEX CONCURRENTLY {index_name(base)} ON knowledge_chunkvector"
                f" USING hnsw ((embedding::halfvec({dimensions})) halfvec_cosine_ops) WITH (m = 16, ef_construction = 160)"
                f" WHERE base_id = {base.pk} AND model = {literal}"
            )
        finally:
            cursor.execute("RESET maintenance_work_mem")
    KnowledgeBase.objects.filter(pk=base.pk).update(indexed_model=model)


def drop_index(base: KnowledgeBase) -> None:
    KnowledgeBase.objects.filter(pk=base.pk).update(indexed_model="")
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {index_name(base)}")


def indexes() -> list[str]:
    """Names of all bases' own indexes."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname FROM pg_indexes WHERE indexname LIKE 'knowledge\\_hnsw\\_%%' ORDER BY 1")
        return [row[0] for row in cursor.fetchall()]
