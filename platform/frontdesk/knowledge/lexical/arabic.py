"""Arabic words without the article, the particles written on to them and the commonest endings.

The light stemming of Larkey, Ballesteros and Connell ("light10", 2007). Snowball's Arabic stemmer takes off more, and takes
the first letter of names for a particle; either finds what the other misses (docs/measurements/knowledge.md).
"""

from __future__ import annotations

# As `folding` leaves them.
_BEFORE = ("وال", "بال", "كال", "فال", "ال", "لل")
_AFTER = ("ها", "ان", "ات", "ون", "ين", "يه", "ه", "ي")
_SHORTEST = 2


def light_stem(word: str) -> str:
    """`word` is folded."""
    if word.startswith("و") and len(word) > _SHORTEST + 1:
        word = word[1:]
    before = next((part for part in _BEFORE if word.startswith(part) and len(word) - len(part) >= _SHORTEST), "")
    word = word.removeprefix(before)
    for part in _AFTER:
        if word.endswith(part) and len(word) - len(part) >= _SHORTEST:
            word = word.removesuffix(part)
    return word
