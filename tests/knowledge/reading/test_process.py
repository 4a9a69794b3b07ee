"""Hostile files, and the process that meets them: bounded, watched, killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import openpyxl
import psutil
import pytest
from django.utils import translation

from frontdesk.knowledge.reading import Limits, Unreadable, errors, process, read
from frontdesk.knowledge.reading.limits import MIB

from . import builders

LAUGHS = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 10))
BILLION = (
    f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "lol">{LAUGHS}]>'
    f"<w:document {builders.WORD}><w:body>&l9;</w:body></w:document>"
)


@pytest.fixture
def long_file(tmp_path: Path) -> Path:
    """Takes seconds to read."""
    path = tmp_path / "long.csv"
    path.write_text("Item,Price,Note\n" + "Chair,20,a chair that is one of many chairs\n" * 400_000)
    return path


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "reading.child" in _command(child)]


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except (psutil.ZombieProcess, psutil.NoSuchProcess):
        return ""


def test_time_ends(long_file: Path, refusal) -> None:
    error = refusal(long_file, limits=Limits(seconds=0.4))
    assert error.code == "timeout"
    assert children() == []


def test_memory_ends(long_file: Path, refusal) -> None:
    assert refusal(long_file, limits=Limits(memory=64 * MIB)).code == "memory"


def test_output_ends(long_file: Path, refusal) -> None:
    assert refusal(long_file, limits=Limits(output=MIB)).code == "too_large"
    assert children() == []


def test_too_large_to_begin_with(long_file: Path, refusal) -> None:
    assert refusal(long_file, limits=Limits(file_size=MIB)).code == "too_large"


def test_cancelled_at_once(long_file: Path, refusal) -> None:
    asked = []
    error = refusal(long_file, cancelled=lambda: bool(children() and asked.append(time.monotonic()) is None and len(asked) > 3))
    assert error.code == "cancelled"
    assert children() == []


def test_a_child_that_dies_is_reported(tmp_path: Path, refusal) -> None:
    """Its words do not all fit into the pipe, so it is still there when the first page has come."""
    path = builders.pdf_pages(tmp_path / "a.pdf", ["x " * 2000] * 100)

    def kill(done: int, of: int) -> None:
        for child in children():
            child.send_signal(11)

    error = refusal(path, progress=kill)
    assert error.code == "corrupt"
    assert "SIGSEGV" in error.cause


def test_progress_counts_pages(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    path = builders.pdf_pages(tmp_path / "a.pdf", ["Words on a page."] * 5)
    read(path, name="a.pdf", progress=lambda done, of: seen.append((done, of)))
    assert seen == [(number, 5) for number in range(1, 6)]


def test_the_child_knows_no_secrets(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "do not tell")
    seen: list[dict[str, str]] = []
    path = builders.pdf_pages(tmp_path / "a.pdf", ["Words on a page."] * 200)
    read(path, name="a.pdf", progress=lambda done, of: seen.append(children()[0].environ()) if not seen else None)
    assert "do not tell" not in "".join(seen[0].values())
    assert "PYTHONPATH" not in seen[0]


def _in_child(code: str) -> subprocess.CompletedProcess[str]:
    start = f"import sys; sys.path.insert(0, {str(process._ROOT)!r})\nfrom frontdesk.knowledge.reading import child, Limits\n"
    return subprocess.run([sys.executable, "-I", "-c", start + code], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    "attempt",
    [
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9/')",
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
        "import os; os.fork()",
    ],
)
def test_the_child_may_not_reach_out(attempt: str) -> None:
    result = _in_child(f"child.confine(Limits(), {os.getpid()})\n{attempt}")
    assert "not allowed while a file is read" in result.stderr


def test_the_child_starts_without_the_house() -> None:
    result = _in_child("print(sorted({'django', 'pydantic', 'numpy', 'openpyxl', 'pypdfium2', 'lxml'} & sys.modules.keys()))")
    assert result.stdout.strip() == "[]"


def test_the_child_leaves_with_its_parent() -> None:
    result = _in_child("child.confine(Limits(), 1)\nprint('still here')")
    assert (result.returncode, result.stdout) == (1, "")


def test_a_zip_bomb(tmp_path: Path, refusal) -> None:
    path = builders.word(tmp_path / "a.docx", "", **{"word/extra.xml": b"<a>" + b" " * (60 * MIB) + b"</a>"})
    assert path.stat().st_size < MIB
    assert refusal(path).code == "too_large"


def test_a_zip_of_very_many_members(tmp_path: Path, refusal) -> None:
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(300):
            archive.writestr(f"word/{number}.xml", "")
    assert refusal(path, limits=Limits(members=200)).code == "too_large"


def test_a_zip_that_lies_about_its_sizes(tmp_path: Path, refusal) -> None:
    path = builders.word(tmp_path / "a.docx", "x" * 50_000)
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("word/document.xml").file_size
    path.write_bytes(path.read_bytes().replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little")))
    assert refusal(path).code == "corrupt"


def test_a_zip_with_a_password(tmp_path: Path, refusal) -> None:
    path = builders.word(tmp_path / "a.docx", "<w:p/>")
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert refusal(path).code == "password"


def test_members_may_not_leave_the_package(tmp_path: Path, refusal) -> None:
    path = builders.word(tmp_path / "a.docx", "<w:p/>", **{"../../etc/passwd": "x"})
    assert refusal(path).code == "corrupt"


@pytest.mark.parametrize("before", ["", "<!-- " + "x" * 70_000 + " -->"])
@pytest.mark.parametrize("member", ["word/document.xml", "word/styles.bin"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_billion_laughs(tmp_path: Path, refusal, before: str, member: str, encoding: str) -> None:
    content = BILLION.replace("<!DOCTYPE", f"{before}<!DOCTYPE").encode(encoding)
    error = refusal(builders.with_member(builders.word(tmp_path / "a.docx", "<w:p/>"), member, content))
    assert error.code == "corrupt"
    assert "root element" in error.cause


def test_entities_in_a_page_of_html_stay_small(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(BILLION.replace("w:document", "html") + "<html><body><p>Words</p></body></html>")
    assert len(read(tmp_path / "a.html", name="a.html").text) < 2000


@pytest.mark.parametrize(
    ("name", "content", "code", "variant"),
    [
        ("a.pdf", b"", "empty", ""),
        ("a.pdf", b"%PDF-1.7 and nothing else", "corrupt", ""),
        ("a.docx", b"PK\x03\x04 and nothing else", "corrupt", ""),
        ("a.docx", b"\x89PNG\r\n\x1a\n" + bytes(40), "unsupported", "image"),
        ("a.doc", b"{\\rtf1\\ansi Hello}", "unsupported", "document"),
        ("a.bin", bytes(range(256)) * 4, "unsupported", ""),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, refusal, name: str, content: bytes, code: str, variant: str) -> None:
    (tmp_path / name).write_bytes(content)
    error = refusal(tmp_path / name)
    assert (error.code, error.variant) == (code, variant)


@pytest.mark.parametrize(
    ("members", "variant"),
    [
        ({"mimetype": "application/vnd.oasis.opendocument.text"}, "document"),
        ({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}, "spreadsheet"),
        ({"[Content_Types].xml": '<a x="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/>'}, "spreadsheet"),
        ({"[Content_Types].xml": '<a x="application/vnd.ms-word.document.macroEnabled.main+xml"/>'}, "document"),
        ({"photo.txt": "x"}, ""),
    ],
)
def test_zip_files_of_other_kinds(tmp_path: Path, refusal, members: dict[str, str], variant: str) -> None:
    error = refusal(builders.package(tmp_path / "a.docx", members))
    assert (error.code, error.variant) == ("unsupported", variant)


def test_a_lying_name_is_read_by_content(tmp_path: Path) -> None:
    path = builders.pdf(tmp_path / "really.docx", "A PDF in disguise.")
    assert read(path, name="really.docx").text == "A PDF in disguise."


def test_a_stored_file_needs_no_name(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.active.append(["Only words"])
    workbook.save(tmp_path / "a.xlsx")
    path = (tmp_path / "a.xlsx").rename(tmp_path / "c0ffee")
    assert read(path, name="prices.pdf").text == "Only words"


def test_every_refusal_says_what_to_do() -> None:
    for key, sentence in errors.SENTENCES.items():
        code, _, variant = key.partition(":")
        assert str(Unreadable(code, variant=variant)) == sentence
        assert sentence.endswith(".")
    assert str(Unreadable("corrupt", variant="nothing we know")) == errors.SENTENCES["corrupt"]


def test_sentences_are_translated_when_shown(monkeypatch) -> None:
    monkeypatch.setattr(translation, "gettext", lambda sentence: f"«{sentence}»")
    assert str(Unreadable("empty")) == f"«{errors.SENTENCES['empty']}»"
    assert errors.explain("repaired") == f"«{errors.WARNINGS['repaired']}»"


@pytest.mark.parametrize(
    "line",
    [
        b"[]\n",
        b"not json\n",
        b'{"block": 5}\n',
        b'{"block": ["paragraph", "text"]}\n',
        b'{"block": ["paragraph", "text", 5, null, "", null, ""]}\n',
        b'{"progress": ["a", "b"]}\n',
        b'{"refused": {}}\n',
        b"x" * (5 * MIB),
    ],
)
def test_a_child_that_was_taken_over_is_not_trusted(line: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        process._Answer(lambda done, of: None).take(line)
    assert caught.value.code == "corrupt"
