"""Time and number of queries of the Studio's pages in a workspace with 50 agents, 10,000 conversations and 100,000 passages
in 5,000 sources.

    FRONTDESK_DATA=/tmp/studio-benchmark python tests/benchmarks/studio.py

The data folder is made and filled at the first run (about two minutes) and used again by the next; `manage.py clean_data`
forgets it. A page is asked for through all middleware, and is rendered; the time is the median of five after a first one.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

import django

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "frontdesk.config.settings")
EMAIL = "owner@benchmark.example"
MOST_MS, MOST_QUERIES = 100, 15
MOST_MS_OF_A_CARD = 50
ROUNDS = 5


def prepared() -> tuple[Any, Any]:
    """The owner's browser and what is in the workspace, made if it is not there."""
    from django.conf import settings
    from django.core.management import call_command
    from django.test import Client

    from frontdesk.core import engines
    from frontdesk.workspaces import accounts, credentials
    from frontdesk.workspaces.models import User

    engines.ensure()
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0, interactive=False)
    user = User.objects.filter(email=EMAIL).first()
    busy = _found(user) if user else None
    if busy is None:
        user = accounts.register(EMAIL, "unused but long enough", full_name="Owner", workspace_name="Benchmark")
        busy = _filled(credentials.member(user))
    client = Client()
    client.force_login(user, "frontdesk.workspaces.login.EmailOrUsernameBackend")
    return client, busy


def _filled(owner: Any) -> Any:
    from django.db import connection

    from tests.ground.busy import Size, fill

    begun = time.perf_counter()
    busy = fill(owner, Size(agents=50, conversations=10_000, messages=6, sources=5_000, passages=20, few=20))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # what autovacuum would do within a minute
    print(f"filled in {time.perf_counter() - begun:.0f} s", flush=True)
    return busy


def _found(user: Any) -> Any:
    from frontdesk.agents.models import Agent
    from frontdesk.channels.models import Channel
    from frontdesk.conversations.models import Conversation
    from frontdesk.core.scoping import scope
    from frontdesk.knowledge.models import Source
    from frontdesk.workspaces import credentials
    from tests.ground.busy import Busy

    with scope(workspace=credentials.member(user).workspace):
        source = Source.objects.select_related("base").latest("id")
        talk = Conversation.objects.order_by("-last_message_at")[0]
        return Busy(Agent.objects.latest("id"), talk, source.base, source, Channel.objects.latest("id"))


def measure(client: Any, path: str) -> tuple[float, float, int, int]:
    """Milliseconds, milliseconds of this process's processor time, queries, bytes."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        response = client.get(path)
    count = len(queries)
    assert response.status_code == 200, f"{path} answers {response.status_code}"
    took, worked = [], []
    for _round in range(ROUNDS):
        forget_cards()
        begun, processor = time.perf_counter(), time.process_time()
        client.get(path)
        took.append(1000 * (time.perf_counter() - begun))
        worked.append(1000 * (time.process_time() - processor))
    return median(took), median(worked), count, len(response.content)


def forget_cards() -> None:
    """What cards showed a moment ago, so that they are made anew."""
    from frontdesk.core.valkey import client

    for key in client().scan_iter("cache:*card:*"):
        client().delete(key)


def main() -> None:
    django.setup()
    client, busy = prepared()
    from tests.ground.busy import cards, pages

    late = []
    print("| page | ms | own processor ms | queries | kB |\n|---|---|---|---|---|")
    for name, path in (pages(busy) | cards()).items():
        took, worked, queries, size = measure(client, path)
        print(f"| {name} | {took:.0f} | {worked:.0f} | {queries} | {size / 1000:.0f} |", flush=True)
        if took > (MOST_MS_OF_A_CARD if name in cards() else MOST_MS) or queries > MOST_QUERIES:
            late.append(name)
    print(f"\nLimits: {MOST_MS} ms ({MOST_MS_OF_A_CARD} ms a card), {MOST_QUERIES} queries. Over: {', '.join(late) or 'none'}.")


if __name__ == "__main__":
    main()
