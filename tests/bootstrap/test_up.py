"""`manage.py up` and its companions: web and worker together, brought back after a kill, ended in good order."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from frontdesk.core import engines
from frontdesk.core.engines.folder import claim
from frontdesk.core.engines.postgres import Postgres
from frontdesk.core.engines.process import alive
from frontdesk.core.engines.valkey import Valkey
from tests.ground.migrated import fill

from .launch import Launch, free_port, wait_for

UP = (sys.executable, "manage.py", "up", "--no-demo")


@pytest.fixture(scope="module")
def folder(migrated: bytes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Path]]:
    """Makes data folders as an earlier start left them: `test_fresh_clone` has `up` begin with nothing, which takes longest."""
    made: list[Path] = []

    def make() -> Path:
        made.append(claim(tmp_path_factory.mktemp("up") / "data"))
        postgres = Postgres(made[-1])
        postgres.start()
        fill(postgres.url, migrated)
        postgres.stop()
        return made[-1]

    yield make
    for each in made:
        engines.clean(each)


@pytest.fixture(scope="module")
def running(folder: Callable[[], Path]) -> Iterator[Launch]:
    """An `up` that tests share, so they leave it running."""
    launch = Launch(Path(settings.ROOT), folder(), free_port())
    launch.start(*UP)
    yield launch
    launch.interrupt()


@pytest.fixture(scope="module")
def data(folder: Callable[[], Path]) -> Path:
    """The data folder of the others."""
    return folder()


@pytest.fixture
def ending(data: Path) -> Iterator[Launch]:
    """An `up` of this test's own, to be ended by it."""
    launch = Launch(Path(settings.ROOT), data, free_port())
    launch.start(*UP)
    yield launch
    if launch.process.poll() is None:
        launch.interrupt()


@pytest.mark.parametrize("name", ["web", "worker", "engines"])
def test_killed_child_comes_back_and_is_not_silent(running: Launch, name: str) -> None:
    victim = running.child(name)

    victim.kill()
    wait_for(lambda: f"The {name} process ended by itself (SIGKILL)" in running.said(), failure="nobody noticed")
    wait_for(lambda: len(running.family()) == 4, failure="it did not come back")

    assert running.health() == 200
    assert victim.pid not in [process.pid for process in running.family()]


def test_engines_of_others_are_not_watched(running: Launch, public_folder: Path) -> None:
    other = Launch(running.checkout, public_folder / "data", free_port())
    other.environment |= {"DATABASE_URL": Postgres(running.data).url, "REDIS_URL": Valkey(running.data).url}

    other.start(*UP)
    names = {process.name() for process in psutil.Process(other.process.pid).children()}
    other.interrupt()

    assert names == {"desk-web", "desk-worker"}


def test_second_up_on_the_same_data_is_refused(running: Launch) -> None:
    second = running.manage("up", "--no-demo")

    assert second.returncode == 1
    assert f"already running at http://127.0.0.1:{running.port}" in second.stderr


def test_port_in_use_is_a_sentence(running: Launch, public_folder: Path) -> None:
    other = Launch(running.checkout, public_folder / "data", running.port)

    refused = other.manage("up", "--no-demo")
    engines.clean(other.data)

    assert refused.returncode == 1
    assert f"Port {running.port} on 127.0.0.1 cannot be used" in refused.stderr


def test_demo_info_is_one_json_object_with_the_address_that_runs(running: Launch) -> None:
    kept = {"email": "owner@example.com", "base_url": "http://old", "telegram_webhook_path": "/hooks/hook_x"}
    (running.data / "demo.json").write_text(json.dumps(kept))

    told = running.manage("demo_info")
    (running.data / "demo.json").unlink()

    base_url = f"http://127.0.0.1:{running.port}"
    wanted = {"email": "owner@example.com", "base_url": base_url, "telegram_webhook_url": f"{base_url}/hooks/hook_x"}
    assert json.loads(told.stdout) == wanted


def test_demo_info_without_a_demo_is_a_sentence(tmp_path: Path) -> None:
    without = Launch(Path(settings.ROOT), tmp_path / "data", free_port()).manage("demo_info")

    assert (without.returncode, without.stdout) == (1, "")
    assert "There is no demo here yet" in without.stderr


def test_ctrl_c_leaves_nothing_behind(ending: Launch) -> None:
    family = ending.family()
    assert len(family) == 4
    assert ending.health() == 200

    assert ending.interrupt() == 0

    assert not any(alive(process) for process in family)
    assert "Stopped." in ending.said()
    assert "Traceback" not in ending.said()


def test_children_of_a_killed_parent_leave(ending: Launch) -> None:
    family = ending.family()

    ending.process.kill()
    ending.process.wait()

    wait_for(lambda: not any(alive(process) for process in family), failure="children outlived their parent")


def test_stop_ends_web_worker_and_engines(ending: Launch) -> None:
    family = ending.family()

    stopped = ending.manage("stop")

    assert [line.split(" (")[0] for line in stopped.stdout.splitlines()] == [
        "Stopped web and worker",
        "Stopped Valkey",
        "Stopped PostgreSQL",
    ]
    assert ending.process.wait(10) == 0
    assert not any(alive(process) for process in family)
