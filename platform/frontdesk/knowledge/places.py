"""Where a passage stands, in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _


def in_words(place: Mapping[str, Any]) -> str:
    """`{"page": [3, 4]}` → "pages 3–4"; `{"sheet": "Prices", "rows": [2, 30]}` → "Prices, rows 2–30"."""
    parts = []
    if place.get("sheet"):
        parts.append(str(place["sheet"]))
    if pages := place.get("page"):
        parts.append(_range(_("page %(first)s"), _("pages %(first)s–%(last)s"), pages))
    if slides := place.get("slide"):
        parts.append(_range(_("slide %(first)s"), _("slides %(first)s–%(last)s"), slides))
    if rows := place.get("rows"):
        parts.append(_range(_("row %(first)s"), _("rows %(first)s–%(last)s"), rows))
    return ", ".join(parts)


def _range(one: str, many: str, numbers: list[int]) -> str:
    first, last = numbers
    return (one if first == last else many) % {"first": first, "last": last}
