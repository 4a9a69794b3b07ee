"""A fresh clone, in a path with a space, of an account without rights: two commands to the first answer, two of them at once,
and nothing left when they are told to forget."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from frontdesk.core import engines
from frontdesk.core.engines.folder import open_to_others
from frontdesk.core.engines.process import alive

from .launch import Launch, free_port

NOBODY = pwd.getpwnam("nobody") if os.getuid() == 0 else None  # whoever is not root has no rights to give away
MADE_BY_VENV = shutil.ignore_patterns("python*", "activate*", "Activate.ps1")  # they have paths in them


@pytest.fixture
def python(public_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The interpreter below this environment, where every account can run it; root's own may be in its home."""
    program = Path(os.path.realpath(sys.executable))
    if open_to_others(program):
        return program
    without = shutil.ignore_patterns("site-packages", "test", "share")
    shutil.copytree(sys.base_prefix, public_folder / "python", symlinks=True, copy_function=link, ignore=without)
    monkeypatch.setenv("LD_LIBRARY_PATH", str(public_folder / "python/lib"))  # of an interpreter that is a shared library
    return public_folder / "python" / program.relative_to(sys.base_prefix)


@pytest.fixture
def clone(public_folder: Path, python: Path) -> Iterator[Path]:
    """The tracked files, and the packages of this environment (as links, where that can be) in the place of a download."""
    root, folder = Path(settings.ROOT), public_folder / "fresh clone"
    tracked = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z"], cwd=root, capture_output=True, check=True)
    for name in filter(None, os.fsdecode(tracked.stdout).split("\0")):
        if (root / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, folder / name)
    give(folder)
    for part, leave in (("bin", MADE_BY_VENV), ("lib", None)):
        shutil.copytree(Path(sys.prefix) / part, folder / ".venv" / part, symlinks=True, copy_function=link, ignore=leave)
    subprocess.run([python, "-m", "venv", "--without-pip", folder / ".venv"], check=True)
    give(folder / ".venv", files=False)  # a link has the owner of its original
    yield folder
    for data in (".data", "other data"):
        engines.clean(folder / data)


def link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another disk
        shutil.copy2(source, target)


def give(folder: Path, *, files: bool = True) -> None:
    """Make it the account's own."""
    if NOBODY:
        for place, _folders, names in os.walk(folder):
            for path in (Path(place), *(Path(place) / name for name in names if files)):
                os.chown(path, NOBODY.pw_uid, NOBODY.pw_gid, follow_symlinks=False)


def launched(clone: Path, data: Path) -> Iterator[Launch]:
    launch = Launch(clone, data, free_port(), NOBODY)
    launch.environment |= {"UV_OFFLINE": "1", "PIP_NO_INDEX": "1"} | ({"HOME": NOBODY.pw_dir} if NOBODY else {})
    yield launch
    if launch.process and launch.process.poll() is None:
        launch.interrupt()


@pytest.fixture
def launch(clone: Path) -> Iterator[Launch]:
    for launch in launched(clone, clone / ".data"):
        del launch.environment["FRONTDESK_DATA"]
        yield launch


@pytest.fixture
def other(clone: Path) -> Iterator[Launch]:
    yield from launched(clone, clone / "other data")


def told(launch: Launch) -> dict[str, str]:
    return json.loads(launch.run("make", "-s", "demo-info").stdout)


def ask(demo: dict[str, str]) -> str:
    body = {"agent_id": demo["agent_id"], "message": {"content": demo["sample_question"]}}
    headers = {"Content-Type": "application/json", "Accept": "application/json", "Authorization": f"Api-Key {demo['api_key']}"}
    request = urllib.request.Request(f"{demo['base_url']}/api/v1/ai/chat", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["text"]


def accounts(launch: Launch) -> set[int]:
    """Whose the processes are, those of PostgreSQL and Valkey included."""
    found = set()
    engines_too = (each for each in psutil.process_iter(["cmdline"]) if str(launch.data) in " ".join(each.info["cmdline"] or []))
    for process in (*launch.family(), *engines_too):
        with suppress(psutil.NoSuchProcess):
            found.add(process.uids().effective)
    return found


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_from_clone_to_answer_and_back_to_nothing(launch: Launch, other: Launch) -> None:
    first = launch.start("make", "run")

    demo = told(launch)
    assert demo["base_url"] == f"http://127.0.0.1:{launch.port}"
    assert demo["email"] in launch.said()
    assert demo["sample_answer_contains"] in ask(demo)
    assert accounts(launch) == {NOBODY.pw_uid if NOBODY else os.getuid()}

    family = launch.family()
    assert launch.interrupt() == -signal.SIGINT  # as make always ends then
    assert "Stopped." in launch.said()
    assert not any(alive(process) for process in family)

    engines.stop(launch.data)
    subprocess.run(["cp", "-a", launch.data, other.data], check=True)
    for each in (launch, other):
        each.begin("make", "run")
    for each in (launch, other):
        each.wait()
        assert "Loading the demo" not in each.said()
        assert demo["sample_answer_contains"] in ask(demo | {"base_url": f"http://127.0.0.1:{each.port}"})
    assert told(other)["base_url"] == f"http://127.0.0.1:{other.port}"
    print(f"first start {first:.1f} s")

    assert "Stopped PostgreSQL" in launch.run("make", "stop").stdout
    assert launch.process.wait(10) == 0
    assert other.health() == 200, "the other one goes on"
    assert f"Removed {launch.data}." in launch.run("make", "clean-data").stdout
    assert not launch.data.exists()
