"""A mail as bytes, read under limits. Whoever sends one can write anything at all into it.

Python's `email` is used with its plain policy: the modern one parses headers in ways that take minutes for a few KB.
"""

from __future__ import annotations

import re
import time
from binascii import Error as BinasciiError
from binascii import a2b_base64, a2b_qp
from collections.abc import Iterator, Sequence
from email._policybase import Compat32
from email.errors import HeaderParseError
from email.feedparser import BytesFeedParser
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses
from secrets import token_hex
from typing import Any

from frontdesk.sdk.errors import PayloadInvalid
from frontdesk.sdk.web import text_encoding

PIECE = 1 << 16
# Of work: how long it takes on a busy machine is not the mail's fault.
SECONDS = 2.0
MOST_PARTS = 200
DEEPEST = 20
LONGEST_HEADER = 8_000
MOST_HEADER_BYTES = 512 * 1024
BASE64_LINES = re.compile(rb"(?m)^(?:[A-Za-z0-9+/]{40,100}+\r?\n)++")
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


class Part(Message):
    """`files` are the long runs of base64, taken out before parsing: line by line, 20 MB would take seconds."""

    files: Sequence[bytes] = ()
    marks: re.Pattern[bytes]
    body = ""

    def set_payload(self, payload: Any, charset: Any = None) -> None:
        """Kept as it is: `get_payload` would go by a charset that may be a lie."""
        self.body = payload if isinstance(payload, str) else ""
        super().set_payload(payload, charset)

    def as_it_came(self) -> bytes:
        """The body in its transfer encoding."""
        return self._with_files(self.body.encode("utf-8", "surrogateescape"))

    def whole(self) -> bytes:
        """The part with its headers, as a mail of its own."""
        return self._with_files(self.as_bytes(policy=POLICY))

    def _with_files(self, raw: bytes) -> bytes:
        return self.marks.sub(lambda mark: self.files[int(mark[1])], raw) if self.files else raw


def read(raw: bytes) -> Part:
    """The tree of a mail. Raises PayloadInvalid beyond the limits."""
    mark = token_hex(8).encode()
    files: list[bytes] = []
    made = 0

    def part(policy: Any = POLICY) -> Part:
        nonlocal made
        made += 1
        if made > MOST_PARTS:
            raise PayloadInvalid(f"This e-mail has more than {MOST_PARTS} parts.")
        found = Part(policy)
        found.files, found.marks = files, re.compile(b"<%s:(\\d+)>(?:\r?\n)?" % mark)
        return found

    def taken_out(run: re.Match[bytes]) -> bytes:
        if len(run[0]) < PIECE:
            return run[0]
        files.append(run[0])
        return b"<%s:%d>\r\n" % (mark, len(files) - 1)

    parser: BytesFeedParser[Part] = BytesFeedParser(part, policy=POLICY)  # type: ignore[arg-type]
    until = time.thread_time() + SECONDS
    try:
        text = BASE64_LINES.sub(taken_out, raw)
        for start in range(0, len(text), PIECE):
            parser.feed(text[start : start + PIECE])
            if time.thread_time() > until:
                raise PayloadInvalid("This e-mail is put together in a way that takes too long to read.")
        return parser.close()
    except (RecursionError, ValueError, TypeError, LookupError, AssertionError, HeaderParseError) as error:
        raise PayloadInvalid("This e-mail cannot be taken apart.") from error


def headers(raw: bytes) -> Part:
    """The headers alone. Raises PayloadInvalid."""
    found = HEADER_END.search(raw, 0, MOST_HEADER_BYTES)
    if found is None and len(raw) > MOST_HEADER_BYTES:
        raise PayloadInvalid("This e-mail has headers that are larger than any should be.")
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
    try:
        found = getaddresses([_from_raw(value)[:2_000] for value in every(message, name)[:20]])
    except (RecursionError, IndexError, ValueError):
        return []
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


def content(part: Part) -> bytes:
    """A part without its transfer encoding; what cannot be decoded comes as it is."""
    raw = part.as_it_came()
    match plain(part, "content-transfer-encoding").lower():
        case "base64":
            try:
                return a2b_base64(raw)
            except BinasciiError:
                letters = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)  # cut off somewhere
                return a2b_base64(letters[: len(letters) // 4 * 4])
        case "quoted-printable":
            return a2b_qp(raw)
        case _:
            return raw


def filename(part: Part) -> str:
    """As the sender calls it, without a path."""
    try:
        found = part.get_filename("")
    except (ValueError, LookupError, TypeError):
        found = ""
    name = decoded(found if isinstance(found, str) else "")
    return re.split(r"[/\\]", name)[-1].strip(". ")[:150]


def children(part: Part) -> Sequence[Part]:
    inside = part.get_payload()
    return [each for each in inside if isinstance(each, Part)] if isinstance(inside, list) else ()


def leaves(part: Part, depth: int = 0) -> Iterator[Part]:
    """All parts that are no containers, in order."""
    inside = children(part)
    if not inside:
        yield part
    elif depth < DEEPEST:
        for each in inside:
            yield from leaves(each, depth + 1)
