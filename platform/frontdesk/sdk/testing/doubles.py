"""Rehearsing a channel in memory: the plugin's real code on one side, its vendor's double on the other, and no host between.

scene = Scene(Parrotgram, manifest())
ana = scene.double.meet("Ana")
scene.double.write(ana.id, "Hello")
[message] = scene.came()                            # verified and parsed by the plugin
receipt = await scene.send(ana.id, "Hi!")           # by the plugin, over the double's HTTP
scene.texts(ana.id)                                 # what stands on Ana's phone
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ..channel import Came, Channel
from ..context import Context
from ..manifest import Manifest
from ..rehearsal import Customer, Double, Faults, Line, Posting
from ..values import Attachment, Outbound, Receipt, WebRequest
from ..wires import Wires
from .context import context_for


class MemoryOfTests:
    """`frontdesk.sdk.rehearsal.Memory` in dicts. `posted` are (posting, seconds later); `clock` can be set."""

    def __init__(self) -> None:
        self.posted: list[tuple[Posting, float]] = []
        self.clock = 1_800_000_000.0
        self._numbers = itertools.count(1001)
        self._faults = Faults()
        self._customers: dict[str, Customer] = {}
        self._lines: dict[str, Line] = {}
        self._files: dict[str, Attachment] = {}
        self._values: dict[str, Any] = {}

    @property
    def faults(self) -> Faults:
        return self._faults

    def keep_faults(self, faults: Faults) -> None:
        self._faults = faults

    def now(self) -> float:
        """A second goes by each time."""
        self.clock += 1
        return self.clock

    def number(self) -> int:
        return next(self._numbers)

    def busy(self, seconds: float) -> int:
        return sum(line.author == "business" and line.at > self.clock - seconds for line in self._lines.values())

    def customer(self, customer_id: str) -> Customer | None:
        return self._customers.get(customer_id)

    def keep_customer(self, customer: Customer) -> None:
        self._customers[customer.id] = customer

    def line(self, line_id: str) -> Line | None:
        return self._lines.get(line_id)

    def lines(self, customer_id: str) -> Sequence[Line]:
        return [line for line in self._lines.values() if line.customer == customer_id]

    def keep_line(self, line: Line) -> None:
        self._lines[line.id] = line

    def file(self, reference: str) -> Attachment | None:
        return self._files.get(reference)

    def keep_file(self, file: Attachment) -> str:
        reference = f"{len(self._files) + 1:032x}"
        self._files[reference] = replace(file, reference=reference)
        return reference

    def get(self, key: str) -> Any | None:
        return self._values.get(key)

    def put(self, key: str, value: Any) -> None:
        self._values[key] = value

    def post(self, posting: Posting, after: float) -> None:
        self.posted.append((posting, after))


class Scene:
    """A channel and the double of its vendor."""

    def __init__(self, kind: type[Channel], manifest: Manifest) -> None:
        assert kind.double is not None, f"{kind.__name__} brings no double"
        self.channel = kind()
        self.settings = kind.config_model.model_validate(dict(kind.double.account()))
        self.memory = MemoryOfTests()
        self.double: Double = kind.double(self.settings, self.memory)
        context = context_for(manifest, self.settings, web=self.double.web)
        self.context: Context = replace(context, sockets=Wires(self._opened))
        self._state = ""

    @contextmanager
    def _opened(self) -> Iterator[Double]:
        yield self.double

    def came(self) -> list[Came]:
        """What has come since the last time, as the plugin understands it. Raises SignatureInvalid, PayloadInvalid."""
        posted = [posting.request for posting, _after in self.memory.posted]
        self.memory.posted.clear()
        found: list[Came] = []
        for request in self._asked(posted) if self.channel.polls else self._posted(posted):
            self.channel.envelope(request, self.settings)
            kept = {name: value for name, value in request.headers.items() if name in self.channel.kept_headers}
            found.extend(self.channel.parse(replace(request, headers=kept), self.settings))
        return found

    def _posted(self, requests: Sequence[WebRequest]) -> Iterator[WebRequest]:
        for request in requests:
            self.channel.verify(request, self.settings)
            yield from self.channel.split(request, self.settings)

    def _asked(self, requests: Sequence[WebRequest]) -> Sequence[WebRequest]:
        """It lies at the vendor's, and the plugin asks for it; in a loop of its own, for a test may be in one."""
        for request in requests:
            self.double.keep(request)
        with ThreadPoolExecutor(1) as aside:
            polled = aside.submit(lambda: asyncio.run(self.channel.poll(self._state, self.context))).result()
        self._state = polled.state
        return polled.requests

    async def send(self, customer_id: str, text: str, key: str = "key-1", **more: Any) -> Receipt:
        """By the plugin. Raises what the plugin raises."""
        return await self.channel.send(Outbound(customer_id, text, key, **more), self.context)

    def texts(self, customer_id: str) -> list[str]:
        """What the business wrote, as it stands on the phone."""
        return [line.text for line in self.memory.lines(customer_id) if line.author == "business" and not line.deleted]
