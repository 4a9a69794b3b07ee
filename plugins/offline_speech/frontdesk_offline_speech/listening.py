"""The program that writes down speech: reads a recording with FFmpeg, hears it with Moonshine, ends. A process of its own."""

from __future__ import annotations

import io
from typing import Any

import av
import numpy as np
from moonshine_voice.moonshine_api import ModelArch
from moonshine_voice.transcriber import Transcriber
from moonshine_voice.utils import get_model_path

from frontdesk_offline_speech.exchange import Refused, serve

RATE = 16_000
"""Samples a second that the model wants."""


def samples_of(recording: bytes, demuxer: str, longest: float) -> np.ndarray:
    """A recording as mono samples between -1 and 1. Raises Refused."""
    pieces: list[np.ndarray] = []
    count = 0
    try:
        with av.open(io.BytesIO(recording), format=demuxer) as container:
            if not container.streams.audio:
                raise Refused("no_sound")
            resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
            for decoded in (*container.decode(audio=0), None):
                for frame in resampler.resample(decoded):
                    pieces.append(frame.to_ndarray()[0])
                    count += len(pieces[-1])
                    if count > longest * RATE:
                        raise Refused("too_long")
    except (av.FFmpegError, ValueError) as error:
        raise Refused("unreadable") from error
    if not pieces:
        raise Refused("no_sound")
    return np.concatenate(pieces)


def listen(order: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    samples = samples_of(body, order["demuxer"], order["longest"])
    if not samples.any():
        return {"text": "", "seconds": len(samples) / RATE}, b""
    with Transcriber(get_model_path("tiny-en"), ModelArch.TINY) as transcriber:
        lines = transcriber.transcribe_without_streaming(samples, RATE).lines
    text = " ".join(line.text.strip() for line in lines if line.text.strip())
    return {"text": text, "seconds": len(samples) / RATE}, b""


if __name__ == "__main__":
    serve(listen)
