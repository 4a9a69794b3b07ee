"""An answer as a channel takes it: plain text, in parts that are short enough."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
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


def without_sources(markdown: str) -> str:
    """Without [1], which stands for nothing where sources are not shown; links stay."""
    return re.sub(SOURCE_MARKS.pattern + r"(?![(:]|\[(?!\d{1,3}\]))", "", markdown)


def portions(text: str, longest: int, longest_bytes: int = 0) -> list[str]:
    """Cut at the ends of paragraphs, else of sentences, else between words. `longest` is in UTF-16 units, as messengers count."""
    measure = _measure(longest, longest_bytes)
    if measure(text) <= longest:
        return [text] if text.strip() else []
    return list(TextSplitter.from_callback(measure, longest).chunks(text))


def marked_portions(markdown: str, longest: int, longest_bytes: int = 0) -> list[tuple[str, str]]:
    """The same for a text with marks: each portion as plain text and with its marks.

    Cut between blocks, so that each is whole in itself. A block that is too long by itself is cut as plain text, without marks.
    """
    measure = _measure(longest, longest_bytes)
    found: list[tuple[str, str]] = []
    held = ""
    for block in _blocks(markdown):
        joined = f"{held}\n\n{block}" if held else block
        if measure(plain(joined)) <= longest:
            held = joined
            continue
        if held:
            found.append((plain(held), held))
        held = block if measure(plain(block)) <= longest else ""
        if not held:
            found += [(portion, "") for portion in portions(plain(block), longest, longest_bytes)]
    if held:
        found.append((plain(held), held))
    return [(text, marked) for text, marked in found if text]


def _blocks(markdown: str) -> list[str]:
    """Paragraphs, lists, tables and so on, as they are written."""
    lines = markdown.splitlines()
    tops = [token.map for token in _markdown().parse(markdown) if token.level == 0 and token.map and token.nesting >= 0]
    return ["\n".join(lines[first:last]).strip("\n") for first, last in tops]


def _measure(longest: int, longest_bytes: int) -> Callable[[str], int]:
    """A text's length, where a limit in bytes counts as much as the one in characters."""

    def measure(text: str) -> int:
        units = len(text) + sum(character > "\uffff" for character in text)
        return max(units, -(-len(text.encode()) * longest // longest_bytes)) if longest_bytes else units

    return measure
