"""Markdown in WhatsApp's own marks: *bold*, _italic_, ~struck~, `code`, ```block```, "- " and "1. ", and "> " for quotes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

MARKS = {"strong": "*", "em": "_", "s": "~"}


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def marked(markdown: str) -> str:
    """The text as WhatsApp shows it; what WhatsApp has no mark for stays plain."""
    return _blocks(SyntaxTreeNode(_parser().parse(markdown)).children, "\n\n")


def _blocks(nodes: Iterable[SyntaxTreeNode], between: str) -> str:
    return between.join(filter(None, map(_block, nodes)))


def _block(node: SyntaxTreeNode) -> str:
    match node.type:
        case "heading":
            return _wrapped("*", _text(node))
        case "bullet_list":
            return "\n".join(_item("- ", item) for item in node.children)
        case "ordered_list":
            start = int(node.attrGet("start") or 1)
            return "\n".join(_item(f"{number}. ", item) for number, item in enumerate(node.children, start))
        case "blockquote":
            return "\n".join(f"> {line}" for line in _blocks(node.children, "\n").splitlines())
        case "fence" | "code_block":
            return f"```{node.content.rstrip()}```"
        case "table":
            rows = (row for part in node.children for row in part.children)
            return "\n".join(" | ".join(_inline(cell) for cell in row.children) for row in rows)
        case "hr":
            return "———"
        case _:
            return _inline(node)


def _item(start: str, item: SyntaxTreeNode) -> str:
    first, *rest = _blocks(item.children, "\n").split("\n")
    return "\n".join([start + first, *(f"  {line}" for line in rest)])


def _inline(node: SyntaxTreeNode) -> str:
    match node.type:
        case "text":
            return node.content
        case "softbreak" | "hardbreak":
            return "\n"
        case "code_inline":
            return f"`{node.content}`"
        case "strong" | "em" | "s":
            return _wrapped(MARKS[node.type], _join(node, _inline))
        case "link":
            shown, address = _join(node, _inline), str(node.attrGet("href") or "")
            plain = address.removeprefix("mailto:").removeprefix("tel:")
            return shown if not plain or shown in (address, plain) else f"{shown} ({plain})"
        case "image":
            return f"{node.content} ({node.attrGet('src')})".strip()
        case _:
            return _join(node, _inline)


def _text(node: SyntaxTreeNode) -> str:
    """Without marks of its own, for what is marked as a whole."""
    return node.content if node.type in ("text", "code_inline") else _join(node, _text)


def _join(node: SyntaxTreeNode, say: Callable[[SyntaxTreeNode], str]) -> str:
    return "".join(map(say, node.children))


def _wrapped(mark: str, text: str) -> str:
    """WhatsApp ends a mark at the end of a line, and knows none beside a space."""
    lines = text.split("\n")
    return "\n".join(line.replace(line.strip(), f"{mark}{line.strip()}{mark}") if line.strip() else line for line in lines)
