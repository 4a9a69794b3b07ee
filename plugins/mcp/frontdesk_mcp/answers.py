"""What a server's tool gave, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import mcp_types as mcp

MOST_CHARACTERS = 200_000


def text_of(result: mcp.CallToolResult) -> str:
    """Texts as they are, everything else described; structured content as JSON where no text says the same. Cut."""
    pieces = [piece for block in result.content for piece in _words(block) if piece]
    if result.structured_content is not None and not any(_says(piece, result.structured_content) for piece in pieces):
        pieces.append(json.dumps(result.structured_content, ensure_ascii=False))
    return "\n\n".join(pieces)[:MOST_CHARACTERS]


def _words(block: Any) -> Iterator[str]:
    match block:
        case mcp.TextContent(text=text):
            yield text
        case mcp.ImageContent(mime_type=kind):
            yield f"[a picture ({kind}), which cannot be shown here]"
        case mcp.AudioContent(mime_type=kind):
            yield f"[a recording ({kind}), which cannot be played here]"
        case mcp.ResourceLink(uri=uri):
            yield ": ".join(filter(None, (block.title or block.name, block.description, str(uri))))
        case mcp.EmbeddedResource(resource=mcp.TextResourceContents(text=text)):
            yield text
        case mcp.EmbeddedResource(resource=file):
            yield f"[a file ({file.mime_type or 'of unknown kind'}), which cannot be read here: {file.uri}]"


def _says(text: str, value: Any) -> bool:
    """Servers repeat structured content as text, for clients that know no other."""
    try:
        return text[:1] in '{["-0123456789tfn' and json.loads(text) == value
    except ValueError:
        return False
