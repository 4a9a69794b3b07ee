"""Writing down what somebody said."""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.utils.translation import gettext as _

from frontdesk.core.errors import Invalid, TooLarge, WrongMediaType
from frontdesk.core.threads import in_thread
from frontdesk.plugins import calling
from frontdesk.plugins.errors import PluginFailed
from frontdesk.sdk.errors import SpeechError, SpeechRefused
from frontdesk.sdk.values import Transcript
from frontdesk.workspaces.permissions import Actor, require

from .errors import SpeechOff, UnknownEngine, translated
from .metering import Meter, metered
from .queries import Engine, engines
from .recordings import media_type_of

SECONDS = 150.0
ANY = "*"
# To hold credits before the length is known: speech at the 32 kbit/s of the sparest recorders.
BYTES_A_MINUTE = 240_000


async def transcribe(actor: Actor, recording: bytes, *, engine: str = "", language: str = "") -> Transcript:
    """Write down a recording; "" for silence. An empty `language` is for the engine to find.

    Raises Invalid, TooLarge, WrongMediaType, SpeechOff, UnknownEngine, PaymentRequired, or what every engine failed with.
    """
    require(actor, "answer")
    if len(recording) > settings.UPLOAD_MAX_BYTES:
        limit = settings.UPLOAD_MAX_BYTES // 2**20
        raise TooLarge(_("The recording is larger than %(limit)s MiB. Send a shorter one.") % {"limit": limit})
    named = await in_thread(_listeners, actor, engine)
    media_type = media_type_of(recording)
    problem: SpeechError | PluginFailed | None = None
    for listener in _able(named, media_type, language):
        try:
            return await _with(actor, listener, recording, media_type, language)
        except (SpeechError, PluginFailed) as error:
            problem = error
            if isinstance(error, SpeechRefused):
                break
    assert problem is not None
    raise translated(problem) from problem


def _listeners(actor: Actor, name: str) -> list[Engine]:
    """Who listens here and is meant, best first; never none."""
    listening = [engine for engine in engines(actor.workspace) if engine.kind.takes]
    if not listening:
        raise SpeechOff
    named = [engine for engine in listening if name in {"", engine.kind.slug}]
    if not named:
        raise UnknownEngine
    return named


def _able(named: list[Engine], media_type: str, language: str) -> list[Engine]:
    """Those who understand this; never none."""
    hearing = [engine for engine in named if not language or {language, ANY} & set(engine.kind.hears)]
    if not hearing:
        raise Invalid.field("language", _("No plugin for speech that is on here understands “%(name)s”.") % {"name": language})
    able = [engine for engine in hearing if media_type in engine.kind.takes]
    if not able:
        raise WrongMediaType(_("No plugin for speech that is on here takes this type of recording. Send WAV or MP3."))
    return able


async def _with(actor: Actor, engine: Engine, recording: bytes, media_type: str, language: str) -> Transcript:
    price = engine.kind.usd_per_minute
    expected = price * len(recording) / BYTES_A_MINUTE
    async with metered(Meter(actor, engine, "transcribe", engine.kind.slug, expected, calls=1)) as meter:
        context = await in_thread(engine.context, actor.workspace, language)
        transcript = await calling.call(
            engine.offer.plugin,
            f"transcripts by {engine.kind.slug}",
            partial(engine.kind().transcribe, recording, media_type=media_type, language=language, context=context),
            seconds=SECONDS,
            workspace=actor.workspace.uuid,
            answers=Transcript,
        )
        meter.spent = price * transcript.seconds / 60
        return transcript
