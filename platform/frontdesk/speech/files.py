"""Pieces of audio as one file that is sent while it is made."""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import AsyncGenerator
from contextlib import aclosing

from .speaking import Said

WAV = "audio/wav"
# The length of what is not finished yet; players and OpenAI's own endpoint know it so.
UNKNOWN = 0xFFFFFFFF


async def as_file(said: AsyncGenerator[Said, None]) -> AsyncGenerator[bytes, None]:
    """MP3 goes on where it stopped. Of several WAVs the first one gives the head, of unknown length; one alone stays as it is."""
    async with aclosing(said):
        async for piece in said:
            if piece.speech.media_type != WAV or piece.of == 1:
                yield piece.speech.audio
            else:
                yield _continued(piece.speech.audio, first=piece.number == 0)


def _continued(audio: bytes, *, first: bool) -> bytes:
    with wave.open(io.BytesIO(audio)) as file:
        samples = file.readframes(file.getnframes())
        return (_head(file.getnchannels(), file.getframerate(), file.getsampwidth()) if first else b"") + samples


def _head(channels: int, rate: int, width: int) -> bytes:
    """The 44 bytes before the samples: RIFF, PCM (Microsoft, Multimedia Programming Interface 1.0, 1991)."""
    pcm = 1
    frame = channels * width
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", UNKNOWN, b"WAVE"),
        *(b"fmt ", 16, pcm, channels, rate, rate * frame, frame, 8 * width),
        *(b"data", UNKNOWN),
    )
