"""A whole Frontdesk of these tests' own, as `manage.py up` runs it, with engines of its own: anything in it may be killed."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings

from frontdesk.core.engines import process
from frontdesk.core.engines.folder import claim
from frontdesk.core.engines.postgres import Postgres
from frontdesk.core.engines.valkey import Valkey
from tests.bootstrap.launch import Launch
from tests.ground.live import environment, free_port, wait_for
from tests.ground.migrated import fill


class House:
    """`postgres` and `valkey` are its engines, `agent`, `widget` and `key` what a client needs."""

    def __init__(self, folder: Path, migrated: bytes) -> None:
        self.launch = Launch(Path(settings.ROOT), folder / "data", free_port())
        self.launch.environment |= environment(folder) | {
            "FRONTDESK_DATA": str(folder / "data"),
            "DJANGO_SETTINGS_MODULE": "frontdesk.config.settings",
            "PYTHONPATH": "platform",
            "FRONTDESK_ENGINES_PROFILE": "",
            "DATABASE_URL": "",
            "REDIS_URL": "",
        }
        self.url = f"http://127.0.0.1:{self.launch.port}"
        self.postgres, self.valkey = Postgres(folder / "data"), Valkey(folder / "data")
        self.start(self.postgres)
        self.start(self.valkey)
        fill(self.postgres.url, migrated)
        known = self._seed()
        self.agent, self.widget, self.key = known["agent"], known["widget"], known["key"]
        self.launch.start(sys.executable, "manage.py", "up", "--no-demo")

    def _seed(self) -> dict[str, str]:
        done = self.launch.run(sys.executable, "-m", "tests.faults.seed")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def start(self, engine: Postgres | Valkey) -> None:
        """With the settings of real use: those of tests lose what was committed last when the engine is killed."""
        claim(self.launch.data)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("FRONTDESK_ENGINES_PROFILE", "")
            engine.start()
        if self.launch.process:
            self.launch.child("engines").resume()

    def kill_engine(self, engine: Postgres | Valkey) -> None:
        """For good: who would start it again is held until `start`. Its children, which notice a moment later and could begin to
        answer a question until then, are gone, too."""
        self.launch.child("engines").suspend()
        victim = engine.running()
        victims = [victim, *victim.children()]
        victim.kill()
        wait_for(lambda: not any(map(process.alive, victims)), failure=lambda: f"{engine.name} survived")

    def kill(self, name: str) -> None:
        """SIGKILL; the leases of a process that is gone run out at once, for nobody should wait for that."""
        victim = self.launch.child(name)
        victim.kill()
        wait_for(lambda: not process.alive(victim), failure=lambda: f"{name} survived")
        self.execute("UPDATE runs_run SET lease_until = now() WHERE state = 'running' AND owner LIKE %s", f"%:{victim.pid}:%")
        if name == "worker":
            self.execute("UPDATE core_job SET lease_until = now() WHERE state = 'running'")

    def wait_for_web(self) -> None:
        wait_for(self._web_answers, failure=self.launch.said)

    def _web_answers(self) -> bool:
        try:
            return self.launch.health() == 200
        except OSError:
            return False

    def execute(self, sql: str, *values: Any) -> None:
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            connection.execute(sql, values)

    def row(self, sql: str, *values: Any) -> tuple[Any, ...]:
        with psycopg.connect(self.postgres.url) as connection:
            found = connection.execute(sql, values).fetchone()
        assert found is not None, sql
        return found

    def assert_books_balance(self) -> None:
        """The balance is the sum of the ledger, and what was held was settled."""
        balance, total = self.row(
            "SELECT (SELECT sum(balance) FROM billing_creditaccount), (SELECT sum(amount) FROM billing_ledgerentry)"
        )
        assert balance == total
        assert self.row(
            "SELECT count(*) FILTER (WHERE kind = 'hold') - count(*) FILTER (WHERE kind = 'settle') FROM billing_ledgerentry"
        ) == (0,)
        assert self.row("SELECT count(*) FROM runs_run WHERE state IN ('queued', 'running')") == (0,)

    def close(self) -> None:
        if self.launch.process.poll() is None:
            self.launch.interrupt()
