"""How fast speech is made and written down here: `.venv/bin/python -m tests.benchmarks.speech`. Needs no database and no network.

The real-time factor is seconds of audio a second of waiting; the first figure is what somebody waits before hearing anything.
"""

from __future__ import annotations

import asyncio
import statistics
import time

from frontdesk_offline_speech.engine import OfflineSpeech, OfflineSpeechConfig

from frontdesk.sdk.testing.speech_contract import make_context, seconds_of

CONTEXT = make_context(OfflineSpeechConfig())
SHORT = "We open at nine in the morning."
LONG = " ".join(
    [
        "We open at nine in the morning, and we close at six in the evening, except on Sundays.",
        "Dogs are welcome on a leash, and there is water for them at the door.",
        "If you would like a table for more than eight guests, please call us a day before.",
        "Our cakes are made in the house every morning, and some of them contain nuts.",
    ]
)
ROUNDS = 5


async def speak(text: str, media_type: str, voice: str = "en-us") -> bytes:
    spoken = OfflineSpeech().speak(text, voice=voice, media_type=media_type, context=CONTEXT)
    return b"".join([piece.audio async for piece in spoken])


async def timed(text: str, media_type: str) -> float:
    start = time.perf_counter()
    await speak(text, media_type)
    return time.perf_counter() - start


async def main() -> None:
    for name, text in (("a short sentence", SHORT), ("four sentences", LONG)):
        seconds = seconds_of(await speak(text, "audio/wav"))
        for media_type in OfflineSpeech.gives:
            took = statistics.median([await timed(text, media_type) for _ in range(ROUNDS)])
            print(
                f"speak {name:18} {media_type:10} {took * 1000:6.0f} ms for {seconds:5.1f} s: {seconds / took:5.0f} x real time"
            )
    for name, text in (("a short sentence", SHORT), ("four sentences", LONG), ("a minute", " ".join([LONG] * 4))):
        recording = await speak(text, "audio/wav")
        start = time.perf_counter()
        transcript = await OfflineSpeech().transcribe(recording, media_type="audio/wav", language="en", context=CONTEXT)
        took = time.perf_counter() - start
        print(f"write down {name:18} {took:5.1f} s for {transcript.seconds:5.1f} s: {transcript.seconds / took:5.1f} x")


if __name__ == "__main__":
    asyncio.run(main())
