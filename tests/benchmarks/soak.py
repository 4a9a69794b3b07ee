"""Thousands of messages over the messengers' channels while web, worker, Valkey and PostgreSQL are killed at random.

    FRONTDESK_DATA=/tmp/soak python tests/benchmarks/soak.py [--messages 10000] [--minutes 0] [--rate 10] [--every 10] [--seed 1]

A whole Frontdesk as `manage.py up` runs it, with the engines' settings of real use. The vendors are the plugins' own doubles
behind a real socket: they sign, post again what was not taken, now and then what was, say 429 and 500, and hang up after taking a
message. Beside them, customers write in the widget, by the API and by e-mail (`soak_others`). The model repeats the question, so
each answer names what it answers. Each customer's messages are posted one after the other. Whatever was handed to people in the
meantime is given back at the end. Counted is what the vendors were sent.

It says how far it is twice a minute. SIGTERM and `--minutes` end the posting early: what was taken until then is waited for and
counted. Each run adds a line to `soak.jsonl` in its folder and gives the sums of all, so ten runs of 1,000 are one of 10,000.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import sys
import threading
import time
import traceback
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import psutil

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.setdefault("FRONTDESK_DATA", str(ROOT / ".data/soak")))
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]

from tests.benchmarks.soak_count import at_work, drain, report, summed  # noqa: E402  (found only now)
from tests.benchmarks.soak_others import Letters, Other, Programs, Visitors, connect_all, customers  # noqa: E402
from tests.ground.mail_server import MailServer  # noqa: E402

os.environ |= {"DJANGO_SETTINGS_MODULE": "frontdesk.config.settings", "FRONTDESK_ENGINES_PROFILE": ""}

KINDS = {"webhook": "webhook", "telegram": "telegram", "whatsapp": "whatsapp", "messenger": "meta", "instagram": "meta"}
LABEL = re.compile(rb"q-[a-z]+-\d+-\d+")
VICTIMS = ("web", "worker", "valkey", "postgres")
# Of the requests that send a message: how many meet with a 429, a 500, and a connection that ends after it was taken.
BUSY, BROKEN, CUT = 0.02, 0.04, 0.045
TELL_SECONDS, LOOK_SECONDS = 30.0, 3.0


class Vendor:
    """One channel's double. `sent` are the labels of what it took, in order, by customer."""

    def __init__(self, kind: str, chance: random.Random) -> None:
        from frontdesk.plugins.host import host
        from frontdesk.sdk.testing.doubles import MemoryOfTests

        class Memory(MemoryOfTests):
            def now(self) -> float:
                return time.time()

            def busy(self, seconds: float) -> int:
                return 0

        self.kind, self.chance, self.lock = kind, chance, threading.RLock()
        offered = host().offers("channels")[kind].item
        self.values = dict(offered.double.account())
        self.memory = Memory()
        self.sent: dict[str, list[str]] = defaultdict(list)
        self._double = offered.double
        self._model = offered.config_model
        self.address = ""

    def open(self, url: str) -> None:
        """`url` is where this vendor answers."""
        if self.kind == "webhook":
            self.values["callback_url"] = f"{url}/answers"
        self.double = self._double(self._model.model_validate(self.values), self.memory)

    def answer(self, request: httpx.Request) -> httpx.Response | None:
        """None: it was taken, and the connection ends."""
        with self.lock:
            if not self.double.sends(request):
                return self.double.answer(request)
            luck = self.chance.random()
            if luck < BUSY:
                return self.double.busy(1)
            if luck < BROKEN:
                return self.double.broken()
            said = self.double.answer(request)
            for label in dict.fromkeys(LABEL.findall(request.content)) if said.is_success else ():
                name = label.decode()
                self.sent[name.rpartition("-")[0]].append(name)
            return said if luck >= CUT else None

    def posted(self) -> list[Any]:
        """What is to be posted to the webhook, taken away."""
        with self.lock:
            taken = [posting for posting, _after in self.memory.posted]
            self.memory.posted.clear()
            return taken


def serve(vendors: dict[str, Vendor]) -> ThreadingHTTPServer:
    """All vendors at one address: known by the path of a bot, the token of an account, or what is left."""

    def whose(path: str, headers: Any) -> Vendor:
        if path.startswith(("/bot", "/file")):
            return vendors["telegram"]
        token = headers.get("authorization", "").removeprefix("Bearer ")
        return next((vendor for vendor in vendors.values() if vendor.values.get("token") == token), vendors["webhook"])

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # noqa: N802  (the library's name)
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            named = {name.lower(): value for name, value in self.headers.items()}
            request = httpx.Request(self.command, f"http://{named['host']}{self.path}", headers=named, content=body)
            said = whose(self.path, named).answer(request)
            if said is None:
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(said.status_code)
            for name in ("content-type", "retry-after"):
                if name in said.headers:
                    self.send_header(name, said.headers[name])
            self.send_header("content-length", str(len(said.content)))
            self.end_headers()
            self.wfile.write(said.content)

        do_POST = do_DELETE = do_GET  # noqa: N815

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


class Traffic:
    """What the vendors post to Frontdesk, each until it is taken."""

    def __init__(self, base: str, vendors: dict[str, Vendor], chance: random.Random, rest: float) -> None:
        """`rest` in seconds: after each message of a customer."""
        self.base, self.vendors, self.chance, self.rest = base, vendors, chance, rest
        self.client = httpx.Client(timeout=15, limits=httpx.Limits(max_connections=32))
        self.refused: Counter[str] = Counter()
        self.asked: list[str] = []
        self.enough, self.over, self.go = threading.Event(), threading.Event(), threading.Event()
        self.go.set()

    def post(self, vendor: Vendor, posting: Any) -> None:
        request = posting.request
        while not self.over.is_set():
            request = vendor.double.again(request)
            try:
                answer = self.client.post(self.base + vendor.address, content=request.body, headers=dict(request.headers))
            except httpx.HTTPError as error:
                self.refused[f"{vendor.kind} {type(error).__name__}"] += 1
            else:
                if answer.status_code == 200:
                    return
                self.refused[f"{vendor.kind} {answer.status_code}"] += 1
            time.sleep(0.3)

    def customer(self, vendor: Vendor | Other, number: int, messages: int) -> None:
        if isinstance(vendor, Other):
            vendor.customer(self, number, messages)
            return
        with vendor.lock:
            who = vendor.double.meet(f"Customer {number}").id
        for label in self.labels(vendor, number, messages):
            with vendor.lock:
                line = vendor.double.write(who, label)
                postings = vendor.posted()
            for posting in sorted(postings, key=lambda each: each.line != line.id):
                for _time in range(2 if self.chance.random() < 0.1 else 1):
                    self.post(vendor, posting)

    def labels(self, vendor: Vendor | Other, number: int, messages: int) -> Iterator[str]:
        """What a customer says, one after the other; each counts once it was taken."""
        for count in range(messages):
            if self.enough.is_set():
                return
            while not self.go.wait(1) and not self.enough.is_set():
                pass
            label = f"q-{vendor.kind}-{number}-{count}"
            yield label
            self.asked.append(label)
            self.enough.wait(self.rest)

    def tell(self) -> None:
        """Statuses, whenever there are any."""
        while not self.over.wait(0.05):
            for vendor in self.vendors.values():
                for posting in vendor.posted():
                    self.post(vendor, posting)


class Killer(threading.Thread):
    def __init__(self, launch: Any, engines: dict[str, Any], every: float, chance: random.Random) -> None:
        super().__init__(daemon=True)
        self.launch, self.engines, self.every, self.chance = launch, engines, every, chance
        self.killed: Counter[str] = Counter()
        self.over = threading.Event()

    def run(self) -> None:
        while not self.over.wait(self.chance.uniform(0.5, 1.5) * self.every):
            name = self.chance.choice(VICTIMS)
            try:
                victim = self.engines[name].running() if name in self.engines else self.launch.child(name)
            except ValueError:
                continue
            if victim is not None:
                victim.kill()
                self.killed[name] += 1


def seed(vendors: dict[str, Vendor], others: list[Other], messages: int) -> Any:
    """An owner whose agent answers each message by itself, on all channels."""
    from frontdesk.agents import actions as agents
    from frontdesk.agents.content import AgentContent
    from frontdesk.billing import actions as billing
    from frontdesk.channels import actions
    from frontdesk.core.scoping import scope
    from frontdesk.plugins import actions as plugins
    from frontdesk.plugins.capabilities import manifest_of
    from frontdesk.workspaces import accounts, credentials

    _end_earlier()
    user = accounts.register(
        f"soak-{time.time_ns()}@example.org", "unused but long enough", full_name="Owner", workspace_name="Soak"
    )
    owner = credentials.member(user)
    with scope(workspace=owner.workspace):
        billing.grant(owner.workspace, 1_000 * messages)
        content = AgentContent(name="Mila", together=False)
        content.handover.repeated = 0
        agent = agents.create_agent(owner, content, live=True)
        for kind, plugin in KINDS.items():
            plugins.turn_on(owner, plugin, agreed=manifest_of(plugin).permissions)
            channel = actions.connect(owner, kind, agent.pk, vendors[kind].values, name=kind)
            vendors[kind].address = f"/hooks/{channel.webhook_token}"
        connect_all(owner, agent, others)
    return owner


def _end_earlier() -> None:
    """The channels of a run before this one in the same folder: their vendors have new addresses, their mailbox is new."""
    from frontdesk.channels.models import Channel
    from frontdesk.core.scoping import unscoped

    with unscoped():
        Channel.objects.update(enabled=False)


def prepared(vendors: dict[str, Vendor], url: str) -> Any:
    """The whole house, to be started."""
    from tests.bootstrap.launch import Launch, free_port

    for vendor in vendors.values():
        vendor.open(url)
    launch = Launch(ROOT, FOLDER, free_port())
    launch.environment |= {**os.environ, "PYTHONPATH": "platform", "PORT": str(launch.port)}
    return launch


def begin(launch: Any) -> dict[str, Any]:
    """Start it; gives its engines."""
    from frontdesk.core.engines.postgres import Postgres
    from frontdesk.core.engines.valkey import Valkey
    from tests.bootstrap.launch import WELCOME, wait_for

    launch.begin(sys.executable, "manage.py", "up", "--no-demo")
    wait_for(lambda: WELCOME in launch.said() or launch.process.poll() is not None, 900, failure="It does not start.")
    return {"postgres": Postgres(FOLDER), "valkey": Valkey(FOLDER)}


class House:
    """All that takes part in a soak: Frontdesk, the vendors, the other customers."""

    def __init__(self, given: argparse.Namespace) -> None:
        import django

        self.given, self.chance = given, random.Random(given.seed)  # noqa: S311
        self.vendors: dict[str, Vendor] = {}
        self.server = serve(self.vendors)
        FOLDER.mkdir(parents=True, exist_ok=True)
        self.mails = MailServer(FOLDER)
        self.others: list[Other] = [Visitors(), Programs(), Letters(self.mails)]
        host = f"127.0.0.1:{self.server.server_port}"
        named = {"TELEGRAM_API_URL": f"http://{host}", "META_GRAPH_URL": f"http://{host}"}
        named |= {"SSL_CERT_FILE": str(self.mails.authority), "PROVIDER_ALLOWED_HOSTS": ",".join([host, *self.mails.hosts])}
        os.environ |= {**named, "BASE_URL": "https://desk.example", "FRONTDESK_SCRIPTED": "1", "FRONTDESK_SCRIPT": ""}
        django.setup()
        self.vendors |= {kind: Vendor(kind, self.chance) for kind in KINDS}
        self.launch = prepared(self.vendors, f"http://{host}")

    def open(self) -> None:
        given = self.given
        engines = begin(self.launch)
        self.owner = seed(self.vendors, self.others, given.messages)
        self.everybody: list[Vendor | Other] = [*self.vendors.values(), *self.others]
        base = f"http://127.0.0.1:{self.launch.port}"
        self.traffic = Traffic(base, self.vendors, self.chance, given.senders / given.rate)
        self.killer = Killer(self.launch, engines, given.every, self.chance)
        signal.signal(signal.SIGTERM, lambda *_: self.traffic.enough.set())
        if given.minutes:
            threading.Timer(60 * given.minutes, self.traffic.enough.set).start()
        threading.Thread(target=self.traffic.tell, daemon=True).start()
        threading.Thread(target=self.say_how_far, daemon=True).start()
        threading.Thread(target=self.keep_pace, daemon=True).start()
        self.killer.start()

    def post(self) -> None:
        plan = list(customers(self.everybody, self.given.messages))
        with ThreadPoolExecutor(self.given.senders) as pool:
            list(pool.map(lambda each: self.play(*each), plan))

    def play(self, vendor: Vendor | Other, number: int, messages: int) -> None:
        try:
            self.traffic.customer(vendor, number, messages)
        except Exception:  # noqa: BLE001  (said, and one customer's stumble ends no soak of hours)
            self.traffic.refused[f"{vendor.kind} stumbled"] += 1
            traceback.print_exc()

    def say_how_far(self) -> None:
        """Answers in the widget and of the API, and letters, are only counted at the end."""
        while not self.traffic.over.wait(TELL_SECONDS):
            came = sum(len(labels) for vendor in self.vendors.values() for labels in vendor.sent.values())
            memory = psutil.Process().memory_info().rss // 2**20
            killed = sum(self.killer.killed.values())
            taken = len(self.traffic.asked)
            say(f"{time.strftime('%X')} taken {taken}, came to phones {came}, killed {killed}, {memory} MiB here")

    def keep_pace(self) -> None:
        """Customers wait while very many answers are in the making: what is killed shall be at work, not in a queue."""
        while not self.traffic.over.wait(LOOK_SECONDS):
            (self.traffic.go.set if at_work(self.owner) < self.given.waiting else self.traffic.go.clear)()

    def close(self) -> None:
        self.launch.interrupt()
        self.server.shutdown()
        self.mails.close()


def say(text: str) -> None:
    print(text, flush=True)


def main(given: argparse.Namespace) -> int:
    house = House(given)
    try:
        house.open()
        started = time.monotonic()
        house.post()
        posted = time.monotonic() - started
        house.killer.over.set()
        traffic = house.traffic
        say(f"posted {len(traffic.asked)} messages in {posted:.0f} s; posted again after {dict(traffic.refused)}")
        drained = drain(house.owner, given.patience)
        traffic.over.set()
        found = report(house.owner, house.everybody, traffic.asked)
        kills = dict(house.killer.killed)
        found |= {"seconds": round(time.monotonic() - started), "drained": drained, "killed": sum(kills.values()), "kills": kills}
        say(json.dumps(found, indent=1))
        say(f"with the runs before it: {json.dumps(summed(FOLDER / 'soak.jsonl', found))}")
        return 0 if drained and not found["lost"] and not found["doubled"] and found["ledger"] == "balances" else 1
    finally:
        house.close()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--messages", type=int, default=10_000)
    arguments.add_argument("--minutes", type=float, default=0, help="end the posting after so many, whatever is left")
    arguments.add_argument("--every", type=float, default=10, help="seconds between two kills, about")
    arguments.add_argument("--rate", type=float, default=10, help="messages a second, at most")
    arguments.add_argument("--waiting", type=int, default=100, help="requests and answers in the making, at most about")
    arguments.add_argument("--senders", type=int, default=8)
    arguments.add_argument("--patience", type=float, default=600, help="seconds until everything must be over after the last one")
    arguments.add_argument("--seed", type=int, default=1)
    sys.exit(main(arguments.parse_args()))
