"""A mail that came in, as what the host understands."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from email.utils import mktime_tz, parsedate_tz
from hashlib import sha256

from frontdesk.sdk.channel import Came, Envelope
from frontdesk.sdk.values import Attachment, Inbound

from . import automatic, bounces, mime, pages, quoting, threads
from .config import EmailConfig
from .mime import Part
from .threads import Remembered

LONGEST_TEXT = 50_000
MOST_FILES = 25
# Smaller pictures that stand in a text are logos, icons of networks and counters of readers.
SMALLEST_PICTURE = 15_000
NO_FILES = frozenset({"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"})
BODIES = ("text/plain", "text/html")
FORWARDS = ("fwd:", "fw:", "wg:", "tr:", "rv:", "i:", "enc:", "doorst:", "vb:", "vs:", "ynt:", "إعادة توجيه:")
LATEST = 4_102_444_800.0  # the year 2100


@dataclass(frozen=True, slots=True)
class Letter:
    """Who wrote, and to which of our threads it belongs. `external_id` holds the Message-ID, up to the "#"."""

    external_id: str
    sender: str
    sender_name: str
    thread: str
    answers: str
    remembered: Remembered
    begins: bool


def letter(message: Part, config: EmailConfig) -> Letter:
    """From the headers alone."""
    own = next(iter(threads.ids(mime.plain(message, "message-id"))), "")
    references = threads.ids(mime.plain(message, "references"))
    answers = threads.ids(mime.plain(message, "in-reply-to"))
    name, address = _sender(message)
    own_or_made = own or f"<{_fingerprint(message)}@nowhere>"
    return Letter(
        external_id=f"{own}#{_fingerprint(message)}",
        sender=address,
        sender_name=name,
        thread=threads.find(own_or_made, references, answers, config.domain),
        answers=next(iter(answers), ""),
        remembered=Remembered(mime.words(message, "subject")[:300], tuple(dict.fromkeys((*references, *answers, own_or_made)))),
        begins=not references and not answers,
    )


def _sender(message: Part) -> tuple[str, str]:
    """Whom to answer: forms on web pages write from an address of their own and name the customer in Reply-To."""
    for header in ("reply-to", "from", "sender"):
        for name, address in mime.addresses(message, header):
            if not automatic.is_robot(address):
                return name[:200], _lowered(address)
    return next(((name[:200], _lowered(address)) for name, address in mime.addresses(message, "from")), ("", ""))


def _lowered(address: str) -> str:
    """One customer is one address, however it is written today."""
    return address.lower()


def _fingerprint(message: Part) -> str:
    """Tells two mails apart that carry one Message-ID, as those of some programs do; a copy of a mail has the same one."""
    told = [mime.plain(message, name) for name in ("message-id", "date", "from", "subject")]
    return sha256("\n".join(told).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def envelope(raw: bytes, config: EmailConfig) -> Envelope:
    """By what a mail says of itself, not by its number in the mailbox: numbers are given anew at times."""
    message = mime.headers(raw)
    found = letter(message, config)
    return Envelope(found.external_id, "" if bounces.is_report(message) else found.sender)


def came(raw: bytes, config: EmailConfig, cut_from: int = 0) -> Sequence[Came]:
    """What a mail brings; nothing for those that no person wrote. `cut_from` is the size of one that is cut off here."""
    message = mime.read(raw)
    if bounces.is_report(message):
        told = bounces.status(message, config.domain)
        return [told] if told else []
    found = letter(message, config)
    if automatic.is_automatic(message) or not found.sender or automatic.is_robot(found.sender) or _is_own(found, message, config):
        return []
    return [_inbound(message, found, cut_from)]


def _is_own(found: Letter, message: Part, config: EmailConfig) -> bool:
    """What we sent comes back through copies and lists."""
    ours = {config.address.lower(), config.login[0].lower()}
    return found.sender in ours or bool(threads.own_thread(found.external_id.partition("#")[0], config.domain))


def _inbound(message: Part, found: Letter, cut_from: int) -> Inbound:
    subject = found.remembered.subject
    body, files = _body(message, forwarded=subject.lower().startswith(FORWARDS))
    if cut_from:
        files = _without_the_rest(files, cut_from)
    title = subject if found.begins and not body.casefold().startswith(subject.casefold()) else ""
    said = "\n\n".join(filter(None, (title, body)))
    return Inbound(
        external_id=found.external_id,
        sender_id=found.sender,
        sender_name=found.sender_name,
        text=said[:LONGEST_TEXT] or ("" if files else subject or "(…)"),
        thread_id=found.thread,
        attachments=files,
        reply_to=found.answers,
        sent_at=_sent_at(message),
    )


def _without_the_rest(files: Sequence[Attachment], size: int) -> tuple[Attachment, ...]:
    """The last file was cut in the middle: the host tells the customer that it is too large."""
    return (*files[:-1], *(replace(each, data=b"", size=size) for each in files[-1:]))


def _sent_at(message: Part) -> float:
    try:
        parsed = parsedate_tz(mime.plain(message, "date")[:100])
        at = float(mktime_tz(parsed)) if parsed else 0.0
    except (ValueError, OverflowError, TypeError):
        return 0.0
    return at if 0 < at < min(LATEST, time.time() + 86_400) else 0.0


def _body(message: Part, *, forwarded: bool) -> tuple[str, tuple[Attachment, ...]]:
    """What was written, and the files that came along."""
    parts = list(_chosen(message))
    texts = [part for part in parts if _is_text(part)]
    pages_of = [mime.text(mime.content(part), part.get_content_charset("")) for part in _every_page(message)]
    shown = set().union(*(pages.shown_inside(page) for page in pages_of)) if pages_of else set()
    pieces = [_said(part, forwarded=forwarded) for part in texts]
    files = [_file(part) for part in parts if part not in texts and _is_worth_keeping(part, shown)]
    body = "\n\n".join(filter(None, pieces)).strip()
    return body, tuple(each for each in files if each.data)[:MOST_FILES]


def _chosen(part: Part, depth: int = 0) -> Iterator[Part]:
    """The leaves that count: of alternatives the plain text, if it says anything, else the page."""
    inside = mime.children(part)
    kind = part.get_content_type()
    if kind == "message/rfc822" and depth or not inside:
        yield part
    elif depth < mime.DEEPEST:
        best = _best(inside) if kind == "multipart/alternative" else None
        for each in inside:
            if best is None or each is best:
                yield from _chosen(each, depth + 1)
            else:  # the text once more, but its pictures, and files that some programs put among the versions
                yield from (leaf for leaf in mime.leaves(each) if not _is_text(leaf))


def _best(versions: Sequence[Part]) -> Part | None:
    for wanted in BODIES:
        for each in versions:
            leaf = next((leaf for leaf in mime.leaves(each) if leaf.get_content_type() == wanted), None)
            if leaf is not None and mime.content(leaf).strip():
                return each
    return None


def _every_page(message: Part) -> Iterator[Part]:
    return (part for part in mime.leaves(message) if part.get_content_type() == "text/html" and not _is_attached(part))


def _is_attached(part: Part) -> bool:
    return part.get_content_disposition() == "attachment" or bool(mime.filename(part))


def _is_text(part: Part) -> bool:
    return part.get_content_type() in BODIES and not _is_attached(part)


def _said(part: Part, *, forwarded: bool) -> str:
    found = mime.text(mime.content(part), part.get_content_charset(""))
    if part.get_content_type() == "text/html":
        return quoting.own_words(pages.said(found, forwarded=forwarded))
    return quoting.own_words(_unfolded(found, _parameters(part)))


def _parameters(part: Part) -> Mapping[str, str]:
    return {name.lower(): value.lower() for name, value in part.get_params([]) if isinstance(value, str)}


def _unfolded(text: str, parameters: Mapping[str, str]) -> str:
    """Lines that a mail program broke for the way, whole again (RFC 3676)."""
    if parameters.get("format") != "flowed":
        return text
    lines: list[str] = []
    open_line = False
    for line in text.replace("\r\n", "\n").split("\n"):
        plain = line.removeprefix(" ")
        joins = open_line and not plain.startswith(">") and plain != "-- "
        if joins:
            lines[-1] += plain
        else:
            lines.append(plain)
        open_line = plain.endswith(" ") and not plain.startswith(">") and plain != "-- "
        if open_line and parameters.get("delsp") == "yes":
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines)


def _is_worth_keeping(part: Part, shown: set[str]) -> bool:
    """Files, and pictures that a customer put into the text; not logos, signatures and what only a quote shows."""
    kind = part.get_content_type()
    if kind in NO_FILES or part.get_content_maintype() == "multipart":
        return False
    inside = mime.plain(part, "content-id").strip("<> ").lower()
    if not inside or part.get_content_disposition() == "attachment" or part.get_content_maintype() != "image":
        return True
    return inside in shown and len(mime.content(part)) >= SMALLEST_PICTURE


def _file(part: Part) -> Attachment:
    kind = part.get_content_type()
    if kind == "message/rfc822":
        inner = next(iter(mime.children(part)), None)
        subject = mime.words(inner, "subject")[:80] if inner else ""
        data = inner.whole() if inner else b""
        return Attachment(kind, f"{subject.replace('/', '-') or 'message'}.eml", data=data)
    return Attachment(kind, mime.filename(part) or _named(kind), data=mime.content(part))


def _named(kind: str) -> str:
    """For a file without a name."""
    ending = kind.partition("/")[2].partition("+")[0]
    return f"file.{ending}" if ending.isalnum() and len(ending) < 6 else "file"
