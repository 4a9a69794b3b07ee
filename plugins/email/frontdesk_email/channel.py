"""The channel: a mailbox of the owner's, and the customers who write to it."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from pydantic import BaseModel

from frontdesk.sdk.channel import Came, Capabilities, Channel, Envelope
from frontdesk.sdk.context import Context
from frontdesk.sdk.errors import DeliveryFailed, DeliveryUnknown, NotReachable, PayloadInvalid, SignatureInvalid, StorageFull
from frontdesk.sdk.values import Outbound, Polled, Receipt, WebRequest

from . import automatic, incoming, mailbox, mime, outgoing, sending, threads
from .checklist import STEPS
from .config import EmailConfig, Server
from .double import MailDouble
from .line import talk
from .mailbox import Found
from .words import phrase, words

T = TypeVar("T")
POLL_SECONDS = 45.0
# After so long no further mail is read in one go.
READ_SECONDS = 20.0
# Below what the host allows, so that we can say what happened.
SEND_SECONDS = 17.0
TRY_SECONDS = 15.0
SIZE = "x-frontdesk-size"
MEDIA_TYPE = "message/rfc822"
NO_SUBJECT = phrase("Our answer")


class Email(Channel):
    slug = "email"
    label = phrase("E-mail")
    description = phrase("Customers write to your mailbox, and your agents answer by e-mail.")
    config_model = EmailConfig
    capabilities = Capabilities(
        longest_text=100_000,
        media_in=frozenset({"*/*"}),
        media_out=frozenset({"*/*"}),
        largest_media=15 * 2**20,
        together=True,
        per_second=5,
    )
    setup = STEPS
    kept_headers = frozenset({"content-type", SIZE})
    shared_senders = True
    polls = 30.0
    double = MailDouble

    def verify(self, request: WebRequest, settings: BaseModel) -> None:
        raise SignatureInvalid("Mails are fetched from the mailbox; nobody posts them.")

    def envelope(self, request: WebRequest, settings: BaseModel) -> Envelope:
        return incoming.envelope(request.body, _config(settings))

    def parse(self, request: WebRequest, settings: BaseModel) -> Sequence[Came]:
        if not request.body.strip():
            raise PayloadInvalid("This e-mail is empty.")
        return incoming.came(request.body, _config(settings), cut_from=int(request.headers.get(SIZE, "0")))

    async def poll(self, state: str, context: Context) -> Polled:
        config = _config(context.settings)
        until = time.monotonic() + READ_SECONDS
        first = "" if state else await context.storage.get(_first_look(config)) or ""

        def look(line: socket.socket) -> tuple[list[Found], mailbox.State]:
            return mailbox.look(line, config, context.sockets.trust(), state or first, until=until)

        found, after = await _incoming(context, config.servers[0], look, POLL_SECONDS)
        for each in found:
            await _remember(each, config, context)
        return Polled([_request(each) for each in found], after.as_text())

    async def send(self, message: Outbound, context: Context) -> Receipt:
        config = _config(context.settings)
        kept = await context.storage.get(threads.storage_key(message.thread_id, message.recipient_id))
        remembered = threads.Remembered(kept["subject"], tuple(kept["references"])) if kept else threads.Remembered()
        no_subject = words.into(context.language).gettext(str(NO_SUBJECT))
        message_id, raw = outgoing.compose(message, config, remembered, no_subject)
        recipient = outgoing.reachable(message.recipient_id)
        progress = sending.Progress()
        server = config.servers[1]

        def hand_over(line: socket.socket) -> None:
            sending.hand_over(line, config, context.sockets.trust(), recipient, raw, progress)

        try:
            await talk(context, server, hand_over, seconds=SEND_SECONDS)
        except (DeliveryFailed, NotReachable, TimeoutError) as error:
            if progress.complete:
                raise DeliveryUnknown("The line broke before the outgoing server said whether it took the mail.") from error
            raise _said(error, server) from error
        return Receipt(message_id)

    async def connect(self, webhook_url: str, context: Context) -> None:
        """Both sign-ins are tried before anything is saved. What comes into the mailbox from now on is answered."""
        config = _config(context.settings)
        first = await _try(config, context)
        await context.storage.put(_first_look(config), first.as_text())

    async def check(self, webhook_url: str, context: Context) -> str:
        await _try(_config(context.settings), context)
        return words.into(context.language).gettext("Both servers accept the password, and the folder is there.")


def _config(settings: BaseModel) -> EmailConfig:
    assert isinstance(settings, EmailConfig)
    return settings


async def _incoming(context: Context, server: Server, work: Callable[[socket.socket], T], seconds: float) -> T:
    try:
        return await talk(context, server, work, seconds=seconds)
    except (NotReachable, TimeoutError) as error:
        raise _said(error, server) from error


def _said(error: Exception, server: Server) -> DeliveryFailed:
    match error:
        case DeliveryFailed():
            return error
        case TimeoutError():
            return DeliveryFailed(f"{server.host} did not answer in time.", permanent=False)
        case _:
            return DeliveryFailed(str(error), permanent=False)


def _request(found: Found) -> WebRequest:
    size = {} if found.is_whole else {SIZE: str(found.size)}
    return WebRequest("MAIL", "", {"content-type": MEDIA_TYPE, **size}, {}, found.raw)


async def _remember(found: Found, config: EmailConfig, context: Context) -> None:
    """What an answer needs and the host does not keep: the subject, and which mails came before."""
    try:
        message = mime.headers(found.raw)
        letter = incoming.letter(message, config)
    except PayloadInvalid:
        return  # the host shows that it cannot be read
    if not letter.sender or automatic.is_automatic(message):
        return
    kept = {"subject": letter.remembered.subject, "references": list(letter.remembered.chain)}
    try:
        await context.storage.put(threads.storage_key(letter.thread, letter.sender), kept)
    except StorageFull:
        context.log.warning("there is no more room for subjects; answers go out without them")


def _first_look(config: EmailConfig) -> str:
    """The key of what was in the mailbox when the owner connected it."""
    return f"first look:{config.mailbox}"


async def _try(config: EmailConfig, context: Context) -> mailbox.State:
    """Sign in at both servers. Gives what is in the mailbox now."""
    tries = _try_incoming(config, context), _try_outgoing(config, context)
    state, problem = await asyncio.gather(*tries, return_exceptions=True)
    for error in (state, problem):
        if isinstance(error, BaseException):
            raise error
    assert isinstance(state, mailbox.State)
    return state


async def _try_incoming(config: EmailConfig, context: Context) -> mailbox.State:
    def look(line: socket.socket) -> mailbox.State:
        return mailbox.look(line, config, context.sockets.trust(), "", until=time.monotonic())[1]

    return await _incoming(context, config.servers[0], look, TRY_SECONDS)


async def _try_outgoing(config: EmailConfig, context: Context) -> None:
    outgoing.reachable(config.address)

    def sign_in(line: socket.socket) -> None:
        with sending.opened(line, config, context.sockets.trust()):
            pass

    await _incoming(context, config.servers[1], sign_in, TRY_SECONDS)
