"""How many signed requests a second one web process takes in for good, and how soon a message is answered at its sender's.

    FRONTDESK_DATA=/tmp/webhooks-benchmark python tests/benchmarks/webhooks.py [--seconds 8] [--connections 16] [--rate 20]

A request counts when it was answered 200, which is after its commit. The client signs beforehand, in a process of its own on the
same machine, so its share of the processor is taken from the server's. The second figure is from the request to the answer at
the sender's callback address, with a worker and a model that answers at once (the scripted one); beside it stands how much
processor time a message took in the worker and in the web process, which hangs less on what else the machine does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import sys
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "frontdesk.config.settings")
os.environ.setdefault("FRONTDESK_DATA", str(ROOT / ".data/benchmark"))
NAME = "Webhooks of the benchmark"


def prepared(callback: str) -> str:
    """The path of a new channel in a workspace of its own."""
    from django.conf import settings
    from django.core.management import call_command

    from frontdesk.agents import actions as agents
    from frontdesk.agents.content import AgentContent
    from frontdesk.billing.models import CreditAccount
    from frontdesk.channels import actions
    from frontdesk.core import engines
    from frontdesk.core.scoping import scope
    from frontdesk.plugins import actions as plugins
    from frontdesk.plugins.capabilities import manifest_of
    from frontdesk.workspaces import accounts, credentials
    from tests.channels.place import SECRET

    engines.ensure()
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    call_command("migrate", verbosity=0, interactive=False)
    _forget_the_last()
    email = f"owner-{time.time_ns()}@benchmark.example"
    owner = credentials.member(accounts.register(email, "unused but long enough", full_name="Owner", workspace_name=NAME))
    with scope(workspace=owner.workspace):
        CreditAccount.objects.update(balance=1_000_000)
        plugins.turn_on(owner, "webhook", agreed=manifest_of("webhook").permissions)
        agent = agents.create_agent(owner, AgentContent(name="Mila"), live=True)
        channel = actions.connect(owner, "webhook", agent.pk, {"callback_url": callback, "secret": SECRET}, name="App")
    return f"/hooks/{channel.webhook_token}"


def _forget_the_last() -> None:
    """What an earlier round flooded this folder with is not answered now."""
    from frontdesk.channels.models import Arrival
    from frontdesk.core.models import Job
    from frontdesk.core.scoping import unscoped

    with unscoped():
        Job.objects.filter(workspace__name=NAME).delete()
        Arrival.objects.filter(workspace__name=NAME, state="received").update(state="done")


def at_work(process: Any) -> float:
    """Seconds of processor time so far."""
    times = psutil.Process(process.process.pid).cpu_times()
    return times.user + times.system


async def flood(url: str, seconds: float, connections: int, report: Any) -> None:
    """Requests of different customers, each connection one after the other."""
    import httpx

    from tests.channels.place import message, signed

    ready = [signed(message("Hello", f"{n}", sender=f"c-{n}")) for n in range(int(seconds * 1500))]
    taken, times = 0, []
    async with httpx.AsyncClient(timeout=30, limits=httpx.Limits(max_connections=connections)) as client:
        end = time.perf_counter() + seconds

        async def post() -> None:
            nonlocal taken
            while time.perf_counter() < end and ready:
                body, headers = ready.pop()
                begun = time.perf_counter()
                response = await client.post(url, content=body, headers=headers)
                taken += response.status_code == 200
                times.append(time.perf_counter() - begun)

        begun = time.perf_counter()
        await asyncio.gather(*(post() for _ in range(connections)))
        report.put((taken / (time.perf_counter() - begun), 1000 * median(times), 1000 * quantiles(times, n=20)[-1]))


async def converse(url: str, seconds: float, rate: float, place: Any) -> list[float]:
    """Milliseconds from each request to its answer at the place."""
    import httpx

    from tests.channels.place import message, signed

    sent: dict[str, float] = {}
    begun = time.time_ns()
    async with httpx.AsyncClient(timeout=30) as client:
        for number in range(int(seconds * rate)):
            who = f"{begun}-{number}"
            body, headers = signed(message("Hello", who, sender=who))
            sent[who] = time.perf_counter()
            response = await client.post(url, content=body, headers=headers)
            assert response.status_code == 200, response.text
            await asyncio.sleep(max(0.0, 1 / rate - (time.perf_counter() - sent[who])))
    deadline = time.perf_counter() + 120
    while len(place.arrived) < len(sent) and time.perf_counter() < deadline:
        await asyncio.sleep(0.05)
    assert len(place.arrived) == len(sent), f"{len(sent) - len(place.arrived)} answers are missing"
    return sorted(1000 * (place.arrived[who] - sent[who]) for who in sent)


def main() -> None:
    import django

    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=8)
    arguments.add_argument("--connections", type=int, default=16)
    arguments.add_argument("--rate", type=float, default=20)
    given = arguments.parse_args()
    django.setup()
    from django.conf import settings

    from frontdesk.core import engines
    from tests.channels.place import Place
    from tests.ground.live import Process, Web, environment

    class Timed(Place):
        def __init__(self) -> None:
            super().__init__()
            self.arrived: dict[str, float] = {}

        def answer(self, handler: Any, said: dict[str, Any]) -> None:
            self.arrived[said["recipient"]["id"]] = time.perf_counter()
            super().answer(handler, said)

    place = Timed()
    settings.PROVIDER_ALLOWED_HOSTS = [place.host]
    path = prepared(place.url)
    folder = Path(os.environ["FRONTDESK_DATA"])
    shared = {"DATABASE_URL": engines.database_url(), "REDIS_URL": engines.redis_url(), "PROVIDER_ALLOWED_HOSTS": place.host}
    web = Web(folder, environment(folder, **shared))
    try:
        worker = Process("worker", folder, environment(folder, **shared))
        try:
            asyncio.run(converse(web.url + path, 2, given.rate, place))
            place.arrived.clear()
            before = [at_work(each) for each in (worker, web)]
            times = asyncio.run(converse(web.url + path, given.seconds, given.rate, place))
            spent = [1000 * (at_work(each) - past) / len(times) for each, past in zip((worker, web), before, strict=True)]
        finally:
            worker.stop()
        print(
            f"answered at {given.rate:g} a second: median {median(times):.0f} ms, p95 {quantiles(times, n=20)[-1]:.0f} ms, "
            f"{len(times)} messages, all answered once; processor time a message: worker {spent[0]:.0f} ms, web {spent[1]:.0f} ms"
        )
        report = multiprocessing.Queue()
        for _round in range(3):
            client = multiprocessing.Process(
                target=lambda: asyncio.run(flood(web.url + path, given.seconds, given.connections, report))
            )
            client.start()
            rate, middle, late = report.get()
            client.join()
            print(
                f"taken in: {rate:.0f} a second over {given.connections} connections, median {middle:.0f} ms, p95 {late:.0f} ms",
                flush=True,
            )
    finally:
        web.stop()
        place.close()
    print(json.dumps({"processors": os.cpu_count()}))


if __name__ == "__main__":
    main()
