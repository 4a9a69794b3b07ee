"""The two servers of a provider: as much of IMAP (RFC 9051) and SMTP (RFC 5321) as one needs to look at mails and send some."""

from __future__ import annotations

import re
from abc import abstractmethod
from base64 import b64decode
from binascii import Error as BinasciiError
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from frontdesk.sdk.wires import Opened, Said, Server

from .config import EmailConfig

if TYPE_CHECKING:
    from .double import Kept, MailDouble

LARGEST_MAIL = 36 * 2**20
DOTS = re.compile(rb"(?m)^\.")
END = b"\r\n.\r\n"
SEARCH = re.compile(r"UID (\d+):\* SINCE (\d{1,2}-[A-Z][a-z]{2}-\d{4})")
SIZES = re.compile(r"([\d,]+) \(UID RFC822\.SIZE INTERNALDATE\)")
MAIL = re.compile(r"(\d+) \(BODY\.PEEK\[\]\)")
ADDRESS = re.compile(r"(?:FROM|TO):<([^<>\s]*)>", re.IGNORECASE)


class Lines(Server):
    """What all such servers do: hear a line, say something."""

    def __init__(self, config: EmailConfig) -> None:
        self.config = config
        self._heard = bytearray()

    def hears(self, data: bytes, double: Opened) -> Said:
        self._heard += data
        said = Said()
        while not said.ends and (unit := self._next()) is not None:
            answer = self.answer(unit, double)
            said = Said(said.data + answer.data, said.after + answer.after, answer.ends)
        return said

    def _next(self) -> bytes | None:
        """A line, once all of it is there."""
        return self._up_to(b"\r\n")

    def _up_to(self, end: bytes, start: int = 0) -> bytes | None:
        """What stands before that, which is then heard; looked for from a place on."""
        at = self._heard.find(end, start)
        if at < 0:
            return None
        found = bytes(self._heard[:at])
        del self._heard[: at + len(end)]
        return found

    @abstractmethod
    def answer(self, heard: bytes, double: Opened) -> Said: ...

    def knows(self, credentials: bytes) -> bool:
        """Whether this is the owner of the mailbox (RFC 4616)."""
        user, password = self.config.login
        try:
            return b64decode(credentials, validate=True) == f"\0{user}\0{password}".encode()
        except BinasciiError:
            return False


class Imap(Lines):
    """One mailbox, whose mails can be looked at. Their numbers are given once and rise."""

    def __init__(self, config: EmailConfig) -> None:
        super().__init__(config)
        self._signing_in = ""
        self._signed_in = False
        self._folder_open = False

    def greets(self, double: Opened) -> Said:
        return Said(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n")

    def answer(self, heard: bytes, double: Opened) -> Said:
        line = heard.decode("utf-8", "replace")
        if self._signing_in:
            tag, self._signing_in = self._signing_in, ""
            self._signed_in = self.knows(heard)
            return _tagged(tag, "OK signed in" if self._signed_in else "NO [AUTHENTICATIONFAILED] wrong user name or password")
        tag, _space, command = line.partition(" ")
        match command.upper().split(" ", 2):
            case ["CAPABILITY"]:
                return _tagged(tag, "OK", "CAPABILITY IMAP4rev1 AUTH=PLAIN")
            case ["AUTHENTICATE", "PLAIN"]:
                self._signing_in = tag
                return Said(b"+ \r\n")
            case ["LOGOUT"]:
                return Said(_tagged(tag, "OK", "BYE come again").data, ends=True)
            case ["EXAMINE", *_folder] if self._signed_in:
                return self._examine(tag, command.partition(" ")[2], double)
            case ["UID", "SEARCH" | "FETCH" as verb, _about] if self._folder_open:
                about = command.split(" ", 2)[2]
                return self._search(tag, about, double) if verb == "SEARCH" else self._fetch(tag, about, double)
        return _tagged(tag, "BAD not understood")

    def _examine(self, tag: str, folder: str, double: Opened) -> Said:
        self._folder_open = folder == '"INBOX"'
        if not self._folder_open:
            return _tagged(tag, "NO [NONEXISTENT] no such folder")
        with double() as found:
            following = cast("MailDouble", found).next_uid
        told = (f"{following - 1} EXISTS", "OK [UIDVALIDITY 1]", f"OK [UIDNEXT {following}]")
        return _tagged(tag, "OK [READ-ONLY]", *told)

    def _search(self, tag: str, about: str, double: Opened) -> Said:
        """ "5:*" names the last mail too where its number is smaller."""
        asked = SEARCH.fullmatch(about)
        if asked is None:
            return _tagged(tag, "BAD not understood")
        since = datetime.strptime(asked[2], "%d-%b-%Y").replace(tzinfo=UTC)
        with double() as found:
            desk = cast("MailDouble", found)
            last = desk.next_uid - 1
            mails = [desk.kept(uid) for uid in range(min(int(asked[1]), max(last, 1)), last + 1)]
        day = [str(mail.uid) for mail in mails if mail and datetime.fromtimestamp(mail.at, UTC) >= since]
        return _tagged(tag, "OK", " ".join(["SEARCH", *day]))

    def _fetch(self, tag: str, about: str, double: Opened) -> Said:
        with double() as found:
            desk = cast("MailDouble", found)
            if sizes := SIZES.fullmatch(about):
                mails = [mail for uid in sizes[1].split(",") if uid and (mail := desk.kept(int(uid)))]
                return _tagged(tag, "OK", *map(_size, mails))
            if (asked := MAIL.fullmatch(about)) and (one := desk.kept(int(asked[1]))):
                raw = desk.fetched(one)
                said = b"* %d FETCH (UID %d BODY[] {%d}\r\n%b)\r\n" % (one.uid, one.uid, len(raw), raw)
                return Said(said + _tagged(tag, "OK").data)
        return _tagged(tag, "OK" if asked else "BAD not understood")


def _size(mail: Kept) -> str:
    at = datetime.fromtimestamp(mail.at, UTC).strftime("%d-%b-%Y %H:%M:%S +0000")
    return f'{mail.uid} FETCH (UID {mail.uid} RFC822.SIZE {mail.size} INTERNALDATE "{at}")'


def _tagged(tag: str, end: str, *told: str) -> Said:
    lines = [*(f"* {each}" for each in told), f"{tag} {end if end != 'OK' else 'OK done'}"]
    return Said("".join(f"{line}\r\n" for line in lines).encode())


class Smtp(Lines):
    """The outgoing server: it takes mails from the owner, to people whom the rehearsal knows."""

    def __init__(self, config: EmailConfig) -> None:
        super().__init__(config)
        self._signed_in = False
        self._reset()

    def _reset(self) -> None:
        self._sender = self._recipient = ""
        self._in_data = self._silent = False
        self._looked = 0

    def greets(self, double: Opened) -> Said:
        return _said(220, "rehearsal.example ESMTP")

    def _next(self) -> bytes | None:
        """In a mail, all of it up to the last dot."""
        if not self._in_data:
            return super()._next()
        mail = self._up_to(END, max(0, self._looked - len(END)))
        self._looked = len(self._heard) if mail is None else 0
        return mail

    def answer(self, heard: bytes, double: Opened) -> Said:
        if self._in_data:
            return self._mail(heard, double)
        verb, _space, about = heard.decode("utf-8", "replace").partition(" ")
        match verb.upper():
            case "EHLO":
                return Said(f"250-rehearsal.example\r\n250-AUTH PLAIN\r\n250 SIZE {LARGEST_MAIL}\r\n".encode())
            case "AUTH":
                self._signed_in = self.knows(about.removeprefix("PLAIN ").encode())
                return _said(235, "2.7.0 welcome") if self._signed_in else _said(535, "5.7.8 wrong user name or password")
            case "MAIL" if self._signed_in:
                return self._from(about, double)
            case "RCPT" if self._sender:
                return self._to(about, double)
            case "DATA" if self._recipient:
                self._in_data = True
                return _said(354, "go ahead")
            case "RSET":
                self._reset()
                return _said(250, "2.0.0 done")
            case "QUIT":
                return Said(_said(221, "2.0.0 goodbye").data, ends=True)
        return _said(503, "5.5.1 not now")

    def _from(self, about: str, double: Opened) -> Said:
        """What is wrong with the server today shows as soon as it is asked to take something."""
        self._reset()
        asked = ADDRESS.match(about)
        if asked is None or asked[1].lower() != self.config.address.lower():
            return _said(553, "5.7.1 you may only write as yourself")
        with double() as desk:
            if desk.memory.busy(1.0) >= desk.per_second:
                return _said(450, "4.7.0 too many messages at once")
            mood = desk.mood()
        if mood == "busy":
            return _said(450, "4.3.2 too busy, come again later")
        if mood == "broken":
            return Said(ends=True)
        self._silent = mood == "silent"
        self._sender = asked[1]
        return _said(250, "2.1.0 fine")

    def _to(self, about: str, double: Opened) -> Said:
        asked = ADDRESS.match(about)
        with double() as desk:
            customer = desk.memory.customer(asked[1].lower()) if asked else None
        if customer is None:
            return _said(550, "5.1.1 there is no such mailbox")
        if customer.blocked:
            return _said(550, "5.7.1 the recipient does not take mails from you")
        self._recipient = customer.id
        return _said(250, "2.1.5 fine")

    def _mail(self, heard: bytes, double: Opened) -> Said:
        recipient, silent = self._recipient, self._silent
        self._reset()
        if len(heard) > LARGEST_MAIL:
            return _said(552, "5.3.4 the message is too large")
        with double() as desk:
            wrong = cast("MailDouble", desk).taken(DOTS.sub(b"", heard) + b"\r\n", recipient)
            slow = desk.memory.faults.slow
        if silent:
            return Said(ends=True)
        return Said(_said(550, wrong).data if wrong else _said(250, "2.0.0 taken").data, after=slow)


def _said(code: int, words: str) -> Said:
    return Said(f"{code} {words}\r\n".encode())
