"""A database that is left as it was found.

Tests that commit (`django_db(transaction=True)`) are cleaned up after by deleting what they added: quicker than Django's flush,
which would also take the rows that migrations made, such as Wagtail's root page.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from asgiref.sync import SyncToAsync
from django.db import connection, connections
from django.test import TransactionTestCase

from .migrated import drop_left_behind, maintenance

KEPT = "kept_by_tests"
UNTOUCHED = {"django_migrations"}


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
        cursor.execute(f"DROP SCHEMA IF EXISTS {KEPT} CASCADE; CREATE SCHEMA {KEPT}")
        for table in _filled(cursor):
            cursor.execute(f'CREATE TABLE {KEPT}."{table}" AS TABLE public."{table}"')
    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: restore())
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


def restore() -> None:
    """Make every table what it was after the migrations."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        kept = set(_tables(cursor, KEPT))
        for table in _filled(cursor):
            cursor.execute(f'DELETE FROM public."{table}"')  # noqa: S608
        for table in kept:
            cursor.execute(f'INSERT INTO public."{table}" OVERRIDING SYSTEM VALUE SELECT * FROM {KEPT}."{table}"')  # noqa: S608
        cursor.execute("SET session_replication_role = origin")


def _filled(cursor: object) -> list[str]:
    tables = [table for table in _tables(cursor, "public") if table not in UNTOUCHED]
    cursor.execute(" UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM public.\"{table}\")" for table in tables))
    return [row[0] for row in cursor.fetchall()]


def _tables(cursor: object, schema: str) -> list[str]:
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY 1", [schema])
    return [row[0] for row in cursor.fetchall()]


WAITS_FOR_US = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"


def somebody_waits_for_us() -> bool:
    """Whether another session waits for what the transaction of this thread holds."""
    with connection.cursor() as cursor:
        cursor.execute(WAITS_FOR_US)
        return bool(cursor.fetchone()[0])
