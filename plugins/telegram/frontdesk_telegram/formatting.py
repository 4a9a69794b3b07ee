"""Markdown as Telegram's HTML (https://core.telegram.org/bots/api#html-style). What it has no mark for stays plain."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from html import escape

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

TAGS = {"strong": "b", "em": "i", "s": "s"}
LINKS = ("http://", "https://", "mailto:", "tg://")


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def as_html(markdown: str) -> str:
    """Each tag that is opened is closed, and nothing of the text is one."""
    return _blocks(SyntaxTreeNode(_parser().parse(markdown)).children, "\n\n")


def _blocks(nodes: Iterable[SyntaxTreeNode], between: str) -> str:
    return between.join(filter(None, map(_block, nodes)))


def _block(node: SyntaxTreeNode) -> str:
    match node.type:
        case "heading":
            return f"<b>{_join(node)}</b>"
        case "bullet_list":
            return "\n".join(_item("• ", item) for item in node.children)
        case "ordered_list":
            start = int(node.attrGet("start") or 1)
            return "\n".join(_item(f"{number}. ", item) for number, item in enumerate(node.children, start))
        case "blockquote":
            return f"<blockquote>{_blocks(node.children, chr(10))}</blockquote>"
        case "fence" | "code_block":
            return f"<pre>{_escaped(node.content.rstrip())}</pre>"
        case "table":
            rows = (row for part in node.children for row in part.children)
            return "\n".join(" | ".join(_join(cell) for cell in row.children) for row in rows)
        case "hr":
            return "———"
        case _:
            return _inline(node)


def _item(start: str, item: SyntaxTreeNode) -> str:
    return start + _blocks(item.children, "\n").replace("\n", "\n  ")


def _inline(node: SyntaxTreeNode) -> str:
    match node.type:
        case "text":
            return _escaped(node.content)
        case "softbreak" | "hardbreak":
            return "\n"
        case "code_inline":
            return f"<code>{_escaped(node.content)}</code>"
        case "strong" | "em" | "s":
            return f"<{TAGS[node.type]}>{_join(node)}</{TAGS[node.type]}>"
        case "link":
            address = str(node.attrGet("href") or "")
            known = address.lower().startswith(LINKS)
            return f'<a href="{escape(address)}">{_join(node)}</a>' if known else _join(node)
        case "image":
            return _escaped(f"{node.content} ({node.attrGet('src')})".strip())
        case _:
            return _join(node)


def _join(node: SyntaxTreeNode) -> str:
    return "".join(map(_inline, node.children))


def _escaped(text: str) -> str:
    return escape(text, quote=False)
