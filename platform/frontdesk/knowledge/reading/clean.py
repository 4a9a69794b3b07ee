"""Text as it can be stored, searched and shown: no control characters, no ligatures, single spaces.

Full NFKC would turn m² into m2 and 1½ into 11⁄2, so only ranges where it does no harm are folded.
"""

from __future__ import annotations

import re
import unicodedata

_FOLDED = re.compile(
    "["
    "\u2f00-\u2fdf"  # Kangxi radicals, which some PDF fonts use for the ideographs themselves
    "\ufb00-\ufb4f"  # Latin, Armenian and Hebrew ligatures
    "\ufb50-\ufd3d\ufd50-\ufdff\ufe70-\ufefc"  # Arabic letters in their printed shapes
    "\uff01-\uff9f"  # full-width Latin, half-width katakana
    "]+"
)
_LINE_END = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_DROPPED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"  # controls
    "\u00ad\u200b\u2060\ufeff"  # soft hyphen and zero-width spaces; the joiners of Persian and Hindi stay
    "\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c"  # marks of direction
    "\ud800-\udfff\ufffc\ufffe\uffff"  # lone surrogates and no characters at all
    "\ue000-\uf8ff]"  # private use: glyph numbers of a font
)
_BULLET = re.compile("[\uf0a7\uf0a8\uf0b7\uf0d8\uf0fc\uf076]")
_SPACES = re.compile("[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_BLANK_LINES = re.compile("\n{3,}")


def clean(text: str) -> str:
    """Readable text: NFC, folded ligatures, one kind of space, at most one blank line in a row."""
    text = _LINE_END.sub("\n", _BULLET.sub("•", text))
    text = _DROPPED.sub("", text)
    text = unicodedata.normalize("NFC", _FOLDED.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text))
    lines = (line.strip() for line in _SPACES.sub(" ", text).split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def one_line(text: str) -> str:
    """The same on one line, for headings and table cells."""
    plain = " ".join(text.split())
    if plain.isascii() and plain.isprintable():
        return plain
    return " ".join(clean(text).split())
