"""A local double of a vendor: what a channel rehearses against before there is any account, and what its tests run against.

A double stands on the vendor's side of the wire. The plugin's own code runs unchanged: its HTTP requests are handed to
`Double.web`, and what the customer does becomes signed requests to the webhook, checked like any other. A double never
goes on the network and needs no account. `docs/plugins/writing-a-double.md`.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel

from .rehearsed import Act, Customer, Faults, Line, LineState, Look, Memory, Posting, Refused, Switch, VendorMood
from .values import Attachment, Button, DeliveryState, WebRequest

if TYPE_CHECKING:
    import httpx

    from .wires import Server

__all__ = ["Act", "Customer", "Double", "Faults", "Line", "LineState", "Look", "Memory", "Posting", "Refused", "Switch"]
__all__ += ["VendorMood"]
# In seconds: how far apart requests may get that are posted in any order.
LONGEST_SHUFFLE = 3.0


class Double(ABC):
    """One account at a vendor. `settings` are the channel's own; `can` is what customers can do there, `switches` the trouble
    that only this vendor makes.

    `window_hours` is how long after a customer's message the vendor takes ours, 0 for ever; `per_second` how many it takes.
    Everything is synchronous and quick: the host runs it in a transaction.
    """

    can: ClassVar[frozenset[Act]] = frozenset()
    look: ClassVar[Look] = Look()
    switches: ClassVar[Sequence[Switch]] = ()
    window_hours: ClassVar[int] = 0
    per_second: ClassVar[float] = 30.0
    largest_file: ClassVar[int] = 16 * 2**20

    def __init__(self, settings: BaseModel, memory: Memory) -> None:
        self.settings = settings
        self.memory = memory

    @classmethod
    @abstractmethod
    def account(cls) -> Mapping[str, Any]:
        """Settings as the vendor would have given them, secrets included: made up, and others each time."""

    # --- what the plugin asks of the vendor ------------------------------------------------------------------------

    @abstractmethod
    def answer(self, request: httpx.Request) -> httpx.Response:
        """What the vendor would answer. Its body has been read."""

    @abstractmethod
    def sends(self, request: httpx.Request) -> bool:
        """Whether a request is one that sends a message: only these meet with a fault."""

    @abstractmethod
    def busy(self, seconds: int) -> httpx.Response:
        """How the vendor says that it is asked too much at once."""

    def broken(self) -> httpx.Response:
        """How the vendor says that it does not work."""
        import httpx

        return httpx.Response(500, json={})

    def web(self, request: httpx.Request) -> httpx.Response:
        """The answer, as the faults will have it. Raises httpx.ReadTimeout for a vendor that took it and said nothing."""
        import httpx

        if not self.sends(request):
            return self.answer(request)
        if self.memory.busy(1.0) >= self.per_second:
            return self.busy(1)
        match self.mood():
            case "busy":
                return self.busy(2)
            case "broken":
                return self.broken()
            case "silent":
                self.answer(request)
                raise httpx.ReadTimeout("The vendor says nothing.", request=request)
        return self.answer(request)

    def mood(self) -> VendorMood:
        """What the message meets with that is being sent now; asked once for each."""
        faults = self.memory.faults
        if faults.mood and faults.times == 1:
            self.memory.keep_faults(replace(faults, mood="", times=0))
        elif faults.mood and faults.times:
            self.memory.keep_faults(replace(faults, times=faults.times - 1))
        return faults.mood

    def server(self, host: str, port: int) -> Server | None:
        """The vendor's end of a connection that the plugin opens with `context.sockets`; None where nobody takes it."""
        return None

    def keep(self, request: WebRequest) -> None:
        """What came in lies here until the host asks for it, of a channel that `polls`. Never called twice at once."""
        raise NotImplementedError

    def show(self, line: Line) -> Line:
        """A message of the business that the vendor takes: it stands on the phone, and statuses go out."""
        customer = self.known(line.customer)
        self.memory.keep_customer(replace(customer, typing_until=0.0))
        self.memory.keep_line(line)
        self._tell_status(line, "sent")
        return line if self.memory.faults.phone_off else self._move(line, "delivered")

    def window_open(self, customer: Customer) -> bool:
        """Whether the business may write freely now."""
        if not self.window_hours:
            return True
        fresh = self.memory.now() - customer.wrote_at < self.window_hours * 3600
        return fresh and not self.memory.faults.window_closed

    def known(self, customer_id: str) -> Customer:
        """Raises LookupError for somebody who never wrote."""
        found = self.memory.customer(customer_id)
        if found is None:
            raise LookupError(customer_id)
        return found

    # --- what the customer does -------------------------------------------------------------------------------------

    @abstractmethod
    def new_id(self) -> str:
        """A customer's id as the vendor gives them; never that of a real person."""

    @abstractmethod
    def message_id(self, customer: Customer) -> str:
        """The id of a customer's next message."""

    def meet(self, name: str) -> Customer:
        """Somebody new."""
        customer = Customer(self.new_id(), name)
        self.memory.keep_customer(customer)
        return customer

    def write(
        self, customer_id: str, text: str = "", files: Sequence[Attachment] = (), reply_to: str = "", subject: str = ""
    ) -> Line:
        """The customer sends a message."""
        if subject and "subject" not in self.can:
            raise Refused("cannot")
        if reply_to:
            self._standing(reply_to, "reply")
        customer = self._acting(customer_id)
        kept = tuple(self._kept(file) for file in files)
        if not text.strip() and not kept:
            raise Refused("empty")
        line = Line(
            self.message_id(customer), customer.id, "customer", text, self.memory.now(), attachments=kept, reply_to=reply_to
        )
        self.memory.keep_line(line)
        self.tell(self.message(line, customer), line.id)
        return line

    def press(self, line_id: str, button_id: str) -> None:
        """The customer presses a button under a message."""
        line = self._standing(line_id, "press")
        button = next((each for each in line.buttons if each.id == button_id), None)
        if button is None:
            raise Refused("no_button")
        customer = self._acting(line.customer)
        self.tell(self.pressed(line, button, customer))

    def edit(self, line_id: str, text: str) -> Line:
        """The customer changes what they wrote."""
        changed = replace(self._own(line_id, "edit"), text=text, edited=True)
        customer = self._acting(changed.customer)
        self.memory.keep_line(changed)
        self.tell(self.edited(changed, customer))
        return changed

    def delete(self, line_id: str) -> Line:
        """The customer takes back what they wrote."""
        gone = replace(self._own(line_id, "delete"), deleted=True)
        customer = self._acting(gone.customer)
        self.memory.keep_line(gone)
        self.tell(self.deleted(gone, customer))
        return gone

    def react(self, line_id: str, emoji: str) -> Line:
        """The customer puts an emoji on a message, "" takes it away."""
        before = self._standing(line_id, "react")
        after = replace(before, reaction=emoji)
        customer = self._acting(after.customer)
        self.memory.keep_line(after)
        self.tell(self.reacted(after, before.reaction, customer))
        return after

    def read(self, customer_id: str) -> int:
        """The customer reads what came. Gives how many messages."""
        lines = self.memory.lines(customer_id)
        came = [line for line in lines if line.author == "business" and line.state in ("sent", "delivered")]
        for line in came:
            self._move(line if line.state == "delivered" else self._move(line, "delivered"), "read")
        return len(came)

    def block(self, customer_id: str, *, blocked: bool) -> Customer:
        """The customer wants nothing more of the business, or does again."""
        if "block" not in self.can:
            raise Refused("cannot")
        customer = replace(self.known(customer_id), blocked=blocked)
        self.memory.keep_customer(customer)
        self.tell(self.blocked(customer))
        return customer

    def switch(self, faults: Faults) -> None:
        """Other faults from now on. A phone that is on again gets what waited for it."""
        before = self.memory.faults
        self.memory.keep_faults(faults)
        if before.phone_off and not faults.phone_off:
            for line in self.memory.get("waiting") or ():
                found = self.memory.line(line)
                if found is not None and found.state == "sent":
                    self._move(found, "delivered")
            self.memory.put("waiting", [])

    def again(self, request: WebRequest) -> WebRequest:
        """The same once more, as the vendor posts it when it was not taken the first time: some sign it anew."""
        return request

    def tell(self, request: WebRequest | None, line: str = "") -> None:
        """Post to the webhook, as the faults will have it. None is what the vendor does not tell."""
        if request is None:
            return
        faults = self.memory.faults
        for _time in range(2 if faults.twice else 1):
            after = faults.late + (random.uniform(0, LONGEST_SHUFFLE) if faults.shuffled else 0.0)  # noqa: S311
            self.memory.post(Posting(request, line), after)

    # --- what the vendor then posts, signed -------------------------------------------------------------------------

    @abstractmethod
    def message(self, line: Line, customer: Customer) -> WebRequest:
        """A message of a customer's."""

    def pressed(self, line: Line, button: Button, customer: Customer) -> WebRequest | None:
        return None

    def edited(self, line: Line, customer: Customer) -> WebRequest | None:
        return None

    def deleted(self, line: Line, customer: Customer) -> WebRequest | None:
        return None

    def reacted(self, line: Line, before: str, customer: Customer) -> WebRequest | None:
        return None

    def blocked(self, customer: Customer) -> WebRequest | None:
        return None

    def status(self, line: Line, state: DeliveryState) -> WebRequest | None:
        """What became of a message of ours."""
        return None

    def _tell_status(self, line: Line, state: DeliveryState) -> None:
        if state == "sent" and self.memory.faults.phone_off:
            self.memory.put("waiting", [*(self.memory.get("waiting") or ()), line.id])
        self.tell(self.status(line, state))

    def _move(self, line: Line, state: Literal["delivered", "read"]) -> Line:
        moved = replace(line, state=state)
        self.memory.keep_line(moved)
        self._tell_status(moved, state)
        return moved

    def _acting(self, customer_id: str) -> Customer:
        """Who acts has the phone in their hand: they have read what came, and the business may write again."""
        customer = self.known(customer_id)
        if customer.blocked:
            raise Refused("blocked")
        faults = self.memory.faults
        if faults.phone_off or faults.window_closed:
            self.switch(replace(faults, phone_off=False, window_closed=False))
        self.read(customer_id)
        customer = replace(customer, wrote_at=self.memory.now())
        self.memory.keep_customer(customer)
        return customer

    def _standing(self, line_id: str, act: Act) -> Line:
        if act not in self.can:
            raise Refused("cannot")
        line = self.memory.line(line_id)
        if line is None or line.deleted:
            raise Refused("gone")
        return line

    def _own(self, line_id: str, act: Act) -> Line:
        line = self._standing(line_id, act)
        if line.author != "customer":
            raise Refused("not_theirs")
        return line

    def _kept(self, file: Attachment) -> Attachment:
        if "file" not in self.can:
            raise Refused("cannot")
        if len(file.data) > self.largest_file:
            raise Refused("too_large")
        return replace(file, data=b"", reference=self.memory.keep_file(file))
