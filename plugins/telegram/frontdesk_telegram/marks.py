"""Telegram's HTML (https://core.telegram.org/bots/api#html-style), read as strictly as Telegram does."""

from __future__ import annotations

from html.parser import HTMLParser

ALLOWED = frozenset(
    ("b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "a", "code", "pre", "blockquote", "tg-spoiler", "span")
)


class UnreadableMarks(ValueError):
    """In Telegram's words."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALLOWED:
            raise UnreadableMarks(f'Unsupported start tag "{tag}"')
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise UnreadableMarks(f'Unmatched end tag, found "</{tag}>"')

    def handle_data(self, data: str) -> None:
        self.text += data


def read_html(marked: str) -> str:
    """The text without its marks. Raises UnreadableMarks."""
    reader = _Reader()
    reader.feed(marked)
    reader.close()
    if reader.open:
        raise UnreadableMarks(f'Can\'t find end tag corresponding to start tag "{reader.open[-1]}"')
    return reader.text
