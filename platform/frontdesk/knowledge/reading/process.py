"""Reads a file in a process of its own, which is watched and can be killed at any moment."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from frontdesk.sdk.errors import LoaderError

from ..tables import packing
from .document import FIELDS, Block, Document
from .errors import SENTENCES, WARNINGS, Unreadable
from .limits import Limits

_ROOT = Path(__file__).resolve().parents[3]
# -I keeps the environment and the working directory out of the import path, so the source root is put there by hand.
_START = "import sys; sys.path.insert(0, sys.argv[1]); from frontdesk.knowledge.{module} import main; main(sys.argv[2])"
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1", "OPENPYXL_DEFUSEDXML": "False"}
_TICK = 0.05
_PIECE = 1 << 16
_LONGEST_LINE = 4 << 20
# A library that cannot get memory often aborts instead of raising.
_ABORTS = {signal.SIGABRT, signal.SIGTRAP, signal.SIGILL}
_OUT_OF_TIME = {signal.SIGXCPU, signal.SIGKILL}


def read(
    path: Path,
    *,
    name: str,
    limits: Limits | None = None,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    loaders: Sequence[tuple[str, str]] = (),
) -> Document:
    """The blocks of an uploaded file. Raises Unreadable, or LoaderError with what a plugin says, always within `limits.seconds`.

    `progress(done, of)` counts pages, sheets or slides; `cancelled` is asked every 50 ms. Both run in the calling thread.
    `loaders` are file loaders of plugins, as (module, class), that are asked before the built-in readers.
    """
    limits = limits or Limits()
    size = path.stat().st_size
    if size > limits.file_size:
        raise Unreadable("too_large", cause=f"{size} bytes")
    answer = _Answer(progress or (lambda done, of: None))
    order = {"path": str(path.resolve()), "name": name, "loaders": list(loaders)}
    with started("reading.child", order, limits) as child:
        for piece in pieces(child, limits, cancelled or (lambda: False)):
            answer.take(piece)
        child.wait()
    return answer.document(child.returncode)


@contextmanager
def started(module: str, order: dict[str, Any], limits: Limits) -> Iterator[subprocess.Popen[bytes]]:
    """A process of its own for a module of this room, whose `main` is given the order as JSON; killed at the end."""
    argument = json.dumps({**order, "limits": asdict(limits), "parent": os.getpid()})
    child = subprocess.Popen(  # noqa: S603 - our own interpreter, and no shell
        [sys.executable, "-I", "-c", _START.format(module=module), str(_ROOT), argument],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=_ENVIRONMENT,
        cwd="/",
        start_new_session=True,
    )
    try:
        yield child
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()


def pieces(child: subprocess.Popen[bytes], limits: Limits, cancelled: Callable[[], bool]) -> Iterator[bytes]:
    """What the child says, until it closes its output. Raises when time, output or patience end."""
    deadline = time.monotonic() + limits.seconds
    received = 0
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while True:
            if cancelled():
                raise Unreadable("cancelled")
            left = deadline - time.monotonic()
            if left <= 0:
                raise Unreadable("timeout", cause=f"{limits.seconds} s")
            if not selector.select(min(_TICK, left)):
                continue
            piece = os.read(child.stdout.fileno(), _PIECE)
            if not piece:
                return
            received += len(piece)
            if received > limits.output:
                raise Unreadable("too_large", cause=f"more than {limits.output} bytes of text")
            yield piece


@dataclass(slots=True)
class _Answer:
    """Collects the child's lines. They come from a process that met a hostile file, so nothing in them is trusted."""

    progress: Callable[[int, int], None]
    blocks: list[Block] = field(default_factory=list)
    tables: list[packing.Packed] = field(default_factory=list)
    rest: bytes = b""
    done: dict[str, Any] | None = None
    refused: LoaderError | None = None

    def take(self, piece: bytes) -> None:
        *lines, self.rest = (self.rest + piece).split(b"\n")
        if len(self.rest) > _LONGEST_LINE:
            raise Unreadable("corrupt", cause="a line without end")
        for line in lines:
            try:
                self._line(json.loads(line))
            except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
                raise Unreadable("corrupt", cause=f"the reader wrote {line[:80]!r}: {error!r}") from error

    def _line(self, message: dict[str, Any]) -> None:
        [(kind, content)] = message.items()
        if kind == "block":
            block = dict(zip(FIELDS, content, strict=True))
            rows = tuple(int(row) for row in block["rows"]) if block["rows"] else None
            self.blocks.append(Block(**{**block, "headings": tuple(block["headings"]), "rows": rows}))
        elif kind == "table":
            self.tables.append(packing.described(content))
        elif kind == "rows":
            self.tables[-1] = packing.with_rows(self.tables[-1], content)
        elif kind == "progress":
            done, of = content
            self.progress(int(done), int(of))
        elif kind == "refused":
            code, variant, cause = (str(content[key]) for key in ("code", "variant", "cause"))
            if code == "said":
                self.refused = LoaderError(" ".join(cause.split()) or SENTENCES["corrupt"])
                return
            self.refused = Unreadable(code if code in SENTENCES else "corrupt", variant=variant, cause=cause)
        else:
            self.done = dict(content)

    def document(self, returncode: int) -> Document:
        if self.refused:
            raise self.refused
        if self.done is None:
            died_of = signal.Signals(-returncode) if returncode < 0 else None
            code = "timeout" if died_of in _OUT_OF_TIME else "memory" if died_of in _ABORTS else "corrupt"
            raise Unreadable(code, cause=f"the reader ended with {died_of.name if died_of else returncode}")
        return Document(
            title=str(self.done["title"]),
            blocks=tuple(self.blocks),
            media_type=str(self.done["media_type"]),
            pages=self.done["pages"],
            language=str(self.done["language"]),
            warnings=tuple(warning for warning in self.done["warnings"] if warning in WARNINGS),
            tables=tuple(self.tables),
        )
