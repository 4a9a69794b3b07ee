"""What mail servers refuse with, in sentences that say to an owner what to do next."""

from __future__ import annotations

import re
from typing import Literal

from frontdesk.sdk.errors import DeliveryFailed
from frontdesk.sdk.vendor import sentence

from .config import Server

Side = Literal["incoming", "outgoing"]
WANTS_APP_PASSWORD = re.compile(r"app(lication)?[- ]?(specific)?[- ]password|InvalidSecondFactor|\b5\.7\.9\b", re.IGNORECASE)
IMAP_IS_OFF = re.compile(r"not enabled for imap|imap (access )?(is )?(disabled|not enabled)|imap.{0,20}turned off", re.IGNORECASE)
WANTS_OAUTH = re.compile(r"basic ?auth|SmtpClientAuthentication is disabled|\b5\.7\.139\b|XOAUTH2", re.IGNORECASE)
MICROSOFT = (".outlook.com", ".office365.com", ".hotmail.com")
APP_PASSWORD = "%s wants an app password, not the one that you sign in with. Make one in your account there, and paste it here."  # noqa: S105
TURN_ON_IMAP = "IMAP is turned off in this mailbox. Turn it on in the mailbox's own settings, then save this page again."
OAUTH = (
    "%s takes no passwords from other programs, only sign-in through a page of its own, which Frontdesk cannot do yet. "
    "Have mails forwarded to a mailbox of another provider, and connect that one."
)
WRONG = "The %s server did not accept the user name or the password"


def no_login(server: Server, side: Side, said: str) -> DeliveryFailed:
    """Trying again helps once the owner has done something about it."""
    if WANTS_APP_PASSWORD.search(said):
        return DeliveryFailed(APP_PASSWORD % server.host, permanent=False)
    if IMAP_IS_OFF.search(said):
        return DeliveryFailed(TURN_ON_IMAP, permanent=False)
    if WANTS_OAUTH.search(said) or server.host.endswith(MICROSOFT):
        return DeliveryFailed(OAUTH % server.host, permanent=False)
    return DeliveryFailed(sentence(WRONG % side, _words(said)), permanent=False)


def out_of_order(server: Server, side: Side, error: Exception) -> DeliveryFailed:
    """The line broke, or the server said what no mail server should."""
    if isinstance(error, TimeoutError):
        return DeliveryFailed(f"The {side} server {server.host} did not answer in time.", permanent=False)
    said = _words(str(error.args[0]) if error.args and isinstance(error.args[0], str | bytes) else str(error))
    if "TLS not supported" in said or "STARTTLS" in said:
        return DeliveryFailed(
            f"The {side} server {server.host} offers no encryption on this port. Choose another one.", permanent=False
        )
    return DeliveryFailed(sentence(f"The {side} server {server.host} broke off", said), permanent=False)


def _words(said: str) -> str:
    """A server's own words, without the marks of Python."""
    return re.sub(r"^b?['\"]|['\"]$", "", said.strip()).replace("\\r\\n", " ").replace("\\n", " ")
