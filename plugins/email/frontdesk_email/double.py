"""A mailbox at a provider's, and the mailboxes of customers, without any mail server: what the plugin says over IMAP and SMTP is
answered by `double_servers`, and what customers write are mails as their programs make them.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import httpx

from frontdesk.sdk.rehearsal import Customer, Double, Line, Look, Refused, Switch
from frontdesk.sdk.values import Attachment, WebRequest
from frontdesk.sdk.wires import Server

from . import automatic, double_mails, incoming
from .config import EmailConfig
from .double_mails import own_id
from .double_servers import Imap, Smtp
from .words import phrase

INCOMING, OUTGOING = "imap.rehearsal.example:993", "smtp.rehearsal.example:465"
CUSTOMERS = "post.example"
AGAIN = re.compile(r"^(re:\s*)+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Kept:
    """A mail in the mailbox of the business. `at` is in seconds since 1970, `size` in bytes."""

    uid: int
    size: int
    at: float
    file: str
    line: str


class MailDouble(Double):
    can = frozenset({"file", "reply", "subject", "block"})
    look = Look(bar="#3d5a80", paper="#eef1f6", customer="#ffffff", business="#ffffff", layout="mail")
    switches = (
        Switch("away", phrase("is away, and their mail program answers everything by itself")),
        Switch("returned", phrase("has a full mailbox: what we send comes back")),
    )
    largest_file = 15 * 2**20

    @classmethod
    def account(cls) -> Mapping[str, Any]:
        return {
            "address": f"desk-{secrets.token_hex(4)}@rehearsal.example",
            "provider": "other",
            "incoming": INCOMING,
            "incoming_encryption": "tls",
            "outgoing": OUTGOING,
            "outgoing_encryption": "tls",
            "password": secrets.token_urlsafe(12),
        }

    @property
    def config(self) -> EmailConfig:
        assert isinstance(self.settings, EmailConfig)
        return self.settings

    # --- the servers ------------------------------------------------------------------------------------------------

    def server(self, host: str, port: int) -> Server | None:
        match f"{host}:{port}":
            case where if where == self.config.incoming:
                return Imap(self.config)
            case where if where == self.config.outgoing:
                return Smtp(self.config)
        return None

    def answer(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("Mail servers speak no HTTP.", request=request)

    def sends(self, request: httpx.Request) -> bool:
        return False

    def busy(self, seconds: int) -> httpx.Response:
        return httpx.Response(503)

    # --- the mailbox of the business --------------------------------------------------------------------------------

    @property
    def next_uid(self) -> int:
        return int((self.memory.get("mailbox") or {}).get("next", 1))

    def keep(self, request: WebRequest) -> None:
        """A mail arrives in the mailbox."""
        uid = self.next_uid
        line = self.memory.line(incoming.envelope(request.body, self.config).id)
        file = self.memory.keep_file(Attachment("message/rfc822", f"{uid}.eml", data=request.body))
        about = {"size": len(request.body), "at": self.memory.now(), "file": file, "line": line.id if line else ""}
        self.memory.put(f"mail:{uid}", about)
        self.memory.put("mailbox", {"next": uid + 1})

    def kept(self, uid: int) -> Kept | None:
        about = self.memory.get(f"mail:{uid}")
        return Kept(uid=uid, **about) if about else None

    def fetched(self, mail: Kept) -> bytes:
        """The business has read it."""
        line = self.memory.line(mail.line) if mail.line else None
        if line is not None and line.state == "sent":
            self.memory.keep_line(replace(line, state="delivered"))
        file = self.memory.file(mail.file)
        return file.data if file else b""

    # --- the mailboxes of customers ---------------------------------------------------------------------------------

    def taken(self, raw: bytes, customer_id: str) -> str:
        """A mail of the business's, which the outgoing server takes, unless it gives what is wrong with it."""
        mail = double_mails.read(raw)
        message_id = str(mail["Message-ID"] or "").strip()
        if not message_id or not mail["From"] or not mail["Date"]:
            return "5.7.1 Messages missing a valid Message-ID, From or Date header are not accepted"
        customer = self.known(customer_id)
        if self.memory.line(message_id) is not None:
            return ""  # the same once more: one mail to whoever gets it
        answered = str(mail["In-Reply-To"] or "").strip()
        line = Line(
            message_id,
            customer.id,
            "business",
            double_mails.written(mail, "plain"),
            self.memory.now(),
            html=double_mails.written(mail, "html"),
            attachments=tuple(
                replace(file, data=b"", reference=self.memory.keep_file(file)) for file in double_mails.files(mail)
            ),
            reply_to=next((each.id for each in self.memory.lines(customer.id) if answered and own_id(each) == answered), ""),
            subject=str(mail["Subject"] or ""),
            about={"references": str(mail["References"] or "").split()},
        )
        if "returned" in self.memory.faults.own:
            self.tell(_as_request(double_mails.returned(line, self.config.address, self.memory.number())))
        else:
            self.show(line)
        return ""

    def show(self, line: Line) -> Line:
        shown = super().show(line)
        if "away" in self.memory.faults.own:
            customer = self.known(line.customer)
            answer = self._line(customer, double_mails.AWAY % customer.name, f"Automatic reply: {line.subject}", line)
            self._post(answer, double_mails.away(answer, customer, self.config.address))
        return shown

    # --- what customers do ------------------------------------------------------------------------------------------

    def new_id(self) -> str:
        return f"customer.{self.memory.number()}@{CUSTOMERS}"

    def meet(self, name: str) -> Customer:
        """Their address tells who they are; not one that no person would have."""
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        local = ".".join(re.findall(r"[a-z0-9]+", plain))[:40]
        address = f"{local}.{self.memory.number()}@{CUSTOMERS}"
        customer = Customer(self.new_id() if not local or automatic.is_robot(address) else address, name)
        self.memory.keep_customer(customer)
        return customer

    def message_id(self, customer: Customer) -> str:
        return f"<{self.memory.number()}.{secrets.token_hex(4)}@{CUSTOMERS}>"

    def write(
        self, customer_id: str, text: str = "", files: Sequence[Attachment] = (), reply_to: str = "", subject: str = ""
    ) -> Line:
        answered = self._standing(reply_to, "reply") if reply_to else None
        customer = self._acting(customer_id)
        kept = tuple(self._kept(file) for file in files)
        text = "\n".join(text.splitlines())
        if not text.strip() and not kept and not subject.strip():
            raise Refused("empty")
        if answered is not None:
            subject = f"Re: {AGAIN.sub('', answered.subject)}".strip()
        line = replace(self._line(customer, text, subject, answered), attachments=kept)
        if text:
            line = replace(line, quoted=double_mails.below(customer, answered, self._writer(answered)))
        return self._post(line, double_mails.letter(line, customer, self.config.address, files))

    def message(self, line: Line, customer: Customer) -> WebRequest:
        files = [file for each in line.attachments if (file := self.memory.file(each.reference))]
        return _as_request(double_mails.letter(line, customer, self.config.address, files))

    def _line(self, customer: Customer, text: str, subject: str, answered: Line | None) -> Line:
        """Not named yet as the plugin will call it."""
        about = {"references": [*answered.about.get("references", ()), own_id(answered)]} if answered else {}
        reply_to = answered.id if answered else ""
        now, name = self.memory.now(), self.message_id(customer)
        return Line(name, customer.id, "customer", text, now, subject=subject, reply_to=reply_to, about=about)

    def _writer(self, answered: Line | None) -> str:
        return self.config.address if answered is None or answered.author == "business" else answered.customer

    def _post(self, line: Line, raw: bytes) -> Line:
        line = replace(line, id=incoming.envelope(raw, self.config).id)
        self.memory.keep_line(line)
        self.tell(_as_request(raw), line.id)
        return line


def _as_request(raw: bytes) -> WebRequest:
    return WebRequest("MAIL", "", {"content-type": "message/rfc822"}, {}, raw)
