"""The embedded engines, and a database that is left as it was found.

Tests that commit (`django_db(transaction=True)`) are cleaned up after by deleting what they added: quicker than Django's flush,
which would also take the rows that migrations made, such as Wagtail's root page.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import TransactionTestCase

KEPT = "kept_by_tests"
UNTOUCHED = {"django_migrations"}


@pytest.fixture(scope="session")
def engines_up() -> None:
    """PostgreSQL and Valkey answer."""
    from frontdesk.core import engines

    engines.ensure()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(engines_up: None, django_db_modify_db_settings_parallel_suffix: None) -> None:
    """pytest-django asks this before it makes the test database."""


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


@pytest.fixture(autouse=True)
def clean_valkey(request: pytest.FixtureRequest) -> None:
    """Rate limits, caches and marks of an earlier test are gone."""
    if {"db", "transactional_db"} & set(request.fixturenames) or request.node.get_closest_marker("django_db"):
        request.getfixturevalue("engines_up")
        from frontdesk.core.valkey import client

        client().flushdb()


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
