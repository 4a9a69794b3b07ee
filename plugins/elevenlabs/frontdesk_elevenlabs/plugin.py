"""What this plugin offers to Frontdesk."""

from __future__ import annotations

from collections.abc import Sequence

from frontdesk.sdk import Manifest, Permissions, hookimpl
from frontdesk.sdk.speech import SpeechEngine

from . import __version__
from .config import ElevenLabsConfig
from .engine import HOST, ElevenLabs
from .words import phrase


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        slug="elevenlabs",
        name="ElevenLabs",
        version=__version__,
        requires_frontdesk=">=0.1,<1",
        description=phrase("Reads answers out with natural voices and writes down speech in about a hundred languages."),
        permissions=Permissions(hosts=(HOST,), data=("conversations",), secrets=("api_key",)),
        config=ElevenLabsConfig,
        homepage="https://elevenlabs.io",
        icon="graphic_eq",
    )


@hookimpl
def register_speech() -> Sequence[type[SpeechEngine]]:
    return [ElevenLabs]
