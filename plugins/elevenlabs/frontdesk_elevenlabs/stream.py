"""Decodes `POST /v1/text-to-speech/{voice_id}/stream/with-timestamps`: one JSON object a line.

{"audio_base64": "…", "alignment": {…} | null, "normalized_alignment": {…} | null}, where an alignment is
{"characters": […], "character_start_times_seconds": […], "character_end_times_seconds": […]}.
Times count from the start of the audio. The normalized text has numbers spelled out, so it is closer to what is heard.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import orjson

from frontdesk.sdk.errors import SpeechError
from frontdesk.sdk.speech import Viseme

from .visemes import timeline

GARBAGE = "ElevenLabs sent something that is not speech. Try again in a moment."


@dataclass
class Decoder:
    """Reads one stream, line by line."""

    last: tuple[float, int] = (-1.0, -1)

    def read(self, line: str) -> tuple[bytes, list[tuple[float, int]]]:
        """Audio and rows of visemes of a line. Raises SpeechError."""
        try:
            piece = orjson.loads(line)
            audio = base64.b64decode(piece["audio_base64"] or "", validate=True)
            rows = self._rows(piece.get("normalized_alignment") or piece.get("alignment") or {})
        except (orjson.JSONDecodeError, binascii.Error, AttributeError, KeyError, TypeError, ValueError) as error:
            raise SpeechError(GARBAGE) from error
        return audio, rows

    def _rows(self, alignment: dict[str, Any]) -> list[tuple[float, int]]:
        letters = [str(letter) for letter in alignment.get("characters", ())]
        starts = [float(start) for start in alignment.get("character_start_times_seconds", ())]
        rows = timeline(letters, starts, self.last)
        if rows and self.last[0] < 0 < rows[0][0]:
            rows.insert(0, (0.0, int(Viseme.SIL)))
        if rows:
            self.last = rows[-1]
        return rows
