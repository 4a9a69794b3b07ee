"""Handing a mail to the outgoing server (RFC 5321): a refusal is told from a line that broke, before the last dot or after it."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from frontdesk.sdk.errors import DeliveryFailed
from frontdesk.sdk.vendor import sentence

from .config import EmailConfig
from .refusals import no_login, out_of_order

# Servers that have not seen a sender before ask to come again after some minutes (greylisting).
COME_AGAIN = 300.0
SOON = 60.0
DOTS = re.compile(rb"(?m)^\.")


class _Line(smtplib.SMTP):
    """Speaks over a socket that the host has opened."""

    def __init__(self, line: socket.socket, config: EmailConfig) -> None:
        self._given = line
        super().__init__(local_hostname=config.domain)
        self._host = config.servers[1].host
        code, said = self.connect(self._host, config.servers[1].port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, said)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._given


@dataclass(slots=True)
class Progress:
    """`complete`: the last dot is on its way, so the server may have the mail whatever happens now."""

    complete: bool = False


@contextmanager
def opened(line: socket.socket, config: EmailConfig, trust: ssl.SSLContext) -> Iterator[smtplib.SMTP]:
    """Signed in. Raises DeliveryFailed."""
    server = config.servers[1]
    try:
        client = _Line(line, config)
        if server.encryption == "starttls":
            client.starttls(context=trust)
        client.ehlo_or_helo_if_needed()
        _sign_in(client, config)
        yield client
        with suppress(smtplib.SMTPException, OSError):
            client.quit()
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code, _said(error.smtp_error), "") from error
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise out_of_order(server, "outgoing", error) from error
    finally:
        line.close()


def _sign_in(client: smtplib.SMTP, config: EmailConfig) -> None:
    try:
        client.login(*config.login)
    except smtplib.SMTPAuthenticationError as error:
        if 400 <= error.smtp_code < 500:
            raise
        raise no_login(config.servers[1], "outgoing", _said(error.smtp_error)) from error
    except (smtplib.SMTPNotSupportedError, UnicodeError) as error:
        raise no_login(config.servers[1], "outgoing", str(error)) from error


def hand_over(
    line: socket.socket, config: EmailConfig, trust: ssl.SSLContext, recipient: str, raw: bytes, progress: Progress
) -> None:
    """Raises DeliveryFailed while the server cannot have the mail; what it raises once `progress.complete` says nothing."""
    with opened(line, config, trust) as client:
        _expect(client.mail(config.address), 250, "sender")
        _expect(client.rcpt(recipient), 250, "recipient")
        _expect(client.docmd("DATA"), 354, "")
        client.send(DOTS.sub(b"..", raw).rstrip(b"\r\n") + b"\r\n")
        progress.complete = True
        client.send(b".\r\n")
        answer = client.getreply()
        progress.complete = False
        _expect(answer, 250, "message")


def _expect(answer: tuple[int, bytes], wanted: int, about: str) -> None:
    code, said = answer
    if code // 10 != wanted // 10:
        raise _refused(code, _said(said), about)


def _refused(code: int, said: str, about: str) -> DeliveryFailed:
    """4xx may be tried again, 5xx not (RFC 5321 §4.2.1)."""
    passing = code < 500
    beginning = {
        "sender": "The outgoing server does not let you write from this address",
        "recipient": "The customer's address is not accepted",
        "message": "The outgoing server does not take this mail",
    }.get(about, "The outgoing server refused")
    if passing:
        beginning = "The outgoing server asks to come again later"
    wait = (COME_AGAIN if about == "recipient" else SOON) if passing else None
    return DeliveryFailed(sentence(f"{beginning} ({code})", said), permanent=not passing, retry_after=wait)


def _said(words: bytes | str) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
