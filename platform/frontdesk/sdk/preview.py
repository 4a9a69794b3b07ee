"""A small picture of a theme, drawn from its tokens: a header, two bubbles, and a field."""

from __future__ import annotations

import struct
import zlib

from .themes import Theme

WIDTH, HEIGHT = 360, 240
HEADER = 48
# (left, top, right, bottom, token)
SHAPES = (
    (0, 0, WIDTH, HEIGHT, "surface"),
    (0, 0, WIDTH, HEADER, "primary"),
    (16, 18, 120, 30, "on_primary"),
    (16, 64, 232, 108, "bubble_agent"),
    (28, 76, 200, 82, "on_bubble_agent"),
    (28, 90, 168, 96, "on_bubble_agent"),
    (144, 120, 344, 152, "bubble_visitor"),
    (156, 133, 316, 139, "on_bubble_visitor"),
    (16, 192, 296, 224, "border"),
    (18, 194, 294, 222, "surface"),
    (30, 205, 120, 211, "muted"),
    (308, 192, 344, 224, "secondary"),
)


def draw(theme: Theme, scheme: str = "light") -> bytes:
    """A PNG of 360 × 240 pixels."""
    rows = [bytearray(WIDTH * 3) for _ in range(HEIGHT)]
    for left, top, right, bottom, token in SHAPES:
        color = bytes.fromhex(theme.tokens[scheme][token][1:])
        for y in range(top, bottom):
            rows[y][left * 3 : right * 3] = color * (right - left)
    pixels = b"".join(b"\x00" + bytes(row) for row in rows)
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _piece(b"IHDR", head) + _piece(b"IDAT", zlib.compress(pixels, 9)) + _piece(b"IEND", b"")


def _piece(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
