"""An answer as a mail. Built with Python's plain classes: the modern ones break long message ids, and with them threads."""

from __future__ import annotations

import re
from collections.abc import Sequence
from email import charset as charsets
from email.encoders import encode_base64
from email.generator import BytesGenerator
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import formataddr, formatdate
from functools import lru_cache
from html import escape
from io import BytesIO

from markdown_it import MarkdownIt

from frontdesk.sdk.errors import DeliveryFailed
from frontdesk.sdk.values import Attachment, Outbound

from .config import EmailConfig
from .threads import Remembered, ids, own_id, thread_of

UTF8 = charsets.Charset("utf-8")
UTF8.body_encoding = charsets.QP
# "Re:" as the mail programs of our customers write it.
AGAIN = re.compile(r"^\s*((re|aw|antw|sv|vs|odp|ynt|rif|res|回复|رد)\s*(\[\d+\])?\s*[:：]\s*)+", re.IGNORECASE)  # noqa: RUF001
MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,80}/[a-z0-9][a-z0-9.+-]{0,80}")
# Message ids are not broken: some programs do not find them on the next line.
LONGEST_LINE = 400
CONTAINERS = ("multipart/", "message/")
STYLE = "font-family:sans-serif;font-size:15px;line-height:1.5"
PAGE = f'<!doctype html><html><body><div dir="auto" style="{STYLE}">%s</div></body></html>'


def compose(message: Outbound, config: EmailConfig, remembered: Remembered, no_subject: str) -> tuple[str, bytes]:
    """The Message-ID, the same for the same message, and the mail as it goes over the line. Raises DeliveryFailed."""
    thread = message.thread_id or thread_of(message.idempotency_key)
    message_id = own_id(message.idempotency_key, thread, config.domain)
    mail, sender = _body(message), reachable(config.address)
    answered = next(iter(ids(message.reply_to)), "") or next(reversed(remembered.references), "")
    references = [*remembered.chain, *([answered] if answered and answered not in remembered.chain else [])]
    fields = {
        "From": formataddr((config.name, sender)),
        "To": reachable(message.recipient_id),
        "Reply-To": formataddr((config.name, sender)),
        "Subject": _subject(remembered, no_subject),
        "Date": formatdate(usegmt=True),
        "Message-ID": message_id,
        "In-Reply-To": answered,
        "References": " ".join(references),
        "Auto-Submitted": "" if message.by_person else "auto-replied",
        "X-Auto-Response-Suppress": "" if message.by_person else "OOF, AutoReply",
    }
    for name, value in fields.items():
        if value:
            mail[name] = value
    return message_id, _as_bytes(mail)


def _subject(remembered: Remembered, no_subject: str) -> str:
    bare = AGAIN.sub("", remembered.subject).strip()
    subject = f"Re: {bare}" if bare else no_subject
    return Header(subject, None if subject.isascii() else "utf-8", 76, "Subject").encode(linesep="\r\n")


def reachable(address: str) -> str:
    """An address in ASCII. Raises DeliveryFailed for one that few servers can write to."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local.encode('ascii').decode()}@{domain.encode('idna').decode()}"
    except UnicodeError as error:
        problem = f"Mails cannot be sent to {address}: only to addresses without letters such as é or م before the @."
        raise DeliveryFailed(problem, permanent=True) from error


def _body(message: Outbound) -> MIMEBase:
    links = "\n".join(each.url for each in message.attachments if not each.data and each.url)
    body: MIMEBase = _text("\n\n".join(filter(None, (message.text, links))), "plain")
    if message.markdown:
        page = _text(PAGE % (_rendered(message.markdown) + _links(message.attachments)), "html")
        body = _together("alternative", body, page)
    files = [_file(each) for each in message.attachments if each.data]
    return _together("mixed", body, *files) if files else body


def _together(kind: str, *parts: MIMEBase) -> MIMEBase:
    whole = MIMEMultipart(kind, policy=compat32)
    for part in parts:
        whole.attach(part)
    return whole


def _text(text: str, kind: str) -> MIMENonMultipart:
    part = MIMENonMultipart("text", kind, charset="utf-8", policy=compat32)
    part.set_payload("\n".join(text.splitlines()) + "\n", UTF8)
    return part


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    """Without HTML of its own, and without pictures: they would be loaded from wherever a model says."""
    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"]).disable("image")


def _rendered(markdown: str) -> str:
    return str(_markdown().render(markdown))


def _links(files: Sequence[Attachment]) -> str:
    urls = [each.url for each in files if not each.data and each.url.startswith(("https://", "http://"))]
    return "".join(f'<p><a href="{escape(url)}">{escape(url)}</a></p>' for url in urls)


def _file(attachment: Attachment) -> MIMEBase:
    found = attachment.media_type.lower().partition(";")[0].strip()
    kind = (
        found if MEDIA_TYPE.fullmatch(found) and not found.startswith(("multipart/", "message/")) else "application/octet-stream"
    )
    part = MIMEBase(*kind.split("/", 1), policy=compat32)
    part.set_payload(attachment.data)
    encode_base64(part)
    name = " ".join(attachment.name.split()) or "file"
    part.add_header("Content-Disposition", "attachment", filename=name if name.isascii() else ("utf-8", "", name))
    return part


def _as_bytes(mail: MIMEBase) -> bytes:
    written = BytesIO()
    BytesGenerator(written, mangle_from_=False, policy=compat32.clone(linesep="\r\n", max_line_length=LONGEST_LINE)).flatten(mail)
    return written.getvalue()
