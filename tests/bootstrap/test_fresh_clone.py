"""A fresh clone, in a path with a space: two commands to the first answer, and nothing left when it is told to forget."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from frontdesk.core import engines
from frontdesk.core.engines.process import alive

from .launch import Launch, free_port


@pytest.fixture
def clone() -> Iterator[Path]:
    """The tracked files, and the packages of this environment (as links) in the place of a download."""
    root = Path(settings.ROOT)
    (root / ".data").mkdir(mode=0o711, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="fresh clone ", dir=root / ".data"))
    folder.chmod(0o755)
    tracked = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z"], cwd=root, capture_output=True, check=True)
    for name in filter(None, os.fsdecode(tracked.stdout).split("\0")):
        if (root / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, folder / name)
    shutil.copytree(sys.prefix, folder / ".venv", symlinks=True, copy_function=os.link)
    for recipe in (folder / ".venv").glob("recipe-*"):
        recipe.unlink()
    yield folder
    engines.clean(folder / ".data")
    shutil.rmtree(folder)


@pytest.fixture
def launch(clone: Path) -> Iterator[Launch]:
    launch = Launch(clone, clone / ".data", free_port())
    del launch.environment["FRONTDESK_DATA"]
    launch.environment |= {"UV_OFFLINE": "1", "PIP_NO_INDEX": "1"}
    yield launch
    if launch.process and launch.process.poll() is None:
        launch.interrupt()


def ask(demo: dict[str, str]) -> str:
    body = {"agent_id": demo["agent_id"], "message": {"content": demo["sample_question"]}}
    headers = {"Content-Type": "application/json", "Accept": "application/json", "Authorization": f"Api-Key {demo['api_key']}"}
    request = urllib.request.Request(f"{demo['base_url']}/api/v1/ai/chat", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)["text"]


@pytest.mark.slow
def test_from_clone_to_answer_and_back_to_nothing(launch: Launch) -> None:
    first = launch.start("make", "run")

    demo = json.loads(launch.run("make", "-s", "demo-info").stdout)
    assert demo["base_url"] == f"http://127.0.0.1:{launch.port}"
    assert demo["email"] in launch.said()
    assert demo["sample_answer_contains"] in ask(demo)

    family = launch.family()
    assert launch.interrupt() == -signal.SIGINT  # as make always ends then
    assert "Stopped." in launch.said()
    assert not any(alive(process) for process in family)

    second = launch.start("make", "run")
    print(f"first start {first:.1f} s, second start {second:.1f} s")
    assert "Loading the demo" not in launch.said()
    assert demo["sample_answer_contains"] in ask(demo)

    assert "Stopped PostgreSQL" in launch.run("make", "stop").stdout
    assert launch.process.wait(10) == 0
    assert f"Removed {launch.data}." in launch.run("make", "clean-data").stdout
    assert not launch.data.exists()
