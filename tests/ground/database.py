"""The embedded engines, and a database that is left as it was found.

Tests that commit (`django_db(transaction=True)`) are cleaned up after by deleting what they added: quicker than Django's flush,
which would also take the rows that migrations made, such as Wagtail's root page.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import psycopg
import pytest
from asgiref.sync import SyncToAsync
from django.apps import apps
from django.conf import settings
from django.db import connection, connections
from django.test import TransactionTestCase

from frontdesk.core import engines

KEPT = "kept_by_tests"
UNTOUCHED = {"django_migrations"}


@pytest.fixture(scope="session")
def engines_up() -> None:
    """PostgreSQL and Valkey answer, and the folder for static files is there."""
    engines.ensure()
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture(scope="session")
def migrated_template(engines_up: None) -> str:
    """Name of a database with all migrations applied, which need not exist yet. Another set of migrations has another name."""
    digest = hashlib.sha256()
    for app in apps.get_app_configs():
        for file in sorted(Path(app.path).glob("migrations/*.py")):
            digest.update(file.read_bytes())
    return f"migrated_{digest.hexdigest()[:16]}"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(migrated_template: str, django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Copying a migrated database takes a second, applying all migrations half a minute. Each run has a database of its own."""
    tests = connection.settings_dict["TEST"]
    tests["NAME"] = f"{tests['NAME']}_{os.getpid()}"
    with _maintenance() as cursor:
        _drop_left_behind(cursor)
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [migrated_template])
        if cursor.fetchone():
            tests["TEMPLATE"] = migrated_template


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, migrated_template: str, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """Remember the rows that migrations made, and put clean-up in the place of flush."""
    if not connection.settings_dict["TEST"].get("TEMPLATE"):
        _keep_as_template(migrated_template)
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


def _keep_as_template(name: str) -> None:
    """Copy the fresh test database under this name. Another process may have been quicker, and old copies go."""
    connection.close()
    connection.close_pool()
    source = connection.settings_dict["NAME"]
    with _maintenance() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'migrated\\_%%' AND datname <> %s", [name])
        for (old,) in cursor.fetchall():
            cursor.execute(f'DROP DATABASE IF EXISTS "{old}"')
        with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation, psycopg.errors.ObjectInUse):
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')


def _drop_left_behind(cursor: psycopg.Cursor) -> None:
    """Databases of runs that were killed."""
    cursor.execute(r"SELECT datname FROM pg_database WHERE datname ~ '^test_.*_\d+$'")
    for (name,) in cursor.fetchall():
        if not psutil.pid_exists(int(name.rpartition("_")[2])):
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def _maintenance() -> Iterator[psycopg.Cursor]:
    with psycopg.connect(engines.database_url(), dbname="postgres", autocommit=True) as maintenance:
        yield maintenance.cursor()


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
