"""Mails as the programs of customers write and read them, and what mail servers make of them.

None of the code that reads and writes mails for the business is used here, or a mistake in it would not show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime
from html import escape

from frontdesk.sdk.rehearsal import Customer, Line
from frontdesk.sdk.values import Attachment

# Message ids are longer than a line should be, and no program breaks them.
POLICY = policy.SMTP.clone(max_line_length=400)
QUOTE = (
    '<div class="gmail_quote"><div dir="ltr" class="gmail_attr">%s<br></div><blockquote class="gmail_quote">%s</blockquote></div>'
)
AWAY = "Hello,\n\nI am away until Monday and will read your message then.\n\n%s"
FULL = "552 5.2.2 The mailbox of %s is full"


def letter(line: Line, customer: Customer, to: str, files: Sequence[Attachment]) -> bytes:
    """What a customer writes: their words, what their program adds below (`Line.quoted`), the same as a page, and files."""
    mail = _headed(line, customer, to)
    mail.set_content("\n\n".join(filter(None, (line.text, line.quoted))) + "\n")
    if line.text:
        mail.add_alternative(_page(line), subtype="html")
    for file in files:
        kind, _slash, subtype = file.media_type.partition("/")
        if not (kind.isalnum() and subtype) or kind in ("multipart", "message"):
            kind, subtype = "application", "octet-stream"
        mail.add_attachment(file.data, maintype=kind, subtype=subtype, filename=" ".join(file.name.split()) or "file")
    return mail.as_bytes()


def away(line: Line, customer: Customer, to: str) -> bytes:
    """What a mail program answers by itself (RFC 3834), even to mails that say that nobody should."""
    mail = _headed(line, customer, to)
    mail["Auto-Submitted"] = "auto-replied"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(f"{line.text}\n")
    return mail.as_bytes()


def _headed(line: Line, customer: Customer, to: str) -> EmailMessage:
    mail = EmailMessage(policy=POLICY)
    mail["Message-ID"] = own_id(line)
    mail["Date"] = format_datetime(datetime.fromtimestamp(int(line.at), UTC))
    mail["From"] = Address(_printable(customer.name), addr_spec=customer.id)
    mail["To"] = to
    mail["Subject"] = _printable(line.subject)
    if references := line.about.get("references"):
        mail["In-Reply-To"] = references[-1]
        mail["References"] = " ".join(references)
    return mail


def own_id(line: Line) -> str:
    """The Message-ID: lines of customers are called as the plugin calls them, by that and what follows a "#"."""
    return line.id.partition("#")[0]


def _printable(value: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in value).split())


def _page(line: Line) -> str:
    signature, _gap, quoted = line.quoted.partition("\n\n")
    introduction, _gap, marked = quoted.partition("\n\n")
    told = "\n".join(each.removeprefix(">").removeprefix(" ") for each in marked.splitlines())
    below = QUOTE % (_lines(introduction), _lines(told)) if quoted else ""
    return f'<div dir="auto">{_lines(line.text)}</div><div>{_lines(signature)}</div>{below}'


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def below(customer: Customer, answered: Line | None, writer: str) -> str:
    """What a mail program puts under what somebody writes: their signature, and the mail that they answer."""
    signature = f"-- \n{_printable(customer.name)}"
    if answered is None:
        return signature
    at = datetime.fromtimestamp(int(answered.at), UTC).strftime("%a, %b %d, %Y at %H:%M")
    whole = "\n\n".join(filter(None, (answered.text, answered.quoted)))
    quoted = "\n".join(f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in whole.splitlines())
    return f"{signature}\n\nOn {at} {writer} wrote:\n\n{quoted}"


def returned(line: Line, to: str, number: int) -> bytes:
    """What comes back of a mail that a server took and could not put into the mailbox (RFC 3464)."""
    host = line.customer.rpartition("@")[2]
    problem = FULL % line.customer
    told = MIMEBase("message", "delivery-status")
    told.attach(_block({"Reporting-MTA": f"dns; {host}"}))
    told.attach(
        _block(
            {
                "Final-Recipient": f"rfc822; {line.customer}",
                "Action": "failed",
                "Status": "5.2.2",
                "Diagnostic-Code": f"smtp; {problem}",
            }
        )
    )
    original = EmailMessage(policy=POLICY)
    original["Message-ID"], original["Subject"] = line.id, _printable(line.subject)
    whole = MIMEMultipart("report", report_type="delivery-status", policy=POLICY)
    for part in (MIMEText(f"Your message could not be delivered.\n\n{problem}\n"), told, MIMEMessage(original)):
        whole.attach(part)
    whole["From"] = f"Mail Delivery System <MAILER-DAEMON@{host}>"
    whole["To"] = to
    whole["Subject"] = "Undelivered Mail Returned to Sender"
    whole["Date"] = format_datetime(datetime.fromtimestamp(int(line.at), UTC))
    whole["Message-ID"] = f"<{number}@{host}>"
    whole["Auto-Submitted"] = "auto-replied"
    return whole.as_bytes()


def _block(fields: Mapping[str, str]) -> EmailMessage:
    made = EmailMessage(policy=POLICY)
    for name, value in fields.items():
        made[name] = value
    return made


def read(raw: bytes) -> EmailMessage:
    """A mail of the business's, as another program reads it."""
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def written(mail: EmailMessage, kind: str) -> str:
    """The text ("plain") or the page ("html") of a mail; "" where there is none."""
    part = mail.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n").removesuffix("\n") if part is not None else ""


def files(mail: EmailMessage) -> list[Attachment]:
    found = []
    for part in mail.iter_attachments():
        data = part.get_payload(decode=True)
        if isinstance(data, bytes):
            found.append(Attachment(part.get_content_type(), part.get_filename() or "file", data=data))
    return found
