"""The base class of a channel: a place where customers write, on somebody else's server.

A channel is pure at its edges: it checks and reads what came in and writes what goes out. The host keeps the raw
request, takes each message once, keeps order, retries, waits as long as the vendor asks, and shows what failed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar

from pydantic import BaseModel

from .context import Context
from .delivery import download
from .errors import DeliveryFailed
from .manifest import NoConfig
from .rehearsal import Double
from .values import (
    Attachment,
    Deleted,
    Edited,
    Inbound,
    Outbound,
    Polled,
    Reaction,
    Receipt,
    Status,
    Template,
    Watermark,
    WebRequest,
    WebResponse,
)

Came = Inbound | Edited | Deleted | Reaction | Status | Watermark
"""What a request may bring."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do, as data. `longest_text` is in characters, `longest_bytes` in bytes of UTF-8 for vendors that count
    those, 0 for the others. `window_hours` is how long after a customer's message a business may write freely, 0 for ever;
    `person_window_hours` the same for what a person wrote, where that is longer. `per_second` is how many messages the vendor
    takes. Media are types ("image/*"), `largest_media` is in bytes, what the vendor takes from us; `buttons` is how many fit
    under one message. With `together`, the words and files of a message go out as one, as in an e-mail; else one after the other.
    With `names`, the vendor can be asked for a customer's (`Channel.name_of`).
    """

    longest_text: int = 4000
    longest_bytes: int = 0
    media_in: frozenset[str] = frozenset()
    media_out: frozenset[str] = frozenset()
    largest_media: int = 16 * 2**20
    buttons: int = 0
    templates: bool = False
    typing: bool = False
    window_hours: int = 0
    person_window_hours: int = 0
    together: bool = False
    names: bool = False
    per_second: float = 20.0


@dataclass(frozen=True, slots=True)
class Envelope:
    """What tells one request from another. `id` is the same when the vendor sends it again; requests of one `lane` (a customer's
    id, say) are worked on one after the other.
    """

    id: str
    lane: str = ""


@dataclass(frozen=True, slots=True)
class SetupStep:
    """One line of the checklist for connecting. `value` is to be pasted on the other side: "{webhook_url}" and
    "{setting:name}" are filled in, secrets never.
    """

    text: str
    value: str = ""


class Channel(ABC):
    """One connected place. `context.settings` is its `config_model`, secrets included.

    Of a request's headers only `kept_headers` (lower case) are stored, so only those reach `parse`; `verify` sees them all.
    `shared_senders` says that a sender's id means the same person on every channel of this kind, as a phone number does.
    `double` stands for the vendor where owners rehearse without an account (`frontdesk.sdk.rehearsal`).
    `polls` is every how many seconds the host asks `poll` of a channel whose vendor does not write to us; 0 for all others.
    `renews` says that its secrets end one day unless they are renewed.
    """

    slug: ClassVar[str]
    label: ClassVar[str]
    description: ClassVar[str] = ""
    config_model: ClassVar[type[BaseModel]] = NoConfig
    capabilities: ClassVar[Capabilities] = Capabilities()
    setup: ClassVar[Sequence[SetupStep]] = ()
    kept_headers: ClassVar[frozenset[str]] = frozenset({"content-type"})
    shared_senders: ClassVar[bool] = False
    polls: ClassVar[float] = 0.0
    renews: ClassVar[bool] = False
    double: ClassVar[type[Double] | None] = None

    @abstractmethod
    def verify(self, request: WebRequest, settings: BaseModel) -> None:
        """Raises SignatureInvalid unless the vendor sent this. Compare in constant time."""

    def handshake(self, request: WebRequest, settings: BaseModel) -> WebResponse | None:
        """The answer to a request that only checks the address, after `verify`; None for all others."""
        return None

    def taken(self, request: WebRequest, settings: BaseModel) -> WebResponse:
        """What a vendor is answered whose request was kept, where 200 alone is not enough. Raises PayloadInvalid; then it is."""
        return WebResponse()

    def split(self, request: WebRequest, settings: BaseModel) -> Sequence[WebRequest]:
        """One request for each event, for a vendor that puts those of several customers into one, after `verify`.

        Each is then kept, named by `envelope` and parsed on its own. Raises PayloadInvalid; then it is kept as it came.
        """
        return (request,)

    def envelope(self, request: WebRequest, settings: BaseModel) -> Envelope:
        """What tells this request from others, after `verify`. Raises PayloadInvalid; then the host goes by the body."""
        return Envelope(sha256(request.body).hexdigest())

    @abstractmethod
    def parse(self, request: WebRequest, settings: BaseModel) -> Sequence[Came]:
        """What a request brings, oldest first; empty when there is nothing for us. Raises PayloadInvalid."""

    @abstractmethod
    async def send(self, message: Outbound, context: Context) -> Receipt:
        """Send one message. Raises DeliveryFailed, or DeliveryUnknown when the vendor may or may not have taken it."""

    async def typing(self, recipient_id: str, thread_id: str, message_id: str, context: Context) -> None:  # noqa: B027  (few can)
        """Show the customer that an answer is being written, where `capabilities.typing` says that this can be done.

        `message_id` is the vendor's id of the message that it will answer.
        """

    async def name_of(self, sender_id: str, context: Context) -> str:
        """A customer's name, for a vendor that can be asked for it but does not send it along; "" when it does not tell."""
        return ""

    async def fetch(self, attachment: Attachment, context: Context) -> Attachment:
        """The same attachment with its `data`, for one that came in by `reference` or `url`. Raises DeliveryFailed.

        The host has looked at its size where the vendor said it, and stops reading at its own limit. Left as it is here, it
        reads what is at the `url`.
        """
        if not attachment.url:
            raise DeliveryFailed(f"{self.label} gave no address of this file.", permanent=True)
        return await download(str(self.label), attachment, context)

    async def templates(self, context: Context) -> Sequence[Template]:
        """The approved texts, where `capabilities.templates` says that there are any. Raises DeliveryFailed."""
        return ()

    async def poll(self, state: str, context: Context) -> Polled:
        """What came since `state`, at most some hundred at once. Raises DeliveryFailed.

        It is kept and parsed as if it had been posted; `verify` is not asked, for nobody can post to a channel that polls.
        """
        raise NotImplementedError

    async def connect(self, webhook_url: str, context: Context) -> None:  # noqa: B027  (few can)
        """Tell the vendor where to write, where that can be done by program; called each time the owner saves.

        Raises DeliveryFailed with a sentence for the owner.
        """

    async def renew(self, context: Context) -> Mapping[str, str]:
        """New secrets in the place of those that end, by the names of their settings; asked for about once a week where `renews`.

        Empty when there is nothing to renew. Raises DeliveryFailed; then the old ones stay.
        """
        return {}

    async def check(self, webhook_url: str, context: Context) -> str:
        """Whether the account works and the vendor writes here, as a sentence for the owner. Raises DeliveryFailed."""
        return ""
