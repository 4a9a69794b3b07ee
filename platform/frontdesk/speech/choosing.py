"""Who reads a text out, and with which voice."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from frontdesk.core.errors import Invalid
from frontdesk.core.threads import in_thread
from frontdesk.knowledge.lexical.languages import detect
from frontdesk.plugins import calling
from frontdesk.plugins.errors import PluginFailed
from frontdesk.sdk.errors import SpeechError
from frontdesk.sdk.speech import Voice
from frontdesk.workspaces.models import Workspace

from .errors import SpeechOff, UnknownEngine, translated
from .queries import Engine, engines

logger = logging.getLogger(__name__)
SECONDS_TO_LIST = 20.0
# Lists of voices are asked for once in so many seconds, in each process.
SECONDS_TO_KEEP = 300.0
MOST_KEPT = 256
DEFAULT_LANGUAGE = "en"
_kept: dict[tuple[str, str, str], tuple[float, Sequence[Voice]]] = {}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a caller wants; what is empty is chosen."""

    engine: str = ""
    voice: str = ""
    language: str = ""
    media_type: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine, one of its voices, and a type of audio that it gives."""

    engine: Engine
    voice: str
    media_type: str
    language: str


async def choices(workspace: Workspace, text: str, wish: Wish) -> list[Choice]:
    """Whom to ask, best first; one only when the caller named it. Raises SpeechOff, Invalid, or what failed."""
    named = await speakers(workspace, wish)
    # What is guessed of a word or two ("Hi") is often wrong, so it is no reason to refuse.
    languages = [wish.language] if wish.language else [detect(text), workspace.language, DEFAULT_LANGUAGE]
    found: list[Choice] = []
    problem: SpeechError | PluginFailed | None = None
    for engine in named:
        try:
            voices = await voices_of(workspace, engine)
        except (SpeechError, PluginFailed) as error:
            logger.warning("%s cannot list its voices: %s", engine.kind.slug, error)
            problem = error
            continue
        spoken = ((_voice(voices, wish.voice, each), each) for each in languages if each)
        if picked := next((pair for pair in spoken if pair[0]), None):
            found.append(Choice(engine, picked[0], wish.media_type or engine.kind.gives[0], picked[1]))
    if found:
        return found[:1] if wish.voice else found
    if problem is not None:
        raise translated(problem)
    if wish.voice:
        raise Invalid.field("voice", _("There is no voice “%(voice)s” here.") % {"voice": wish.voice})
    raise Invalid.field("language", _("No voice that is on here speaks “%(language)s”.") % {"language": wish.language})


async def speakers(workspace: Workspace, wish: Wish) -> list[Engine]:
    """The engines that speak and that the wish allows. Raises SpeechOff, UnknownEngine or Invalid."""
    speaking = [engine for engine in await in_thread(engines, workspace) if engine.kind.gives]
    if not speaking:
        raise SpeechOff
    named = [engine for engine in speaking if wish.engine in {"", engine.kind.slug}]
    if not named:
        raise UnknownEngine
    able = [engine for engine in named if wish.media_type in {"", *engine.kind.gives}]
    if not able:
        raise Invalid.field("response_format", _("No plugin for speech that is on here gives this type of audio."))
    return able


async def voices_of(workspace: Workspace, engine: Engine) -> Sequence[Voice]:
    """Raises SpeechError, PluginFailed."""
    key = (str(workspace.uuid), engine.kind.slug, hashlib.sha256(repr(engine.settings).encode() + _secrets(engine)).hexdigest())
    until, voices = _kept.get(key, (0.0, ()))
    if time.monotonic() < until:
        return voices
    voices = await calling.call(
        engine.offer.plugin,
        f"voices of {engine.kind.slug}",
        engine.kind().voices,
        engine.context(workspace),
        seconds=SECONDS_TO_LIST,
        workspace=workspace.uuid,
        answers=(list, tuple),
    )
    while len(_kept) >= MOST_KEPT:
        _kept.pop(next(iter(_kept)), None)
    _kept[key] = (time.monotonic() + SECONDS_TO_KEEP, voices)
    return voices


def _secrets(engine: Engine) -> bytes:
    values = (getattr(engine.settings, name) for name in type(engine.settings).model_fields)
    return "\n".join(value.get_secret_value() for value in values if hasattr(value, "get_secret_value")).encode()


def _voice(voices: Sequence[Voice], wanted: str, language: str) -> str:
    """The wanted voice if it is there; else the first one of the language, else the first that speaks any."""
    if wanted:
        return wanted if any(voice.id == wanted for voice in voices) else ""
    able = [voice for voice in voices if language in voice.languages] or [voice for voice in voices if not voice.languages]
    return able[0].id if able else ""
