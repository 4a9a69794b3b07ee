"""Files that owners upload, read into blocks. Uploads are hostile: each is parsed by a process of its own.

    document = read(path, name="prices.xlsx")        raises Unreadable with a code and a sentence

`process` starts and watches the child; `child` confines itself and picks a reader by content (`media`, `containers`);
`formats` hold the readers; `tables`, `numbers`, `encodings` and `clean` are what they share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .document import Block, Document
from .limits import Limits
from .media import detect

if TYPE_CHECKING:
    from .errors import Unreadable
    from .process import read

__all__ = ["Block", "Document", "Limits", "Unreadable", "detect", "read"]


def __getattr__(name: str) -> Any:
    """`read` and `Unreadable` on first use: the child imports this package and must not load Django and the SDK."""
    if name == "read":
        from .process import read

        return read
    if name == "Unreadable":
        from .errors import Unreadable

        return Unreadable
    raise AttributeError(name)
