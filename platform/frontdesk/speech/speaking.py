"""Reading a text out, portion by portion, as it is made."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

from django.utils.translation import gettext as _

from frontdesk.core.errors import Invalid
from frontdesk.plugins import calling
from frontdesk.plugins.errors import PluginFailed
from frontdesk.sdk.errors import SpeechError, SpeechRefused
from frontdesk.sdk.values import Speech
from frontdesk.workspaces.permissions import Actor, require

from .choosing import Choice, Wish, choices
from .errors import translated
from .metering import Meter, metered
from .portions import portions

LONGEST_TEXT = 10_000
SECONDS_A_PIECE = 45.0
# A portion is a few sentences; this is a minute of the widest WAV.
MOST_BYTES_A_PORTION = 12 * 2**20
THOUSAND = 1000


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of audio. Times of its visemes count from the start of the portion, which is `text`, the `number`th of `of`."""

    number: int
    of: int
    text: str
    speech: Speech


async def speak(actor: Actor, text: str, wish: Wish | None = None) -> AsyncGenerator[Said, None]:
    """Read a text out. Raises before the first piece: Invalid, SpeechOff, PaymentRequired, or what every engine failed with.

    After the first piece an engine that fails ends it: another voice in the middle of an answer helps nobody.
    """
    require(actor, "answer")
    if len(text) > LONGEST_TEXT:
        raise Invalid.field(
            "input", _("The text is longer than %(limit)s characters. Send it in parts.") % {"limit": LONGEST_TEXT}
        )
    cut = portions(text)
    if not cut:
        raise Invalid.field("input", _("There is nothing to read out. Send some words."))
    problem: SpeechError | PluginFailed | None = None
    for choice in await choices(actor.workspace, text, wish or Wish()):
        begun = False
        try:
            async with aclosing(_with(actor, choice, cut)) as pieces:
                async for piece in pieces:
                    begun = True
                    yield piece
            return
        except (SpeechError, PluginFailed) as error:
            problem = error
            if begun or isinstance(error, SpeechRefused):
                break
    if problem is not None:
        raise translated(problem) from problem


async def _with(actor: Actor, choice: Choice, cut: list[str]) -> AsyncGenerator[Said, None]:
    """By one engine."""
    engine = choice.engine
    context = engine.context(actor.workspace, choice.language)
    price = engine.kind.usd_per_thousand_characters / THOUSAND
    meter = Meter(actor, engine, "speak", choice.voice, expected=price * sum(map(len, cut)))
    async with metered(meter):
        for number, portion in enumerate(cut):
            meter.calls += 1
            meter.spent += price * len(portion)
            spoken = calling.stream(
                engine.offer.plugin,
                f"speech by {engine.kind.slug}",
                partial(engine.kind().speak, portion, voice=choice.voice, media_type=choice.media_type, context=context),
                seconds=SECONDS_A_PIECE,
                workspace=actor.workspace.uuid,
                answers=Speech,
            )
            size = 0
            async with aclosing(spoken):
                async for speech in spoken:
                    size += len(speech.audio)
                    if size > MOST_BYTES_A_PORTION:
                        raise SpeechError(_("%(engine)s gave far more audio than there is text.") % {"engine": engine.kind.label})
                    yield Said(number, len(cut), portion, speech)
