"""What this plugin offers to Frontdesk. Light to load: espeak-ng, FFmpeg and Moonshine are loaded by other processes."""

from __future__ import annotations

from collections.abc import Sequence

from frontdesk.sdk import Manifest, Permissions, hookimpl
from frontdesk.sdk.speech import SpeechEngine

from . import __version__
from .engine import OfflineSpeech, OfflineSpeechConfig
from .words import phrase


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        slug="offline_speech",
        name=phrase("Offline speech"),
        version=__version__,
        requires_frontdesk=">=0.1,<1",
        description=phrase("Reads answers out in eight languages and writes down English, on this machine alone."),
        permissions=Permissions(data=("conversations",), processes=True),
        config=OfflineSpeechConfig,
        icon="record_voice_over",
    )


@hookimpl
def register_speech() -> Sequence[type[SpeechEngine]]:
    return [OfflineSpeech]
