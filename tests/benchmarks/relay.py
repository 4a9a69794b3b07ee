"""What Frontdesk adds to a streamed answer: how long a word is on its way through it, against a bare server in the same run.

    .venv/bin/python tests/benchmarks/relay.py [--streams 100] [--rate 50] [--seconds 8] [--rounds 5]

Each word carries the moment at which the model gave it; the client, a process of its own, subtracts that from the moment at
which it has read it: the *hold*. The floor is the least that this stack can do: daphne and Django sending the same words at the
same rate in a StreamingHttpResponse, without a run, a middleware or a database. The two servers take turns with the same client;
what counts is the median of the rounds' ratios. The data are in .data/benchmark, or where FRONTDESK_DATA says.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import socket
import statistics
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]
os.environ.setdefault("FRONTDESK_DATA", str(ROOT / ".data/benchmark"))
SETTLED_SECONDS = 1.0
PATH = "/api/v1/ai/chat"
GIVEN = re.compile(rb"<(\d+\.\d{6})>")


async def words(rate: float, seconds: float) -> AsyncIterator[str]:
    """`rate` a second, each with its moment; the first at a random one, for models do not speak in step."""
    loop = asyncio.get_running_loop()
    due = loop.time() + random.random() / rate
    for _ in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, due - loop.time()))
        due += 1 / rate
        yield f" <{time.time():.6f}>"


# --- the client -----------------------------------------------------------------------------------------------------


@dataclass
class Measured:
    holds: list[float]
    """Milliseconds, of all words given while all streams were open, a second after the last one had begun."""
    words: int
    cpu: float = 0.0
    """Seconds of the server's processor."""

    def add(self, other: Measured, *, cpu: float) -> None:
        self.holds += other.holds
        self.words += other.words
        self.cpu += cpu

    def line(self, name: str) -> str:
        p50, p95, p99 = (statistics.quantiles(self.holds, n=100)[rank - 1] for rank in (50, 95, 99))
        cpu = 1e6 * self.cpu / self.words
        return f"{name:<10} p50 {p50:7.2f} ms   p95 {p95:7.2f} ms   p99 {p99:7.2f} ms   {self.words} words, {cpu:.0f} µs CPU each"

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.holds, n=100)[94]


async def read_stream(port: int, request: bytes) -> list[tuple[float, float]]:
    """When each word was given, and its hold in seconds."""
    found: list[tuple[float, float]] = []
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    kept = b""
    while piece := await reader.read(65536):
        now = time.time()
        whole, end, kept = (kept + piece).rpartition(b"\n\n")
        found += [(given, now - given) for given in map(float, GIVEN.findall(whole + end))]
    writer.close()
    return found


async def measure(port: int, requests: list[bytes]) -> Measured:
    streams = await asyncio.gather(*(read_stream(port, request) for request in requests))
    begin = max(stream[0][0] for stream in streams) + SETTLED_SECONDS
    end = min(stream[-1][0] for stream in streams)
    holds = [1000 * hold for stream in streams for given, hold in stream if begin < given < end]
    return Measured(holds, sum(map(len, streams)))


def requests(streams: int, headers: dict[str, str], agent: str) -> list[bytes]:
    made = []
    for number in range(streams):
        body = json.dumps({"agent_id": agent, "message": {"content": "Go on"}, "user_id": f"customer {number}"}).encode()
        lines = [f"POST {PATH} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        made.append("\r\n".join([*lines, "", ""]).encode() + body)
    return made


# --- the servers ----------------------------------------------------------------------------------------------------


def serve_floor(options: argparse.Namespace) -> None:
    """Nothing but the words."""
    from django.conf import settings

    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="floor", MIDDLEWARE=[])
    import django

    django.setup()
    from django.core.asgi import get_asgi_application
    from django.http import HttpRequest, StreamingHttpResponse
    from django.urls import path

    async def events() -> AsyncIterator[bytes]:
        number = 0
        async for word in words(options.rate, options.seconds):
            number += 1
            yield b'id: %d\nevent: token\ndata: {"text":"%b"}\n\n' % (number, word.encode())

    async def chat(request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse(events(), content_type="text/event-stream")

    globals()["urlpatterns"] = [path(PATH[1:], chat)]
    run(get_asgi_application(), options.port)


def serve_frontdesk(options: argparse.Namespace) -> None:
    """The whole of it, with a model that gives the words."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "frontdesk.config.settings")
    import django

    django.setup()
    from frontdesk.providers import registry
    from frontdesk.sdk.parts import PartWriter
    from frontdesk.sdk.provider import Provider
    from frontdesk.sdk.testing.scripted import ScriptedConfig
    from frontdesk.sdk.values import ChatEvent, ChatRequest, Finished, ModelInfo, Usage, UsageReport

    class Clock(Provider):
        slug, label, config_model, needs_network = "clock", "Clock", ScriptedConfig, False

        async def models(self) -> list[ModelInfo]:
            return [ModelInfo("clock", "chat", "Clock")]

        async def chat(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
            parts = PartWriter()
            async for word in words(options.rate, options.seconds):
                for event in parts.write(word):
                    yield event
            for event in parts.end():
                yield event
            yield UsageReport(Usage(input_tokens=1, output_tokens=1))
            yield Finished("stop")

    registry.provider_classes = lambda: {"clock": Clock}
    from frontdesk.surfaces.ops.management.web import listen, serve

    serve(listen())


def run(application: Any, port: int) -> None:
    from daphne.server import Server

    Server(application=application, endpoints=[f"tcp:port={port}:interface=127.0.0.1"], server_name="").run()


def start(name: str, options: argparse.Namespace) -> tuple[psutil.Popen, int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = ["--serve", name, "--port", str(port), "--rate", str(options.rate), "--seconds", str(options.seconds)]
    environment = {**os.environ, "PORT": str(port), "CHAT_REQUESTS_PER_MINUTE": "1000000"}
    process = psutil.Popen([sys.executable, __file__, *arguments], env=environment)
    while process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process, port
        time.sleep(0.1)
    raise SystemExit(f"the {name} server did not start")


# --- both -----------------------------------------------------------------------------------------------------------


def prepare() -> tuple[str, str]:
    """A workspace with an agent; gives the agent's uuid and a key."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "frontdesk.config.settings")
    from frontdesk.core import engines

    engines.ensure()
    import django

    django.setup()
    from django.core.management import call_command

    from frontdesk.agents import actions as agents
    from frontdesk.agents.content import AgentContent
    from frontdesk.core.scoping import scope
    from frontdesk.workspaces.accounts import create_workspace
    from frontdesk.workspaces.actions import create_api_key
    from frontdesk.workspaces.credentials import member
    from frontdesk.workspaces.models import User

    call_command("migrate", interactive=False, verbosity=0)
    user = User.objects.create(email=f"{uuid4()}@example.org")
    workspace = create_workspace(user, "Benchmark")
    owner = member(user, str(workspace.uuid))
    with scope(workspace=workspace):
        agent = agents.create_agent(owner, AgentContent(name="Clock"), live=True)
        _row, key = create_api_key(owner, "Benchmark", ["127.0.0.1"])
    return str(agent.uuid), key


def compare(options: argparse.Namespace) -> None:
    agent, key = prepare()
    headers = {"Content-Type": "application/json", "Accept": "text/event-stream", "Authorization": f"Api-Key {key}"}
    sent = requests(options.streams, headers, agent)
    servers = {name: start(name, options) for name in ("floor", "frontdesk")}
    totals = {name: Measured([], 0) for name in servers}
    ratios: list[float] = []
    print(f"{options.streams} streams × {options.rate:g} words a second, {options.rounds} rounds of {options.seconds:g} s")
    try:
        for _process, port in servers.values():  # imports and first-use caches are not what is measured
            asyncio.run(measure(port, sent[:1]))
        for _ in range(options.rounds):
            p95 = {}
            for name, (process, port) in servers.items():
                before = sum(process.cpu_times()[:2])
                found = asyncio.run(measure(port, sent))
                assert found.words == options.streams * int(options.rate * options.seconds), found.words
                p95[name] = found.p95
                totals[name].add(found, cpu=sum(process.cpu_times()[:2]) - before)
            ratios.append(p95["frontdesk"] / p95["floor"])
            print(f"  p95 {p95['floor']:6.2f} ms and {p95['frontdesk']:6.2f} ms: {ratios[-1]:.2f}", flush=True)
    finally:
        for process, _port in servers.values():
            process.terminate()
            process.wait(10)
    for name, measured in totals.items():
        print(measured.line(name))
    print(f"hold p95, frontdesk ÷ floor, median of the rounds: {statistics.median(ratios):.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=100)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", choices=["floor", "frontdesk"], help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    {"floor": serve_floor, "frontdesk": serve_frontdesk, None: compare}[options.serve](options)


if __name__ == "__main__":
    main()
