"""The real web and worker processes on the database of the test run: what a test commits they see, and the other way round.

The model behind them plays `SCRIPT`, found by a word in the question, so that tests choose what is answered and how slowly.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from psycopg.conninfo import make_conninfo

from frontdesk.core import engines

POEM = " ".join(f"line{number}" for number in range(1, 61))
SCRIPT = {
    "lines": [
        {"when": "recite", "steps": [{"say": POEM, "pace": 0.02}]},
        {"when": "crawl", "steps": [{"say": POEM, "pace": 0.25}]},
        {"when": "hold on", "steps": [{"say": "One moment"}, {"pause": 600}, {"say": " never said"}]},
        {"when": "ponder", "steps": [{"pause": 600}, {"say": "Never said."}]},
        {"when": "mull", "steps": [{"pause": 2}, {"say": "After some thought."}]},
        {"when": "break off", "steps": [{"say": "I was about"}, {"fail": "ProviderUnavailable", "cause": "The line was cut."}]},
        {"when": "fetch somebody", "steps": [{"call": "hand_over", "arguments": {"reason": "asked for one"}}]},
        {"role": "tool", "steps": [{"say": "Somebody will write to you."}]},
        {"steps": [{"say": "You are welcome."}]},
    ]
}
START_SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what: Callable[[], object], *, failure: Callable[[], str], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, failure()
        time.sleep(0.02)


def environment(folder: Path, **more: str) -> dict[str, str]:
    """That of a process whose model plays the script and which has no other."""
    script = folder / "script.json"
    script.write_text(json.dumps(SCRIPT))
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
    return {**kept, "FRONTDESK_SCRIPTED": "1", "FRONTDESK_SCRIPT": str(script), "PYTHONUNBUFFERED": "1", **more}


class Process:
    """A management command in a process of its own."""

    def __init__(self, name: str, folder: Path, environment: dict[str, str]) -> None:
        self.name = name
        self.environment = environment
        self.log = folder / f"{name}.log"
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", self.name],
                cwd=settings.ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def kill(self) -> None:
        """As the kernel does when memory is short: nothing can be put in order."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)


class Web(Process):
    RECORDS = re.compile(r"^(?=\d{4}-\d\d-\d\d )", re.MULTILINE)
    # What a run says that the test before left behind, when it ends and its tables are empty already.
    LEFT_BEHIND = re.compile(r" ERROR frontdesk\.runs\..*(DoesNotExist|violates foreign key constraint)", re.DOTALL)

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        super().__init__("web", folder, {**environment, "PORT": str(self.port)})

    def start(self) -> None:
        super().start()
        wait_for(self.answers, failure=self.said, seconds=START_SECONDS)

    def errors(self, since: int) -> list[str]:
        """Records of what went wrong, after so many characters of what it said."""
        records = self.RECORDS.split(self.said()[since:])
        return [record for record in records if " ERROR " in record and not self.LEFT_BEHIND.search(record)]

    def answers(self) -> bool:
        assert self.process.poll() is None, self.said()
        request = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            request.request("GET", "/api/health")
            return request.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            request.close()


@pytest.fixture(scope="session")
def process_environment(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """For processes that share the database and the Valkey of this run."""
    database = make_conninfo(engines.database_url(), dbname=connection.settings_dict["NAME"])
    folder = tmp_path_factory.mktemp("script")
    return environment(folder, DATABASE_URL=database, REDIS_URL=engines.redis_url())


@pytest.fixture(scope="session")
def live_web(process_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    web = Web(tmp_path_factory.mktemp("web"), process_environment)
    yield web
    web.stop()


@pytest.fixture
def live_worker(process_environment: dict[str, str], tmp_path: Path, transactional_db: None) -> Iterator[Process]:
    """A worker for this test alone: its sweeper looks after whatever it finds."""
    worker = Process("worker", tmp_path, process_environment)
    yield worker
    worker.stop()
