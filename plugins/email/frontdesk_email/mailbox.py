"""The mailbox, over IMAP: looked at, never changed. UIDVALIDITY and the last UID say which mails are new (RFC 9051 §2.3)."""

from __future__ import annotations

import imaplib
import json
import math
import re
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta

from frontdesk.sdk.errors import DeliveryFailed

from .config import EmailConfig
from .refusals import no_login, out_of_order

MOST_MAILS = 50
MOST_BYTES = 24 * 2**20
# A mail that is larger is read up to LARGE_PIECE: its text stands at its beginning, its files are what is large.
LARGEST = 28 * 2**20
LARGE_PIECE = 2**20
# What a server may say in one go besides mails.
MOST_CHATTER = 8 * 2**20
# Some servers go by their own midnight.
MARGIN = timedelta(days=2)
# And by their own clock.
CLOCKS = 600
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
UID = re.compile(rb"\bUID (\d{1,10})\b")
SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,12})\b")


@dataclass(frozen=True, slots=True)
class State:
    """Where to go on. `begun` is when the mailbox was connected (seconds since 1970), `seen` the day of the last look.

    What came before the day `since` is not ours: it was there before us, or we have it already though its number is a new one.
    Once mails were `renumbered`, only the time of its arrival tells a mail that lay there before us.
    """

    mailbox: str
    validity: int
    uid: int
    begun: int
    seen: str
    since: str
    renumbered: bool = False

    def as_text(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, text: str) -> State | None:
        """None the first time, and for what another version wrote."""
        try:
            return cls(**json.loads(text)) if text else None
        except (ValueError, TypeError):
            return None


@dataclass(frozen=True, slots=True)
class Found:
    """A mail as it came, or the beginning of one that is too large; `size` is that of all of it."""

    raw: bytes
    size: int

    @property
    def is_whole(self) -> bool:
        return len(self.raw) >= self.size or self.size <= LARGEST


class _Line(imaplib.IMAP4):
    """Speaks over a socket that the host has opened, and reads no more than a mailbox has any reason to say."""

    def __init__(self, line: socket.socket, host: str) -> None:
        self._given = line
        self._room = MOST_BYTES + LARGEST + MOST_CHATTER
        super().__init__(host)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        return self._given

    def read(self, size: int) -> bytes:
        self._take(size)
        return super().read(size)

    def readline(self) -> bytes:
        line = super().readline()
        self._take(len(line))
        return line

    def _take(self, size: int) -> None:
        self._room -= size
        if self._room < 0:
            raise self.abort("the server says more than there is room for")


@contextmanager
def opened(line: socket.socket, config: EmailConfig, trust: ssl.SSLContext) -> Iterator[imaplib.IMAP4]:
    """Signed in, and looking at the folder without changing anything. Raises DeliveryFailed with a sentence for the owner."""
    server = config.servers[0]
    try:
        client = _Line(line, server.host)
        if server.encryption == "starttls":
            client.starttls(trust)
        _sign_in(client, config)
        answer, _said = client.select(_quoted(config.folder), readonly=True)
        if answer != "OK":
            problem = f"There is no folder “{config.folder}” in this mailbox. Write its name as the server has it."
            raise DeliveryFailed(problem, permanent=True)
        yield client
        with suppress(imaplib.IMAP4.error, OSError):
            client.logout()
    except (imaplib.IMAP4.error, OSError, ValueError, EOFError) as error:
        raise out_of_order(server, "incoming", error) from error
    finally:
        line.close()


def _sign_in(client: imaplib.IMAP4, config: EmailConfig) -> None:
    user, password = config.login
    try:
        if "AUTH=PLAIN" in client.capabilities:
            client.authenticate("PLAIN", lambda _challenge: f"\0{user}\0{password}".encode())
        else:
            client.login(user, password)
    except imaplib.IMAP4.abort:
        raise
    except (imaplib.IMAP4.error, UnicodeError) as error:
        raise no_login(config.servers[0], "incoming", str(error)) from error


def _quoted(folder: str) -> str:
    """A folder as IMAP writes it: in quotes, other letters than ASCII in its own UTF-7 (RFC 3501 §5.1.3)."""

    def encoded(match: re.Match[str]) -> str:
        packed = match[0].encode("utf-7").decode() if match[0] != "&" else "+-"
        return "&" + packed.removeprefix("+").removesuffix("-").replace("/", ",") + "-"

    name = re.sub(r"&|[^\x20-\x7e]+", encoded, folder)
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def look(
    line: socket.socket, config: EmailConfig, trust: ssl.SSLContext, state: str, *, until: float
) -> tuple[list[Found], State]:
    """The mails that came since, oldest first, and where to go on. The first time there are none: what was there before stays.

    `until` on the monotonic clock: what has been read by then is given.
    """
    with opened(line, config, trust) as client:
        validity = _number(client, "UIDVALIDITY") or 1
        today = datetime.now(UTC).date()
        before = State.of(state)
        if before is None or before.mailbox != config.mailbox:
            now = int(time.time())
            return [], State(config.mailbox, validity, _highest(client), now, seen=str(today), since=str(today - MARGIN))
        if before.validity != validity:
            since = max(before.since, str(date.fromisoformat(before.seen) - MARGIN))
            before = replace(before, validity=validity, uid=0, since=since, renumbered=True)
        found, last = _fetch(client, _new(client, before)[:MOST_MAILS], before, until)
        return found, replace(before, uid=last, seen=str(today))


def _number(client: imaplib.IMAP4, name: str) -> int:
    """What the server said of the folder; 0 when it did not."""
    _code, values = client.response(name)
    value = (values or [None])[-1]
    return int(value) if isinstance(value, bytes) and value.isdigit() else 0


def _highest(client: imaplib.IMAP4) -> int:
    following = _number(client, "UIDNEXT")
    if following:
        return following - 1
    return max(_search(client, "ALL"), default=0)


def _new(client: imaplib.IMAP4, state: State) -> list[int]:
    """In rising order. "5:*" names the last mail even where it has a smaller number."""
    day = date.fromisoformat(state.since)
    asked = f"UID {state.uid + 1}:* SINCE {day.day}-{MONTHS[day.month - 1]}-{day.year}"
    return sorted(uid for uid in _search(client, asked) if uid > state.uid)


def _search(client: imaplib.IMAP4, asked: str) -> list[int]:
    answer, data = client.uid("SEARCH", asked)
    if answer != "OK":
        raise client.error(f"the server cannot search: {data!r}")
    return [int(each) for piece in data if isinstance(piece, bytes) for each in piece.split() if each.isdigit()]


def _fetch(client: imaplib.IMAP4, uids: Sequence[int], state: State, until: float) -> tuple[list[Found], int]:
    """As many as fit into the time and the room that there are, at least one; and the last number that was looked at."""
    found: list[Found] = []
    room, last = MOST_BYTES, state.uid
    sizes = _sizes(client, uids, after=state.begun - CLOCKS if state.renumbered else 0.0)
    for uid in uids:
        size = sizes.get(uid)
        if size is not None:
            taken = size if size <= LARGEST else LARGE_PIECE
            if found and (taken > room or time.monotonic() > until):
                break
            raw = _mail(client, uid, size)
            if raw is not None:
                found.append(Found(raw, size))
                room -= len(raw)
        last = uid
    return found, last


def _sizes(client: imaplib.IMAP4, uids: Sequence[int], *, after: float) -> dict[int, int]:
    """By number; without those that somebody deleted meanwhile, and those that came before a time."""
    if not uids:
        return {}
    answer, data = client.uid("FETCH", ",".join(map(str, uids)), "(UID RFC822.SIZE INTERNALDATE)")
    if answer != "OK":
        raise client.error(f"the server does not say how large the mails are: {data!r}")
    lines = [line for line in data if isinstance(line, bytes)]
    pairs = [(UID.search(line), SIZE.search(line)) for line in lines if _came_at(line) >= after]
    return {int(uid[1]): int(size[1]) for uid, size in pairs if uid and size}


def _came_at(line: bytes) -> float:
    """When a mail arrived, in seconds since 1970; the end of all times where the server does not say."""
    found = imaplib.Internaldate2tuple(line)
    return time.mktime(found) if found else math.inf


def _mail(client: imaplib.IMAP4, uid: int, size: int) -> bytes | None:
    part = "" if size <= LARGEST else f"<0.{LARGE_PIECE}>"
    answer, data = client.uid("FETCH", str(uid), f"(BODY.PEEK[]{part})")
    if answer != "OK":
        raise client.error(f"the server does not hand out a mail: {data!r}")
    raw = next((bytes(item[1]) for item in data if isinstance(item, tuple) and len(item) > 1), None)
    return raw if raw is None or size <= LARGEST else raw[:LARGE_PIECE]
