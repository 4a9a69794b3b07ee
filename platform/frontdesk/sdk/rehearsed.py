"""What a vendor's double remembers: customers, what stands on their phones, what goes wrong (`frontdesk.sdk.rehearsal`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from .values import Attachment, Button, WebRequest

Act = Literal["file", "press", "reply", "edit", "delete", "react", "read", "block", "subject"]
"""What customers may be able to do beside writing; "subject" is to give a message one."""
VendorMood = Literal["", "busy", "broken", "silent"]
LineState = Literal["sent", "delivered", "read", "refused"]


@dataclass(frozen=True, slots=True)
class Look:
    """The colours of the place, so that an owner recognises it, and whether it is read on a phone or in a mail program."""

    bar: str = "#44546a"
    paper: str = "#e9edf2"
    customer: str = "#d7efff"
    business: str = "#ffffff"
    layout: Literal["phone", "mail"] = "phone"


@dataclass(frozen=True, slots=True)
class Switch:
    """Trouble that only this vendor makes; `label` goes on after "The customer …", as in "is on holiday"."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody on the other side. Times are seconds since 1970; `typing_until` is ours, as they see it."""

    id: str
    name: str
    blocked: bool = False
    wrote_at: float = 0.0
    typing_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Line:
    """A message as it stands on the customer's phone.

    `id` is what the plugin calls the message too (`Inbound.external_id`, `Receipt.external_id`), unique in the account. For a
    customer's, "delivered" is that the business has taken it, and "refused" that it would not. `html` is the text with its
    marks where the vendor shows some. `about` is what the vendor itself has to remember of it. `quoted` is what the customer's
    program adds below what they wrote: the message that they answer, a signature.
    """

    id: str
    customer: str
    author: Literal["customer", "business"]
    text: str
    at: float
    state: LineState = "sent"
    problem: str = ""
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    buttons: tuple[Button, ...] = ()
    reply_to: str = ""
    edited: bool = False
    deleted: bool = False
    reaction: str = ""
    about: Mapping[str, Any] = field(default_factory=dict)
    subject: str = ""
    quoted: str = ""


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong on the vendor's side.

    What it posts: `twice`; `late` by so many seconds; `shuffled`, in any order. How it answers messages: "busy" (429), "broken"
    (500), "silent" (takes it and never says so), `slow` by so many seconds; the next `times` of them, 0 for all. The customer:
    `phone_off`, so nothing is delivered; `window_closed`, as if they had been silent for days. `own` are ids of the double's own
    switches that are on (`Double.switches`).
    """

    twice: bool = False
    late: float = 0.0
    shuffled: bool = False
    mood: VendorMood = ""
    slow: float = 0.0
    times: int = 0
    phone_off: bool = False
    window_closed: bool = False
    own: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Posting:
    """A request to the webhook; `line` is the customer's message that it brings, "" for all others."""

    request: WebRequest
    line: str = ""


class Memory(Protocol):
    """What a double remembers of one account. The host keeps it in its database, tests in lists.

    `number` never gives the same one twice; `busy` is how many messages the business sent in the last so many seconds. `get` and
    `put` take what JSON can hold. `keep_file` gives a reference that `file` knows; `Line.attachments` hold that and no data.
    """

    @property
    def faults(self) -> Faults: ...

    def keep_faults(self, faults: Faults) -> None: ...

    def now(self) -> float: ...

    def number(self) -> int: ...

    def busy(self, seconds: float) -> int: ...

    def customer(self, customer_id: str) -> Customer | None: ...

    def keep_customer(self, customer: Customer) -> None: ...

    def line(self, line_id: str) -> Line | None: ...

    def lines(self, customer_id: str) -> Sequence[Line]: ...

    def keep_line(self, line: Line) -> None: ...

    def file(self, reference: str) -> Attachment | None: ...

    def keep_file(self, file: Attachment) -> str: ...

    def get(self, key: str) -> Any | None: ...

    def put(self, key: str, value: Any) -> None: ...

    def post(self, posting: Posting, after: float) -> None: ...


class Refused(Exception):
    """The customer cannot do this here. The host has words for each reason."""

    def __init__(self, reason: Literal["empty", "blocked", "cannot", "gone", "no_button", "not_theirs", "too_large"]) -> None:
        super().__init__(reason)
        self.reason = reason
