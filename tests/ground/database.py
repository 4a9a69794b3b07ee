"""A database that is left as it was found.

Tests that commit (`django_db(transaction=True)`) are cleaned up after by deleting what they added: quicker than Django's flush,
which would also take the rows that migrations made, such as Wagtail's root page.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from asgiref.sync import SyncToAsync
from django.db import OperationalError, connection, connections, transaction
from django.test import TransactionTestCase
from psycopg.errors import DeadlockDetected, LockNotAvailable

from .migrated import drop_left_behind, maintenance

KEPT = "kept_by_tests"
UNTOUCHED = {"django_migrations"}
# No foreign keys, and a wait for a lock that is much shorter than the second after which PostgreSQL looks for deadlocks.
FOR_CLEANING = ["SET LOCAL session_replication_role = replica", "SET LOCAL lock_timeout = '200ms'"]
PATIENCE_SECONDS = 60


@pytest.fixture(scope="session")
def django_db_modify_db_settings(migrated_template: str, django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Each run has a database of its own, a copy of the migrated one."""
    tests = connection.settings_dict["TEST"]
    tests |= {"NAME": f"{tests['NAME']}_{os.getpid()}", "TEMPLATE": migrated_template}
    with maintenance() as cursor:
        drop_left_behind(cursor)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """Remember the rows that migrations made, and put clean-up in the place of flush."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        migrated = Rows(cursor)
    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: migrated.restore())
    yield
    patch.undo()
    # Django's asynchronous queries run in a thread of asgiref's, which keeps its session and would keep the database.
    SyncToAsync.single_thread_executor.submit(connections.close_all).result()


@pytest.fixture(autouse=True)
def clean_valkey(request: pytest.FixtureRequest) -> None:
    """Rate limits, caches and marks of an earlier test are gone."""
    if {"db", "transactional_db"} & set(request.fixturenames) or request.node.get_closest_marker("django_db"):
        request.getfixturevalue("engines_up")
        from frontdesk.core import heartbeat
        from frontdesk.core.valkey import client

        for pattern in ("limit:*", "cache:*", heartbeat.KEY):
            for key in client().scan_iter(pattern):
                client().delete(key)


class Rows:
    """The rows that there are now, to have them, and no others, again."""

    def __init__(self, cursor: Any) -> None:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        self.tables = {table for (table,) in cursor.fetchall()} - UNTOUCHED
        self.kept = set(_read(cursor, [_filled(table) for table in self.tables]))
        cursor.execute(f"DROP SCHEMA IF EXISTS {KEPT} CASCADE; CREATE SCHEMA {KEPT}")
        for table in self.kept:
            cursor.execute(f'CREATE TABLE {KEPT}."{table}" AS TABLE public."{table}"')
        self.marks = _read(cursor, map(_mark, self.kept))

    def restore(self) -> None:
        """Touch only the tables that a test touched. A server that still works for that test (a live web process with a run) has
        its way: who waits for it too long lets go and begins anew, before PostgreSQL ends one of the two for a deadlock."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return self._restore()
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable | DeadlockDetected) or time.monotonic() > deadline:
                    raise

    def _restore(self) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            marks = _read(cursor, [_mark(table) if table in self.kept else _filled(table) for table in self.tables])
            touched = [table for table, mark in marks.items() if self.marks.get(table) != mark]
            again = self.kept.intersection(touched)
            deleted = [f'DELETE FROM public."{table}"' for table in touched]  # noqa: S608
            filled = [f'INSERT INTO public."{table}" OVERRIDING SYSTEM VALUE TABLE {KEPT}."{table}"' for table in again]
            cursor.execute("; ".join([*FOR_CLEANING, *deleted, *filled]))
            self.marks |= _read(cursor, map(_mark, again))


def _filled(table: str) -> str:
    """SQL that names the table if it has a row."""
    return f"SELECT '{table}', '' WHERE EXISTS (TABLE public.\"{table}\")"


def _mark(table: str) -> str:
    """SQL that names the table and what becomes another once a row is added (by a later transaction), changed or deleted."""
    return f"SELECT '{table}', concat_ws(' ', count(*), sum(xmin::text::bigint)) FROM public.\"{table}\""  # noqa: S608


def _read(cursor: Any, parts: Iterable[str]) -> dict[str, str]:
    statement = " UNION ALL ".join(parts)
    if not statement:
        return {}
    cursor.execute(statement)
    return dict(cursor.fetchall())


WAITS_FOR_US = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"


def somebody_waits_for_us() -> bool:
    """Whether another session waits for what the transaction of this thread holds."""
    with connection.cursor() as cursor:
        cursor.execute(WAITS_FOR_US)
        return bool(cursor.fetchone()[0])
