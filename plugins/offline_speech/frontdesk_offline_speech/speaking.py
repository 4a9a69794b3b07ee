"""The program that speaks: loads espeak-ng (GPL-3), says one text, ends. A process of its own, never imported by the server.

The constants and structures are those of espeak-ng's `speak_lib.h`, version 1.52.
"""

from __future__ import annotations

import ctypes
import io
import wave
from dataclasses import dataclass, field
from typing import Any

import espeakng_loader

from frontdesk_offline_speech.exchange import Refused, serve

SYNCHRONOUS = 2
PHONEME_EVENTS, PHONEME_IPA, DONT_EXIT = 1, 2, 0x8000
RATE = 1
UTF8, END_PAUSE = 1, 0x1000
NO_MORE, PHONEME = 0, 7
SAMPLE = 2
"""Bytes of a sample."""


class _Id(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass
class Spoken:
    """16-bit mono samples, and the sounds in it as (start in seconds, IPA)."""

    rate: int
    samples: bytearray = field(default_factory=bytearray)
    sounds: list[tuple[float, str]] = field(default_factory=list)

    def hear(self, samples: Any, count: int, events: Any) -> int:
        """espeak-ng calls this with each piece. 0 asks for more."""
        if samples and count:
            self.samples += ctypes.string_at(samples, count * SAMPLE)
        number = 0
        while events[number].type != NO_MORE:
            event = events[number]
            sound = event.id.string.decode("utf-8", "ignore") if event.type == PHONEME else "("
            # "(en)" says that the next words are read in another language.
            if not sound.startswith("("):
                self.sounds.append((event.audio_position / 1000, sound))
            number += 1
        return 0


def synthesize(text: str, voice: str, words_a_minute: int) -> Spoken:
    """Speak one text."""
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    library.espeak_Initialize.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
    library.espeak_Synth.argtypes = [
        *(ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint, ctypes.c_uint),
        *(ctypes.c_void_p, ctypes.c_void_p),
    ]
    options = PHONEME_EVENTS | PHONEME_IPA | DONT_EXIT
    rate = library.espeak_Initialize(SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), options)
    if rate <= 0:
        raise RuntimeError("espeak-ng does not start.")
    spoken = Spoken(rate)
    callback = _Callback(spoken.hear)
    library.espeak_SetSynthCallback(callback)
    if library.espeak_SetVoiceByName(voice.encode()) != 0:
        raise Refused("voice")
    library.espeak_SetParameter(RATE, words_a_minute, 0)
    encoded = text.encode() + b"\0"
    if library.espeak_Synth(encoded, len(encoded), 0, 0, 0, UTF8 | END_PAUSE, None, None) != 0:
        raise RuntimeError("espeak-ng does not speak.")
    library.espeak_Synchronize()
    return spoken


def as_wav(spoken: Spoken) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(SAMPLE)
        wav.setframerate(spoken.rate)
        wav.writeframes(bytes(spoken.samples))
    return file.getvalue()


def as_mp3(spoken: Spoken) -> bytes:
    """Bare frames, without tags, so that files can be put one after the other."""
    import av
    import numpy as np

    file = io.BytesIO()
    with av.open(file, "w", format="mp3", options={"write_xing": "0", "id3v2_version": "0"}) as container:
        stream = container.add_stream("mp3", rate=spoken.rate, layout="mono")
        stream.bit_rate = 64_000
        samples = np.frombuffer(bytes(spoken.samples), dtype=np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate = spoken.rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


FORMATS = {"audio/wav": as_wav, "audio/mpeg": as_mp3}


def speak(order: dict[str, Any], body: bytes) -> tuple[dict[str, Any], bytes]:
    spoken = synthesize(body.decode(), order["voice"], order["speed"])
    seconds = len(spoken.samples) / SAMPLE / spoken.rate
    return {"seconds": seconds, "sounds": spoken.sounds}, FORMATS[order["media_type"]](spoken)


if __name__ == "__main__":
    serve(speak)
