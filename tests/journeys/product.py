"""Frontdesk as an operator runs it, `manage.py up`, with the demo café; and a second web process whose model plays a script."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from django.conf import settings

from tests.bootstrap.launch import Launch, free_port
from tests.ground.live import Web, environment

LINES = [f"line{number}" for number in range(1, 41)]
POEM = " ".join(LINES)
SAGA = " ".join(f"line{number}" for number in range(1, 801))
"""Nobody waits for its end."""
SCRIPT = {
    "lines": [
        {"when": "recite", "steps": [{"say": POEM, "pace": 0.4}]},
        {"when": "crawl", "steps": [{"say": POEM, "pace": 0.7}]},
        {"when": "narrate", "steps": [{"say": SAGA, "pace": 0.5}]},
        {"when": "hold on", "steps": [{"say": "One moment"}, {"pause": 600}, {"say": " never said"}]},
        {"when": "reckon", "steps": [{"call": "calculate", "arguments": {"expression": "3 * 4.20"}}]},
        {"steps": [{"say": "You are welcome."}]},
    ]
}


class Product:
    """A running Frontdesk. `demo` is what `make demo-info` tells."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder = folder
        self.launch = Launch(Path(settings.ROOT), folder / "data", free_port())
        kept = {name: value for name, value in self.launch.environment.items() if not name.endswith("_API_KEY")}
        # Where a test may put a server that Frontdesk reaches though it is on this machine.
        self.neighbour = free_port()
        self.launch.environment = {**kept, "DATABASE_URL": database, "PROVIDER_ALLOWED_HOSTS": f"127.0.0.1:{self.neighbour}"}
        self.url = f"http://127.0.0.1:{self.launch.port}"

    def start(self) -> None:
        self.launch.start(sys.executable, "manage.py", "up")
        self.demo: dict[str, str] = json.loads((self.launch.data / "demo.json").read_text())

    def stop(self) -> None:
        if self.launch.process and self.launch.process.poll() is None:
            self.launch.interrupt()

    def scripted(self) -> Web:
        """A web process beside the others. Only there the scripted model exists: nobody else is answered by it."""
        folder = self.folder / "scripted"
        folder.mkdir(exist_ok=True)
        script = folder / "played.json"
        script.write_text(json.dumps(SCRIPT))
        shared = {name: self.launch.environment[name] for name in ("DATABASE_URL", "FRONTDESK_DATA")}
        return Web(folder, environment(folder, **shared, REDIS_URL="", FRONTDESK_SCRIPT=str(script)))
