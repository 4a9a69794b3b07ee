"""The base class of a channel: a place where customers write, on somebody else's server.

A channel is pure at its edges: it checks and reads what came in and writes what goes out. The host keeps the raw
request, takes each message once, keeps order, retries, waits as long as the vendor asks, and shows what failed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import BaseModel

from .context import Context
from .manifest import NoConfig
from .values import Inbound, Outbound, Receipt, WebRequest, WebResponse


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do, as data. `longest_text` is in characters; `window_hours` is how long after a customer's
    message a business may write freely, 0 for ever; `per_second` is how many messages the vendor takes.
    """

    longest_text: int = 4000
    media_in: frozenset[str] = frozenset()
    media_out: frozenset[str] = frozenset()
    buttons: int = 0
    typing: bool = False
    window_hours: int = 0
    per_second: float = 20.0


@dataclass(frozen=True, slots=True)
class SetupStep:
    """One line of the checklist for connecting. `value` is to be pasted on the other side: "{webhook_url}" or
    "{setting:name}" are filled in.
    """

    text: str
    value: str = ""


class Channel(ABC):
    """One connected place. `context.settings` is its `config_model`, secrets included."""

    slug: ClassVar[str]
    label: ClassVar[str]
    description: ClassVar[str] = ""
    config_model: ClassVar[type[BaseModel]] = NoConfig
    capabilities: ClassVar[Capabilities] = Capabilities()
    setup: ClassVar[Sequence[SetupStep]] = ()

    @abstractmethod
    def verify(self, request: WebRequest, settings: BaseModel) -> None:
        """Raises SignatureInvalid unless the vendor sent this. Compare in constant time."""

    def handshake(self, request: WebRequest, settings: BaseModel) -> WebResponse | None:
        """The answer to a request that only checks the address, after `verify`; None for all others."""
        return None

    @abstractmethod
    def parse(self, request: WebRequest, settings: BaseModel) -> Sequence[Inbound]:
        """The messages of a request, oldest first; empty when there are none for us. Raises PayloadInvalid."""

    @abstractmethod
    async def send(self, message: Outbound, context: Context) -> Receipt:
        """Send one message. Raises DeliveryFailed, or DeliveryUnknown when the vendor may or may not have taken it."""
