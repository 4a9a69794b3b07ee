"""The documentation says what is there: its links lead somewhere, its lists are complete, its tutorial runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("plugins/*/README.md")])
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]+)")
FENCE = re.compile(r"^```.*?^```", re.S | re.M)
TUTORIAL_FILE = re.compile(r"`([\w/]+\.(?:py|toml))`:\n\n```\w+\n(.*?)```", re.S)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    assert [link for link in LINK.findall(text) if not (page.parent / link).exists()] == []


def test_every_page_is_in_an_index() -> None:
    linked = {
        (index.parent / link).resolve()
        for index in [ROOT / "README.md", *ROOT.glob("docs/**/README.md")]
        for link in LINK.findall(index.read_text(encoding="utf-8"))
    }
    folders = {path for path in linked if path.is_dir()}
    pages = [page for page in ROOT.glob("docs/**/*.md") if page.name != "README.md"]
    assert [page for page in pages if page not in linked and page.parent not in folders] == []


def test_every_setting_is_explained() -> None:
    settings = set(re.findall(r"^#([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.M))
    rows = re.findall(r"^\| \*{0,2}(`[^|]+?`)\*{0,2} \|", (ROOT / "docs/operators/settings.md").read_text(encoding="utf-8"), re.M)
    assert set(re.findall(r"[A-Z][A-Z0-9_]+", " ".join(rows))) == settings


def test_every_dependency_is_explained() -> None:
    named = set()
    for file in ("base", "dev", "uv"):
        lines = (ROOT / f"requirements/{file}.in").read_text().splitlines()
        named |= {re.split(r"[<>=\[]", line)[0] for line in lines if re.match(r"[A-Za-z]", line)}
    text = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| ([\w.-]+) \|", text, re.M)) | set(re.findall(r"`(pytest-\w+)`", text))
    assert explained - {"package"} == named


@pytest.mark.parametrize("page", ["writing-a-provider", "writing-a-card"])
def test_the_tutorial_runs(tmp_path: Path, page: str) -> None:
    text = (ROOT / f"docs/plugins/{page}.md").read_text(encoding="utf-8")
    for name, body in TUTORIAL_FILE.findall(text):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(body, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-o", "asyncio_mode=auto", "-p", "no:django", "-p", "no:cacheprovider", "."]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    environment["PYTHONPATH"] = os.pathsep.join([str(tmp_path), str(ROOT / "platform")])
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert re.search(r"^\d+ passed", done.stdout, re.M), done.stdout + done.stderr
