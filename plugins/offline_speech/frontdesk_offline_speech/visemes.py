"""From the sounds that espeak-ng reports (IPA) to shapes of a mouth.

The groups are those that OpenXR gives for its visemes (XrFaceTrackingVisemeMETA); sounds it does not name go where the lips
and the tongue are alike: uvular and pharyngeal sounds to the velar ones, retroflex to the alveolar ones, front rounded vowels to
the rounded ones. h and the glottal stop have no shape of their own and keep the one before.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import pairwise

from frontdesk.sdk.speech import Viseme

GROUPS = {
    Viseme.PP: "p b m ɓ ɸ β",
    Viseme.FF: "f v ɱ ʋ ⱱ",
    Viseme.TH: "θ ð",
    Viseme.DD: "t d ʈ ɖ ɗ",
    Viseme.KK: "k g ɡ ŋ x ɣ q ɢ χ ʁ ħ ʕ c ɟ ɴ ç ɲ ɠ",
    Viseme.CH: "tʃ dʒ ʃ ʒ tɕ dʑ ɕ ʑ tʂ dʐ ʈʂ ɖʐ ʂ ʐ j ʝ",
    Viseme.SS: "s z ts dz ɬ ɮ",
    Viseme.NN: "n l ɫ ɭ ʎ ɳ",
    Viseme.RR: "r ɹ ɾ ʀ ɻ ɽ ɚ ɝ",
    Viseme.AA: "a ɑ ɐ æ ʌ ä ɶ",
    Viseme.E: "e ɛ ə ɘ ɤ ɜ",
    Viseme.IH: "i ɪ ᵻ ɨ",
    Viseme.OH: "o ɔ ɒ ɵ ø œ",
    Viseme.OU: "u ʊ ʉ ɯ y ʏ w ɥ",
}
SHAPES = {sound: viseme for viseme, sounds in GROUPS.items() for sound in sounds.split()}


def shapes_of(sound: str) -> list[Viseme]:
    """The visemes of one sound: two for a diphthong, none for h. Stress, length and diacritics do not matter."""
    letters = "".join(letter for letter in sound if unicodedata.category(letter) in {"Ll", "Lo"})
    if not letters:
        return [Viseme.SIL]
    found: list[Viseme] = []
    while letters:
        length = 2 if letters[:2] in SHAPES else 1
        if letters[:length] in SHAPES:
            found.append(SHAPES[letters[:length]])
        letters = letters[length:]
    return found


def timeline(sounds: Sequence[tuple[float, str]], seconds: float) -> list[tuple[float, int]]:
    """Rows of (start, viseme) that rise and stay within the audio; a shape that goes on is one row."""
    rows: list[tuple[float, int]] = [(0.0, int(Viseme.SIL))]
    for (start, sound), (end, _next) in pairwise([*sounds, (seconds, "")]):
        shapes = shapes_of(sound)
        for number, viseme in enumerate(shapes):
            _add(rows, round(start + (end - start) * number / len(shapes), 3), viseme, seconds)
    return rows


def _add(rows: list[tuple[float, int]], start: float, viseme: Viseme, seconds: float) -> None:
    last = rows[-1]
    if viseme == last[1] or start >= seconds:
        return
    if start <= last[0]:
        rows.pop()
        start = last[0]
    rows.append((start, int(viseme)))
