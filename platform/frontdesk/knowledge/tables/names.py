"""Labels → identifiers that can be written in a query without quotes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

from .words import words

LONGEST = 50


def identifier(label: str, taken: Container[str], *, otherwise: str) -> str:
    """`Price (EUR)` → `price_eur`; letters of every script stay. Unlike all in `taken`."""
    plain = unicodedata.normalize("NFKC", label).lower()
    name = re.sub(r"_+", "_", re.sub(r"\W", "_", plain)).strip("_")[:LONGEST].strip("_") or otherwise
    if name[0].isdigit():
        name = f"c_{name}"
    if name in words("sql", "reserved"):
        name += "_"
    number, unique = 1, name
    while unique in taken:
        number += 1
        unique = f"{name}_{number}"
    return unique
