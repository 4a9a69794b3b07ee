"""What parent and child send each other: one line of JSON, then bytes until the end. Used on both sides of the pipe."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from .confine import confine

MIB = 2**20


def pack(head: dict[str, Any], body: bytes = b"") -> bytes:
    return json.dumps(head, ensure_ascii=False).encode() + b"\n" + body


def unpack(message: bytes) -> tuple[dict[str, Any], bytes]:
    """Raises ValueError for what is no message."""
    line, _newline, body = message.partition(b"\n")
    head = json.loads(line)
    if not isinstance(head, dict):
        raise ValueError("The first line is not an object.")
    return head, body


class Refused(Exception):
    """In a child: what was sent cannot be taken. The name of a sentence of the parent."""


def serve(work: Callable[[dict[str, Any], bytes], tuple[dict[str, Any], bytes]]) -> None:
    """The whole life of a child: take one order, do it within bounds, answer."""
    order, body = unpack(sys.stdin.buffer.read())
    confine(memory=order["memory"], seconds=order["seconds"], parent=order["parent"])
    try:
        head, answer = work(order, body)
    except Refused as refused:
        head, answer = {"refused": str(refused)}, b""
    sys.stdout.buffer.write(pack(head, answer))
