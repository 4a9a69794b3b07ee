"""Rows for a search: in binary, by statements that PostgreSQL plans once a connection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from django.db import connection

from frontdesk.workspaces.models import Workspace

from .models import KnowledgeBase

# What a search needs of a base.
SEARCHED = {
    "id", "embedding_type", "indexed_model", "retrieval_method", "sparse_weightage", "reranking_enabled", "top_k",
    "top_k_after_reranking", "passage_total", "word_total", "languages",
}  # fmt: skip
# As `from_db` wants them: in the order of the model.
_COLUMNS = [field.attname for field in KnowledgeBase._meta.concrete_fields if field.attname in SEARCHED]
# The row's own place and writer: another pair after each change. A transaction that writes sees what nobody else will see
# if it is taken back.
_VERSION = "CASE WHEN pg_current_xact_id_if_assigned() IS NULL THEN format('%%s %%s', xmin, ctid) ELSE '' END"


def fetch(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows of a statement. Django's own cursors put the values into its text, which is planned anew each time, and read
    bytes as text, at twice the size.
    """
    connection.ensure_connection()
    with psycopg.Cursor(connection.connection) as cursor:
        return cursor.execute(statement, values, binary=True).fetchall()


def array(numbers: Iterable[int]) -> str:
    """Whole numbers as PostgreSQL reads an array of them. Given a list, psycopg would look at the size of each in Python."""
    return "{" + ",".join(map(str, numbers)) + "}"


def current(of: Sequence[KnowledgeBase], workspace: Workspace) -> list[KnowledgeBase]:
    """These bases as they are now, with what a search needs of them; without those that were deleted or are another workspace's.

    In SQL, because every search begins with it: the ORM takes a millisecond to write this statement.
    """
    statement = (
        f"SELECT {_VERSION}, {', '.join(_COLUMNS)} FROM knowledge_knowledgebase"  # noqa: S608
        " WHERE id = ANY(%s::bigint[]) AND workspace_id = %s::bigint AND deleted_at IS NULL"
    )
    rows = fetch(statement, [array(base.pk for base in of), workspace.pk])
    found: dict[int, KnowledgeBase] = {}
    for version, *row in rows:
        base = KnowledgeBase.from_db(connection.alias, _COLUMNS, row)
        base.version = version
        found[base.pk] = base
    return [found[base.pk] for base in of if base.pk in found]
