"""A mail as bytes, read under limits. Whoever sends one can write anything at all into it.

Python's `email` is used with its plain policy: the modern one parses headers in ways that take minutes for a few KB.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from email._policybase import Compat32
from email.errors import HeaderParseError
from email.feedparser import BytesFeedParser
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses
from typing import Any

from frontdesk.sdk.errors import PayloadInvalid
from frontdesk.sdk.web import text_encoding

PIECE = 1 << 16
SECONDS = 2.0
MOST_PARTS = 200
DEEPEST = 20
LONGEST_HEADER = 8_000
MOST_HEADER_BYTES = 512 * 1024
HEADER_END = re.compile(rb"\r?\n\r?\n")
ADDRESS = re.compile(r"[^@\s<>\"(),;:\[\]\\]{1,64}@[^@\s<>\"(),;:\[\]\\]{1,190}")
# What is declared is often a part of what is meant, as browsers know (WHATWG Encoding).
MEANT = {"iso8859-1": "cp1252", "iso8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949"}
MEANT["shift_jis"] = "cp932"


class _Bounded(Compat32):
    """Long headers are cut before anything looks into them: some parsers of parameters take time squared."""

    def header_source_parse(self, sourcelines: Any) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:LONGEST_HEADER]


POLICY = _Bounded()


def read(raw: bytes) -> Message:
    """The tree of a mail. Raises PayloadInvalid beyond the limits."""
    made = 0

    def part(policy: Any = POLICY) -> Message:
        nonlocal made
        made += 1
        if made > MOST_PARTS:
            raise PayloadInvalid(f"This e-mail has more than {MOST_PARTS} parts.")
        return Message(policy)

    parser = BytesFeedParser(part, policy=POLICY)
    until = time.monotonic() + SECONDS
    try:
        for start in range(0, len(raw), PIECE):
            parser.feed(raw[start : start + PIECE])
            if time.monotonic() > until:
                raise PayloadInvalid("This e-mail is put together in a way that takes too long to read.")
        return parser.close()
    except (RecursionError, ValueError, TypeError, LookupError, AssertionError, HeaderParseError) as error:
        raise PayloadInvalid("This e-mail cannot be taken apart.") from error


def headers(raw: bytes) -> Message:
    """The headers alone. Raises PayloadInvalid."""
    found = HEADER_END.search(raw, 0, MOST_HEADER_BYTES)
    if found is None and len(raw) > MOST_HEADER_BYTES:
        raise PayloadInvalid("The headers of this e-mail are larger than any should be.")
    return read(raw[: found.start()] + b"\r\n\r\n" if found else raw)


def plain(message: Message, name: str) -> str:
    """A header as it stands, in one line; "" when it is missing."""
    for header, value in message.raw_items():
        if header.lower() == name:
            return " ".join(str(value).split())
    return ""


def every(message: Message, name: str) -> list[str]:
    return [" ".join(str(value).split()) for header, value in message.raw_items() if header.lower() == name]


def words(message: Message, name: str) -> str:
    """A header for people, decoded (RFC 2047)."""
    return decoded(plain(message, name))


def decoded(value: str) -> str:
    try:
        pieces = decode_header(_from_raw(value))
    except (HeaderParseError, ValueError):
        return _clean(_from_raw(value))
    said = "".join(piece if isinstance(piece, str) else text(piece, charset or "") for piece, charset in pieces)
    return _clean(said)


def addresses(message: Message, name: str) -> list[tuple[str, str]]:
    """(name, address) of those that are addresses."""
    found = getaddresses([_from_raw(value)[:2_000] for value in every(message, name)])
    return [(decoded(label), address.strip()) for label, address in found if ADDRESS.fullmatch(address.strip())]


def _from_raw(value: str) -> str:
    """Bytes beyond ASCII stand in a header as they came."""
    raw = value.encode("utf-8", "surrogateescape")
    return text(raw, "")


def _clean(value: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in value).split())


def text(raw: bytes, charset: str) -> str:
    """Bytes as text, whatever their charset is said to be."""
    name = text_encoding(charset) if charset else ""
    if name in ("", "ascii", "utf-8"):
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw.decode("cp1252", "replace") if name != "utf-8" else raw.decode("utf-8", "replace")
    return raw.decode(MEANT.get(name, name), "replace")


def content(part: Message) -> bytes:
    """A part without its transfer encoding; what cannot be decoded comes as it is."""
    try:
        found = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        found = None
    if isinstance(found, bytes):
        return found
    inside = part.get_payload()
    return inside.encode("utf-8", "surrogateescape") if isinstance(inside, str) else b""


def filename(part: Message) -> str:
    """As the sender calls it, without a path."""
    try:
        found = part.get_filename("")
    except (ValueError, LookupError, TypeError):
        found = ""
    name = decoded(found if isinstance(found, str) else "")
    return re.split(r"[/\\]", name)[-1].strip(". ")[:150]


def children(part: Message) -> Sequence[Message]:
    inside = part.get_payload()
    return [each for each in inside if isinstance(each, Message)] if isinstance(inside, list) else ()


def leaves(part: Message, depth: int = 0) -> Iterator[Message]:
    """All parts that are no containers, in order."""
    inside = children(part)
    if not inside:
        yield part
    elif depth < DEEPEST:
        for each in inside:
            yield from leaves(each, depth + 1)
