"""One form for what writers spell in several ways: case, compatibility forms, Arabic letters, vowel marks, digits."""

from __future__ import annotations

import unicodedata

_LETTERS = {"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ة": "ه", "ـ": ""}
# Marks that most writers leave out: vowels and signs of recitation on Arabic letters, points and accents on Hebrew ones.
_MARKS = dict.fromkeys(
    character
    for first, last in ((0x591, 0x5C7), (0x610, 0x61A), (0x64B, 0x65F), (0x670, 0x670), (0x6D6, 0x6ED))
    for character in map(chr, range(first, last + 1))
    if unicodedata.category(character) == "Mn"
)
_DIGITS = {letter: str(unicodedata.decimal(letter)) for letter in map(chr, range(0x80, 0x10000)) if letter.isdecimal()}
FORMS = str.maketrans(_LETTERS | _MARKS | _DIGITS)


def fold(text: str) -> str:
    """The text as it is compared."""
    return unicodedata.normalize("NFKC", text).lower().translate(FORMS)


def is_word_character(character: str) -> bool:
    """Letters, digits and the marks that are written on letters."""
    return character.isalnum() or unicodedata.category(character) in {"Mn", "Mc"}
