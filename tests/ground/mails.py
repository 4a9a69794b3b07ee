"""Mails as they come, written out: what programs send differs in ways that no builder of mails would think of."""

from __future__ import annotations

import base64

DATE = "Date: Sat, 21 Nov 2026 09:00:00 +0200\r\n"
HEAD = f"From: Rana Haddad <Rana@Post.example>\r\nTo: desk@qamar.example\r\nMessage-ID: <m1@post.example>\r\n{DATE}"
BASE64 = "Content-Transfer-Encoding: base64"
PICTURE = base64.b64encode(b"\x89PNG" + bytes(20_000)).decode()
LOGO = base64.b64encode(b"\x89PNG" + bytes(900)).decode()


def mail(headers: str = "", body: str = "Do you have oat milk?", *, head: str = HEAD, subject: str = "Milk") -> bytes:
    """With these headers besides the usual ones, each line ended as on the wire."""
    lines = "".join(f"{line}\r\n" for line in headers.splitlines())
    return (head + f"Subject: {subject}\r\n" + lines + "\r\n" + body.replace("\n", "\r\n")).encode("utf-8", "surrogateescape")


def parts(kind: str, *inside: str) -> str:
    """The body of a multipart mail whose boundary is "=_b"."""
    return "".join(f"--=_b{kind}\n{each}\n" for each in inside) + f"--=_b{kind}--\n"


def multipart(kind: str, *inside: str, headers: str = "") -> bytes:
    return mail(f'MIME-Version: 1.0\nContent-Type: multipart/{kind}; boundary="=_b"\n{headers}'.strip(), parts("", *inside))


PLAIN = "Content-Type: text/plain; charset=utf-8\n\nDo you have oat milk?"
PAGE = "Content-Type: text/html; charset=utf-8\n\n<p>Do you have <b>oat milk</b>?</p>"

FAILED = (
    HEAD.replace("Rana Haddad <Rana@Post.example>", "Mail Delivery System <MAILER-DAEMON@mx.post.example>")
    + """Return-Path: <>
Auto-Submitted: auto-replied
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_r"

--=_r
Content-Type: text/plain

This is the mail system at host mx.post.example. I'm sorry.

--=_r
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.post.example
Arrival-Date: Sat, 21 Nov 2026 09:00:00 +0200

Final-Recipient: rfc822; rana@post.example
Action: %(action)s
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <rana@post.example>: Recipient address
 rejected: User unknown

--=_r
Content-Type: message/rfc822

From: desk@qamar.example
To: rana@post.example
Subject: Re: Milk
Message-ID: %(id)s

Yes.

--=_r--
""".replace("\n", "\r\n")
)
# As exim writes it.
FAILED_PLAINLY = (
    HEAD.replace("Rana Haddad <Rana@Post.example>", "Mail Delivery System <Mailer-Daemon@mx.post.example>")
    + """X-Failed-Recipients: rana@post.example
Auto-Submitted: auto-replied
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

  rana@post.example
    mailbox is full

------ This is a copy of the message, including all the headers. ------

Message-ID: %(id)s
Subject: Re: Milk
""".replace("\n", "\r\n")
)
READ = (
    HEAD
    + """Subject: Read: Milk
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary="=_r"

--=_r
Content-Type: text/plain

Your message was read.

--=_r
Content-Type: message/disposition-notification

Final-Recipient: rfc822; rana@post.example
Original-Message-ID: %(id)s
Disposition: manual-action/MDN-sent-manually; displayed

--=_r--
""".replace("\n", "\r\n")
)
