"""The process that opens one hostile file, says what it holds, and may be killed at any time.

Started by `process.read` with one JSON argument. Writes JSON lines to its standard output: {"progress": [done, of]},
{"block": [its fields]}, {"table": {…}} with {"rows": "…"} after it, and last either {"done": {…}} or {"refused": {…}}.
"""

from __future__ import annotations

import json
import math
import os
import resource
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from ..tables import packing
from ..tables.recognition import MOST_TABLES, Table, find
from ..tables.values import NumberStyle
from . import containers, loaders, media
from .document import FIELDS, Block
from .limits import Limits
from .source import Refused, Source
from .tables import Row

_READERS = {
    media.PDF: ("pdf", "read"),
    media.DOCX: ("word", "read"),
    media.XLSX: ("spreadsheet", "read"),
    media.XLS: ("spreadsheet", "read_legacy"),
    media.PPTX: ("presentation", "read"),
    media.HTML: ("web", "read"),
    media.MARKDOWN: ("web", "read_markdown"),
    media.CSV: ("plain", "read_delimited"),
    media.TEXT: ("plain", "read"),
}
_FORBIDDEN_EVENTS = {
    *("socket.connect", "socket.getaddrinfo", "socket.bind", "socket.sendto"),
    *("subprocess.Popen", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.system"),
}
_CLONE_NEWNET = 0x40000000
_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1
_SIGKILL = 9
_LONGEST_TEXT = 200_000


class Reporter:
    """Speaks to the parent through a private copy of standard output; what libraries print goes nowhere."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="replace", buffering=1 << 16)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)

    def send(self, **message: Any) -> None:
        self._out.write(json.dumps(message, ensure_ascii=False, separators=(",", ":")) + "\n")

    def progress(self, done: int, of: int) -> None:
        self.send(progress=[done, of])
        self._out.flush()

    def close(self) -> None:
        self._out.flush()


def main(argument: str) -> None:
    """Read the file named in the argument and report it."""
    order = json.loads(argument)
    limits = Limits(**order["limits"])
    confine(limits, order["parent"])
    reporter = Reporter()
    try:
        loader = loaders.choose(order["loaders"], Path(order["path"]), order["name"])
        source = _read(Path(order["path"]), order["name"], limits, reporter, loader)
        reporter.send(
            done={
                "title": source.title,
                "media_type": source.media_type,
                "pages": source.pages,
                "language": source.language,
                "warnings": list(source.warnings),
            }
        )
    except loaders.Failed as failed:
        reporter.send(refused={"code": failed.code, "variant": failed.loader, "cause": failed.cause[:500]})
    except Refused as refused:
        reporter.send(refused={"code": refused.code, "variant": refused.variant, "cause": refused.cause[:500]})
    except MemoryError:
        reporter.send(refused={"code": "memory", "variant": "", "cause": "MemoryError"})
    except Exception as error:  # any library may raise anything on a hostile file
        reporter.send(refused={"code": "corrupt", "variant": "", "cause": repr(error)[:500]})
    reporter.close()


def _read(path: Path, name: str, limits: Limits, reporter: Reporter, loader: loaders.Chosen | None) -> Source:
    media_type = loader.media_type if loader else containers.identify(path, name, limits)
    # openpyxl would load numpy, which is slow to start and takes memory for threads.
    sys.modules["numpy"] = None  # type: ignore[assignment]
    reader = loader.read if loader else built_in(media_type)
    # From here on nothing is written, not even compiled modules.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    source = Source(path, name, media_type, limits, reporter.progress)
    finder = TableFinder(source)
    empty = True
    for block in reader(source):
        for part in _parts(block):
            empty = False
            reporter.send(block=[getattr(part, name) for name in FIELDS])
    if empty:
        raise Refused("empty", cause="no text found")
    for table in finder.tables:
        for message in packing.messages(table):
            reporter.send(**message)
    return source


class TableFinder:
    """Finds the tables of each sheet that was read."""

    def __init__(self, source: Source) -> None:
        self.tables: list[Table] = []
        self._source = source
        source.on_sheet = self._look

    def _look(self, sheet: str, rows: list[Row], style: NumberStyle, complete: bool) -> None:
        """What goes wrong here costs the tables of this sheet only: its text is read already."""
        room = MOST_TABLES - len(self.tables)
        try:
            taken = {table.name for table in self.tables}
            found = find(rows, sheet, style=style, taken=taken, otherwise=Path(self._source.name).stem)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            self._source.warn("tables_unread")
            return
        if len(found) > room:
            self._source.warn("tables_left_out")
        self.tables += [table if complete else replace(table, complete=False) for table in found[:room]]


def built_in(media_type: str) -> Callable[[Source], Iterator[Block]]:
    module, function = _READERS[media_type]
    return getattr(import_module(f"{__package__}.formats.{module}"), function)


def _parts(block: Block) -> Iterator[Block]:
    """A single block of megabytes is cut, so a line to the parent stays of a reasonable size."""
    if not block.text.strip():
        return
    if len(block.text) <= _LONGEST_TEXT:
        yield block
        return
    for start in range(0, len(block.text), _LONGEST_TEXT):
        yield replace(block, text=block.text[start : start + _LONGEST_TEXT])


def confine(limits: Limits, parent: int) -> None:
    """Bound this process, cut its network where the kernel allows that, and die with the parent."""
    seconds = math.ceil(limits.seconds) + 1
    for what, limit in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
    ):
        _, hard = resource.getrlimit(what)
        bound = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(what, (bound, bound))
    if sys.platform == "linux":
        _leave_network(parent)
    sys.addaudithook(_forbid)


def _leave_network(parent: int) -> None:
    import ctypes

    libc = ctypes.CDLL(None)
    libc.unshare(_CLONE_NEWNET if os.geteuid() == 0 else _CLONE_NEWUSER | _CLONE_NEWNET)
    libc.prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _forbid(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _FORBIDDEN_EVENTS:
        raise PermissionError(f"{event} is not allowed while a file is read")
