"""Subtitles: SubRip, and WebVTT (w3.org/TR/webvtt1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from frontdesk.sdk.errors import LoaderError
from frontdesk.sdk.loaders import FileLoader, TextBlock

from .words import phrase

TIMES = re.compile(r"^\s*(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,]\d{1,3}\s*-->", re.MULTILINE)
TAG = re.compile(r"<[^>]{0,200}>|\{\\[^}]{0,200}\}")
SENTENCE_ENDS = (".", "!", "?", "…", "。", "؟")
# A paragraph ends with a sentence once it has so many characters, and in any case at so many.
GOOD, MOST = 400, 1200


class Subtitles(FileLoader):
    slug, label, suffixes = "subtitles", phrase("Subtitles"), (".srt", ".vtt")

    def recognises(self, head: bytes, name: str) -> bool:
        return bool(TIMES.search(_decoded(head)))

    def read(self, path: Path) -> Iterator[TextBlock]:
        said, begun, size, last = [], 0, 0, ""
        for minute, line in _lines(_decoded(path.read_bytes())):
            if line == last:
                continue
            begun = begun if said else minute
            said.append(line)
            last, size = line, size + len(line)
            if (size >= GOOD and line.endswith(SENTENCE_ENDS)) or size >= MOST:
                yield TextBlock("paragraph", " ".join(said), place=f"minute {begun}")
                said, size = [], 0
        if said:
            yield TextBlock("paragraph", " ".join(said), place=f"minute {begun}")
        elif not last:
            raise LoaderError("These subtitles hold no text. Check that you chose the right file.")


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "cp1252", "replace")


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """What is said, line by line, with the minute in which it begins (the first is 1)."""
    for cue in re.split(r"\r?\n\s*\r?\n", text):
        times = TIMES.search(cue)
        if times is None:
            continue
        minute = 60 * int(times[1] or 0) + int(times[2]) + 1
        for line in cue[times.end() :].split("\n")[1:]:
            if plain := TAG.sub("", line).strip():
                yield minute, plain
