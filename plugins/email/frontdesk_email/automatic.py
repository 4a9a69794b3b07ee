"""Mails that no person wrote: answering them helps nobody, and two programs would go on for ever (RFC 3834)."""

from __future__ import annotations

import re
from email.message import Message

from . import mime

BULK = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
# What out-of-office programs and mailing lists of all ages put into their mails.
TELLING = (
    *("x-autoreply", "x-autorespond", "x-auto-reply", "x-autoresponder", "list-id", "list-unsubscribe", "list-post"),
    *("feedback-id", "x-auto-response-suppress", "x-failed-recipients"),
)
ROBOT = re.compile(
    r"(mailer-daemon|postmaster|mail-daemon|bounces?|no[-_.]?reply|do[-_.]?not[-_.]?reply|noresponse|nobody|listserv|majordomo"
    r"|bounces?[-+=].*|(no[-_.]?reply|do[-_.]?not[-_.]?reply|nicht[-_.]?antworten|ne[-_.]?pas[-_.]?repondre)([-+_.=].*)?"
    r"|.*[-+_.](bounces?|no[-_.]?reply|do[-_.]?not[-_.]?reply))",
    re.IGNORECASE,
)
# For out-of-office mails without any of the headers above.
SUBJECTS = re.compile(
    r"(auto(matic|matische|matisch)?[ -]?(reply|response|antwort)\b|out of (the )?office\b|abwesenheits(notiz|meldung)"
    r"|réponse automatique|respuesta automática|risposta automatica|resposta automática|automatisch antwoord|autosvar"
    r"|رد تلقائي|自動応答)",
    re.IGNORECASE,
)


def is_robot(address: str) -> bool:
    """Whether nobody reads what is written to this address."""
    return bool(ROBOT.fullmatch(address.partition("@")[0]))


def is_automatic(message: Message) -> bool:
    """Whether its headers say that a program sent it."""
    submitted = mime.plain(message, "auto-submitted").lower().partition(";")[0].strip()
    if submitted not in ("", "no"):
        return True
    if mime.plain(message, "precedence").lower() in BULK or any(mime.plain(message, name) for name in TELLING):
        return True
    if mime.plain(message, "return-path") == "<>":
        return True
    return bool(SUBJECTS.match(mime.words(message, "subject")))
