"""What a loader gave, made fit to be kept."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import get_args, get_type_hints
from urllib.parse import urlsplit

from frontdesk.sdk.loaders import LoadedItem

from .errors import BadItem

MOST_CHARACTERS = 1_000_000
LONGEST_ID = 500
LONGEST_VERSION = 200
MEDIA_TYPES = get_args(get_type_hints(LoadedItem)["media_type"])


@dataclass(frozen=True, slots=True)
class Item:
    """`version` is the loader's own, or made of the content."""

    id: str
    name: str
    text: str
    url: str
    version: str
    media_type: str

    @property
    def learnable(self) -> bool:
        """Neither empty nor too large."""
        return 0 < len(self.text) <= MOST_CHARACTERS


def kept(item: LoadedItem) -> Item:
    """Raises BadItem for one that cannot be told from others."""
    id_, text, title = _plain(item.id).strip(), _plain(item.text).strip(), " ".join(_plain(item.title).split())
    if not id_ or item.media_type not in MEDIA_TYPES:
        raise BadItem
    url = _plain(item.url).strip()
    content = "\x00".join((title, url, item.media_type, text))
    version = _plain(item.version).strip() or _digest(content)
    return Item(
        id=_short(id_, LONGEST_ID),
        name=title[:255] or text.splitlines()[0][:80] if text else title[:255],
        text=text,
        url=url if len(url) <= 2000 and urlsplit(url).scheme in {"http", "https"} else "",
        version=_short(version, LONGEST_VERSION),
        media_type=item.media_type,
    )


def _plain(value: object) -> str:
    """A text as PostgreSQL can keep it; the loader is code that is not ours."""
    if not isinstance(value, str):
        raise BadItem
    return value.replace("\x00", "").encode("utf-8", "replace").decode()


def _short(value: str, most: int) -> str:
    """Long ones are told apart by their digest."""
    return value if len(value) <= most else _digest(value)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
