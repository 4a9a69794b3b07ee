"""All hooks, on one page. A plugin implements those it needs with `@hookimpl`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pluggy

from .channel import Channel
from .context import Context
from .evaluators import Evaluator
from .loaders import FileLoader, SourceLoader
from .manifest import Manifest
from .observers import ConversationChanged, MessageReceived, RunEvent
from .provider import Provider
from .speech import SpeechEngine
from .tools import Tool, ToolSource
from .widgets import AnalyticsWidget

PROJECT = "frontdesk"
ENTRY_POINT_GROUP = "frontdesk.plugins"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def manifest() -> Manifest:  # type: ignore[empty-body]
    """Say who you are and what you ask for; every plugin must."""


@hookspec
def register_providers() -> Sequence[type[Provider]]:  # type: ignore[empty-body]
    """Offer model providers: classes of which the host makes one object per configured account."""


@hookspec
def register_channels() -> Sequence[type[Channel]]:  # type: ignore[empty-body]
    """Offer places where customers write: classes of which the host makes one object for each that an owner connects."""


@hookspec
def register_tools() -> Sequence[Tool | type[ToolSource]]:  # type: ignore[empty-body]
    """Offer tools that an owner may grant to agents, and classes of sources whose tools are known once they are set up."""


@hookspec
def register_analytics_widgets() -> Sequence[type[AnalyticsWidget]]:  # type: ignore[empty-body]
    """Offer cards for the owner's Home page, drawn by the host from the figures that they choose."""


@hookspec
def register_themes() -> Sequence[Path]:  # type: ignore[empty-body]
    """Offer looks for chats and public pages: folders with a theme.toml, a tokens.css and a preview.png."""


@hookspec
def register_loaders() -> Sequence[type[FileLoader] | type[SourceLoader]]:  # type: ignore[empty-body]
    """Offer kinds of files that agents can learn from, and places on the web whose content is fetched again and again."""


@hookspec
def register_evaluators() -> Sequence[type[Evaluator]]:  # type: ignore[empty-body]
    """Offer ways to judge an answer: classes whose verdict is a score, passed or not, and a sentence."""


@hookspec
async def run_event(event: RunEvent, context: Context) -> None:
    """Be told what stays of each run, in order: its start, sources, tools, answer, usage and ending."""


@hookspec
async def message_received(message: MessageReceived, context: Context) -> None:
    """Be told of each message that a customer wrote, after it was kept."""


@hookspec
async def conversation_changed(change: ConversationChanged, context: Context) -> None:
    """Be told when a conversation begins, changes hands or is closed."""


@hookspec
def register_speech() -> Sequence[type[SpeechEngine]]:  # type: ignore[empty-body]
    """Offer speech engines: classes that speak answers, write down what customers say, or both."""
