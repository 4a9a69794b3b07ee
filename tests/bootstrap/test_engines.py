"""The embedded PostgreSQL and Valkey: started once, found again, brought back after a kill, stopped and forgotten."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from frontdesk.core import engines
from frontdesk.core.engines import process
from frontdesk.core.engines.postgres import Postgres
from frontdesk.core.engines.valkey import Valkey


def pids(home: Path) -> list[int]:
    files = (Postgres(home).pid_file, Valkey(home).pid_file)
    return [int(file.read_text().split("\n", 1)[0]) for file in files]


def kill(pid: int) -> None:
    process.end(psutil.Process(pid), signal.SIGKILL, seconds=10)


def keep(word: str) -> None:
    with psycopg.connect(engines.database_url()) as database:
        database.execute("create table if not exists kept (word text)")
        database.execute("insert into kept values (%s)", [word])
    redis.Redis.from_url(engines.redis_url()).set("kept", word)


def kept() -> tuple[str, str]:
    with psycopg.connect(engines.database_url()) as database:
        row = database.execute("select word from kept").fetchone()
    return row[0], redis.Redis.from_url(engines.redis_url()).get("kept").decode()


def test_start_once_and_stop(home: Path) -> None:
    assert [engine.answers for engine in engines.status()] == [False, False]

    engines.ensure()
    first = pids(home)
    engines.ensure()

    assert pids(home) == first
    assert [engine.answers for engine in engines.status()] == [True, True]
    said = engines.stop()
    assert [sentence.split(" (")[0] for sentence in said] == ["Stopped Valkey", "Stopped PostgreSQL"]
    assert not any(psutil.pid_exists(pid) and process.alive(psutil.Process(pid)) for pid in first)
    assert engines.stop() == ["Valkey was not running.", "PostgreSQL was not running."]


def test_what_the_product_needs_of_postgresql(home: Path) -> None:
    engines.ensure()

    with psycopg.connect(engines.database_url(), autocommit=True) as database:
        for extension in ("vector", "pg_trgm", "unaccent"):
            database.execute(f"create extension {extension}")
        assert database.execute("select '[1,0]'::vector <=> '[0,1]'").fetchone() == (1.0,)
        assert database.execute("select similarity('مرحبا', 'مرحب') > 0.5, lower('ÄÉ')").fetchone() == (True, "äé")
        settings = dict(database.execute("select name, setting from pg_settings").fetchall())
    assert (settings["max_connections"], settings["jit"], settings["fsync"]) == ("200", "off", "on")
    assert settings["listen_addresses"] == ""


def test_profile_for_tests_trades_durability_for_speed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTDESK_ENGINES_PROFILE", "test")
    engines.ensure()

    with psycopg.connect(engines.database_url()) as database:
        assert database.execute("select current_setting('fsync')").fetchone() == ("off",)
    assert redis.Redis.from_url(engines.redis_url(), decode_responses=True).config_get("appendonly") == {"appendonly": "no"}


def test_unknown_profile_is_refused_with_a_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTDESK_ENGINES_PROFILE", "tests")

    with pytest.raises(engines.EngineError, match="must be durable"):
        engines.ensure()


def test_killed_engines_come_back_with_their_data(home: Path) -> None:
    engines.ensure()
    keep("before the kill")
    before = pids(home)

    for pid in before:
        kill(pid)
    engines.ensure()

    assert kept() == ("before the kill", "before the kill")
    assert not set(before) & set(pids(home))


def test_pid_files_of_strangers_are_not_believed(home: Path) -> None:
    engines.ensure()
    keep("before the reboot")
    files = (Postgres(home).pid_file, Valkey(home).pid_file)
    as_after_a_power_cut = [file.read_text() for file in files]
    engines.stop()
    stranger = subprocess.Popen(["sleep", "60"])
    for file, content in zip(files, as_after_a_power_cut, strict=True):
        file.write_text(f"{stranger.pid}\n" + content.partition("\n")[2])

    engines.ensure()

    assert kept() == ("before the reboot", "before the reboot")
    engines.stop()
    assert stranger.poll() is None, "stop() ended a process that was not an engine"
    stranger.kill()
    stranger.wait()


@pytest.mark.parametrize("home", ["deep " * 30], indirect=True)
def test_paths_too_long_for_a_socket(home: Path) -> None:
    engines.ensure()

    keep("far down")
    assert kept() == ("far down", "far down")


@pytest.mark.parametrize("home", ["private/data"], indirect=True)
def test_private_parent_folders(home: Path) -> None:
    home.parent.mkdir(mode=0o700)
    engines.ensure()

    keep("behind a door")
    assert kept() == ("behind a door", "behind a door")
    removed = engines.clean()
    assert f"Removed {home}." in removed
    assert not Postgres(home).home.exists()


def test_many_processes_at_once_start_one_of_each(home: Path) -> None:
    program = "from frontdesk.core import engines; engines.ensure(); print(engines.status()[0].answers)"
    environment = {**os.environ, "PYTHONPATH": str(Path(engines.__file__).parents[3])}

    starters = [subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE) for _ in range(4)]

    assert [starter.communicate(timeout=60)[0].strip() for starter in starters] == [b"True"] * 4
    running = [found.pid for found in psutil.process_iter(["cmdline"]) if str(home) in " ".join(found.info["cmdline"] or [])]
    assert sorted(running) == sorted(pids(home))


def test_servers_of_your_own_are_used_and_left_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody@db.example/frontdesk")
    monkeypatch.setenv("REDIS_URL", "redis://cache.example/0")

    engines.ensure()

    assert engines.database_url() == "postgresql://somebody@db.example/frontdesk"
    assert engines.redis_url() == "redis://cache.example/0"
    assert [(engine.embedded, engine.answers) for engine in engines.status()] == [(False, None), (False, None)]
    assert not home.exists()


def test_only_folders_of_ours_are_removed(home: Path) -> None:
    home.mkdir()
    (home / "holiday.jpg").touch()
    engines.local_secret("key")

    with pytest.raises(engines.EngineError, match="was not made by Frontdesk"):
        engines.clean()

    assert (home / "holiday.jpg").exists()
    (home / ".frontdesk-data").touch()


def test_local_secret_is_made_once_and_kept_from_others(home: Path) -> None:
    secret = engines.local_secret("key")

    assert len(secret) >= 50
    assert engines.local_secret("key") == secret
    assert engines.local_secret("another") != secret
    assert (home / "secrets/key").stat().st_mode & 0o777 == 0o600


def test_a_killed_server_with_a_connected_backend(home: Path) -> None:
    """The backend of a killed postmaster holds its shared memory until it notices; a start meanwhile has to wait for it."""
    engines.ensure()
    with psycopg.connect(engines.database_url(), autocommit=True) as busy:
        os.kill(pids(home)[0], signal.SIGKILL)
        engines.ensure()
        with pytest.raises(psycopg.OperationalError):
            busy.execute("select 1")
    with psycopg.connect(engines.database_url()) as database:
        assert database.execute("select 1").fetchone() == (1,)
