"""Observes runs and conversations, and says in the team's chat what a person should look at."""

from __future__ import annotations

from typing import Literal

from frontdesk.sdk import Manifest, Permissions, hookimpl
from frontdesk.sdk.context import Context
from frontdesk.sdk.manifest import ANY_HOST
from frontdesk.sdk.observers import ConversationChanged, MessageReceived, RunEvent

from . import __version__
from .chat import post
from .config import NotifyConfig
from .words import phrase


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        slug="notify",
        name=phrase("Tell my team"),
        version=__version__,
        requires_frontdesk=">=0.1,<1",
        description=phrase(
            "Writes to your team's chat (Slack, Mattermost, Google Chat, Discord, ntfy) when a customer needs a person."
        ),
        permissions=Permissions(hosts=(ANY_HOST,), data=("conversations",), secrets=("address",)),
        config=NotifyConfig,
        icon="campaign",
    )


@hookimpl
async def conversation_changed(change: ConversationChanged, context: Context) -> None:
    if change.test:
        return
    if change.what == "status" and change.status == "support_active":
        reason = f" ({change.reason})" if change.reason else ""
        await _say("person", f"A customer is waiting for a person{reason}: {_link(change.conversation, context)}", context)
    elif change.what == "waiting":
        await _say("person", f"A customer is still waiting. {change.reason} {_link(change.conversation, context)}", context)
    elif change.what == "opened":
        await _say("opened", f"A customer began a conversation: {_link(change.conversation, context)}", context)


@hookimpl
async def message_received(message: MessageReceived, context: Context) -> None:
    if not message.test:
        await _say("message", f"A customer wrote: “{_short(message.text)}” {_link(message.conversation, context)}", context)


@hookimpl
async def run_event(event: RunEvent, context: Context) -> None:
    if event.type == "run.failed" and not event.test:
        await _say("failed", f"The AI could not answer a customer: {event.data.get('message', '')}", context)


async def _say(about: Literal["person", "opened", "message", "failed"], text: str, context: Context) -> None:
    if about in context.settings.about:
        await post(context, context.settings, text)


def _link(conversation: object, context: Context) -> str:
    return f"{context.studio}conversations/{conversation}/"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else f"{line[:199]}…"
