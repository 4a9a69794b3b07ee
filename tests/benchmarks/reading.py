"""How many of the measuring documents are read as their manifest expects, how fast, and with how much memory.

python tests/benchmarks/reading.py [folder]        the folder holds manifest.json; default: $FRONTDESK_MEASURE_DATA/documents
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "platform"))

from frontdesk.knowledge.reading import Document, Unreadable, read  # noqa: E402

_CLEAN = {"corrupt", "empty", "unsupported", "too_large", "too_many_pages", "timeout", "memory", "password", "no_text"}


@dataclass(frozen=True)
class Outcome:
    seconds: float
    memory: int
    document: Document | None = None
    code: str = ""

    @property
    def folded(self) -> str:
        return fold(self.document.text) if self.document else ""


def fold(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())


def measure(path: Path) -> Outcome:
    """Read in a fork of this process, so the peak memory is that of this file's reader alone."""
    receiver, sender = os.pipe()
    if pid := os.fork():
        os.close(sender)
        with os.fdopen(receiver, "rb") as stream:
            answer = json.loads(stream.read())
        os.waitpid(pid, 0)
        code = answer.pop("code")
        text = answer.pop("text")
        document = None if code else Document(answer["title"], (), answer["media_type"], answer["pages"])
        return Outcome(answer["seconds"], answer["memory"], _with_text(document, text), code)
    os.close(receiver)
    start = time.perf_counter()
    answer: dict[str, Any] = {"code": "", "text": "", "title": "", "media_type": "", "pages": None}
    try:
        document = read(path, name=path.name)
        answer |= {"text": document.text, "title": document.title, "media_type": document.media_type, "pages": document.pages}
    except Unreadable as error:
        answer["code"] = error.code
    answer["seconds"] = time.perf_counter() - start
    answer["memory"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    with os.fdopen(sender, "w") as stream:
        json.dump(answer, stream)
    os._exit(0)


def _with_text(document: Document | None, text: str) -> Document | None:
    from frontdesk.knowledge.reading import Block

    return document and Document(document.title, (Block("paragraph", text),), document.media_type, document.pages)


def is_right(expect: dict[str, Any], got: Outcome) -> bool:
    held = [fold(snippet) in got.folded for snippet in expect["snippets"]]
    absent = not any(fold(snippet) in got.folded for snippet in expect.get("absent", []))
    pages = "pages" not in expect or (got.document is not None and got.document.pages == expect["pages"])
    text = got.document is not None and all(held) and absent and pages
    return {
        "text": text or (bool(expect.get("alt_ok")) and got.code == "unsupported"),
        "text_any": got.document is not None and any(held),
        "no_text": got.code == "no_text",
        "password": got.code == "password",
        "corrupt": got.code in _CLEAN,
        "text_or_corrupt": text or got.code == "corrupt",
        "bomb": got.document is not None or got.code in _CLEAN,
        "mismatch": text or got.code in _CLEAN,
    }[expect["kind"]]


def main(folder: Path) -> int:
    files = json.loads((folder / "manifest.json").read_text())["files"]
    right = held = asked = 0
    print(f"{'file':<46}{'expected':<17}{'got':<17}{'s':>6}{'MiB':>6}{'qa':>7}")
    for entry in files:
        outcome = measure(folder / entry["name"])
        good = is_right(entry["expect"], outcome)
        answers = sum(any(fold(answer) in outcome.folded for answer in each["answers"]) for each in entry["qa"])
        right, held, asked = right + good, held + answers, asked + len(entry["qa"])
        got = outcome.code or "text"
        qa = f"{answers}/{len(entry['qa'])}" if entry["qa"] else ""
        mark = "" if good else "  WRONG"
        print(f"{entry['name']:<46}{entry['expect']['kind']:<17}{got:<17}{outcome.seconds:>6.2f}{outcome.memory:>6}{qa:>7}{mark}")
    print(f"{right} of {len(files)} as expected; {held} of {asked} answers are in the text")
    return 0 if right == len(files) else 1


if __name__ == "__main__":
    data = os.environ.get("FRONTDESK_MEASURE_DATA", "")
    if len(sys.argv) < 2 and not data:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(data) / "documents"))
