"""Reports about mails of ours: not delivered, delivered (RFC 3464), or read (RFC 8098)."""

from __future__ import annotations

import re

from frontdesk.sdk.values import DeliveryState, Status

from . import mime
from .mime import Part
from .threads import ids, own_thread

ACTIONS: dict[str, DeliveryState] = {"failed": "failed", "delivered": "delivered", "relayed": "delivered"}
DIAGNOSTIC = re.compile(r"^\s*[a-z0-9-]{1,20}\s*;\s*", re.IGNORECASE)
NOT_DELIVERED = "The customer's mail server sent this back: %s"
SERVERS = ("mailer-daemon@", "postmaster@", "mail-daemon@")
NO_REASON = "it could not be delivered."
MOST_TEXT = 200_000
# A field that tells a block of a report from other parts. Python reads each block as a part of its own.
BLOCKS = {"action", "disposition", "reporting-mta", "feedback-type"}


def is_report(message: Part) -> bool:
    """Whether a mail server wrote it about another mail, in the standard's way or in one of its own."""
    if message.get_content_type() == "multipart/report" or mime.plain(message, "x-failed-recipients"):
        return True
    return any(address.lower().startswith(SERVERS) for _name, address in mime.addresses(message, "from"))


def status(message: Part, domain: str) -> Status | None:
    """What became of a mail of ours; None when it was not ours, or when the report says nothing that lasts ("delayed")."""
    fields = _fields(message)
    about = _about(message, fields, domain)
    if not about or "feedback-type" in fields:
        return None
    if "disposition" in fields:
        return Status(about, "read") if "displayed" in fields["disposition"].lower() else None
    state = ACTIONS.get(fields.get("action", "failed").lower().partition(" ")[0])
    if state is None:
        return None
    return Status(about, state, _problem(message, fields) if state == "failed" else "")


def _fields(message: Part) -> dict[str, str]:
    """Those of the report, by name; of several recipients the last one's, for we write to one."""
    found: dict[str, str] = {}
    for part in mime.leaves(message):
        names = {name.lower() for name in part}
        if names & BLOCKS:
            found |= {name: mime.plain(part, name) for name in names}
    return found


def _about(message: Part, fields: dict[str, str], domain: str) -> str:
    """The Message-ID of ours that it is about: as the report names it, or wherever it stands in what came back."""
    named = ids(fields.get("original-message-id", "")) + ids(mime.plain(message, "in-reply-to"))
    for part in mime.leaves(message):
        named += ids(mime.plain(part, "message-id"))
        if part.get_content_maintype() == "text":
            named += ids(mime.text(mime.content(part)[:MOST_TEXT], ""))
    named += ids(mime.plain(message, "references"))
    return next((each for each in named if own_thread(each, domain)), "")


def _problem(message: Part, fields: dict[str, str]) -> str:
    said = DIAGNOSTIC.sub("", fields.get("diagnostic-code", ""))
    if not said and (code := fields.get("status")):
        said = f"{fields.get('action', 'failed')} ({code})."
    if not said:
        said = next(filter(None, (_beginning(part) for part in mime.leaves(message))), NO_REASON)
    return NOT_DELIVERED % said[:400]


def _beginning(part: Part) -> str:
    if part.get_content_type() != "text/plain":
        return ""
    return " ".join(mime.text(mime.content(part)[:2_000], part.get_content_charset("")).split())[:300]
