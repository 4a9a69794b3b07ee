"""An e-mail as a mail program saves it (RFC 5322)."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from frontdesk.sdk.errors import LoaderError
from frontdesk.sdk.loaders import FileLoader, TextBlock

from .markup import paragraphs_of
from .words import phrase

FIELDS = re.compile(rb"^(from|to|subject|date|message-id|received|mime-version|return-path):", re.IGNORECASE | re.MULTILINE)
QUOTED = re.compile(r"^\s*>")


class Mail(FileLoader):
    slug, label, suffixes = "mail", phrase("E-mail"), (".eml",)

    def recognises(self, head: bytes, name: str) -> bool:
        return len({found.lower() for found in FIELDS.findall(head)}) >= 2

    def read(self, path: Path) -> Iterator[TextBlock]:
        with path.open("rb") as file:
            message = email.message_from_binary_file(file, policy=default)
        assert isinstance(message, EmailMessage)
        yield TextBlock("heading", str(message["subject"] or "").strip() or "E-mail", level=1)
        about = [f"{name}: {message[name]}" for name in ("From", "To", "Date") if message[name]]
        if about:
            yield TextBlock("paragraph", "\n".join(about))
        body = message.get_body(("plain", "html"))
        if body is None:
            raise LoaderError("This e-mail holds no text. If it has attachments, save them and upload those.")
        try:
            text = body.get_content()
        except (LookupError, ValueError) as error:
            raise LoaderError("This e-mail is in an encoding that cannot be read. Copy its text into a document.") from error
        if body.get_content_type() == "text/html":
            yield from paragraphs_of(text.encode())
            return
        for part in re.split(r"\n\s*\n", "\n".join(line for line in text.splitlines() if not QUOTED.match(line))):
            if part.strip():
                yield TextBlock("paragraph", part.strip())
