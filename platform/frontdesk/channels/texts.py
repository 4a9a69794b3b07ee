"""An answer as a channel takes it: plain text, in parts that are short enough."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from semantic_text_splitter import TextSplitter

SOURCE_MARKS = re.compile(r"\s?\[\d{1,3}\]")
BULLET = "• "


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def plain(markdown: str, *, numbered_sources: bool = False) -> str:
    """Markdown as it would be typed by hand; bullets and the addresses of links stay. With `numbered_sources`, [1] goes."""
    lines: list[str] = []
    lists: list[int] = []  # the next number of each open list, 0 for bullets
    start = ""
    for token in _markdown().parse(markdown):
        match token.type:
            case "ordered_list_open":
                lists.append(int(token.attrGet("start") or 1))
            case "bullet_list_open":
                lists.append(0)
            case "ordered_list_close" | "bullet_list_close":
                lists.pop()
            case "list_item_open":
                start = "  " * (len(lists) - 1) + (f"{lists[-1]}. " if lists[-1] else BULLET)
                lists[-1] += bool(lists[-1])
            case "inline":
                text = _inline(token.children or ())
                cell = lines and token.level >= 3 and not lists and lines[-1].endswith("\t")
                lines.append(lines.pop() + text if cell else start + text)
                start = ""
            case "th_close" | "td_close":
                lines[-1] += " | \t"
            case "tr_close":
                lines[-1] = lines[-1].removesuffix(" | \t").replace("\t", "")
            case "fence" | "code_block":
                lines.append(token.content.rstrip())
        if token.type in {"paragraph_close", "heading_close", "table_close"} and not lists or _closes_outer(token, lists):
            lines.append("")
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return SOURCE_MARKS.sub("", text) if numbered_sources else text


def _closes_outer(token: Token, lists: list[int]) -> bool:
    return token.type in {"ordered_list_close", "bullet_list_close", "fence", "code_block"} and not lists


def _inline(parts: Sequence[Token]) -> str:
    said, links = "", []
    for part in parts:
        match part.type:
            case "softbreak" | "hardbreak":
                said += "\n"
            case "link_open":
                links.append((len(said), part.attrGet("href") or ""))
            case "link_close":
                begin, address = links.pop()
                address = str(address)
                shown = address.removeprefix("mailto:").removeprefix("tel:")
                said += "" if said[begin:] in (address, shown) or not shown else f" ({shown})"
            case _:
                said += part.content
    return said


def portions(text: str, longest: int) -> list[str]:
    """Cut at the ends of paragraphs, else of sentences, else between words. Counted in UTF-16 units, as messengers count."""
    if _length(text) <= longest:
        return [text] if text.strip() else []
    return list(TextSplitter.from_callback(_length, longest).chunks(text))


def _length(text: str) -> int:
    return len(text) + sum(character > "\uffff" for character in text)
