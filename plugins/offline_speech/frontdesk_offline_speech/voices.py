"""The voices of espeak-ng that are offered."""

from __future__ import annotations

from frontdesk.sdk.speech import Voice

# Language, espeak-ng's name for it, and how it calls itself.
NAMES = (
    ("en", "en-us", "English (US)"),
    ("en", "en", "English (UK)"),
    ("ar", "ar", "العربية"),
    ("fr", "fr", "Français"),
    ("de", "de", "Deutsch"),
    ("es", "es", "Español"),
    ("tr", "tr", "Türkçe"),
    ("zh", "cmn", "中文"),
    ("hi", "hi", "हिन्दी"),
)
HIGHER = "+f3"
"""The suffix of espeak-ng for one of its higher voices."""

VOICES = tuple(
    Voice(name + suffix, label + height, (language,))
    for language, name, label in NAMES
    for suffix, height in (("", ""), (HIGHER, " ♀"))
)
IDS = frozenset(voice.id for voice in VOICES)
