"""Hooks are the border with other people's plugins: pinned, documented, used by a plugin that ships, and tested."""

import ast
import inspect
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from frontdesk.sdk import hookspecs
from tests.ground.source import PLUGINS, ROOT, python_files, tree_of

SNAPSHOT = Path(__file__).parent / "snapshots/hooks.json"
UPDATE = "UPDATE_SNAPSHOTS=1 .venv/bin/pytest tests/architecture/test_hooks.py"
PAGE = ROOT / "docs/plugins/hooks.md"
HOOKS = {name: item for name, item in vars(hookspecs).items() if hasattr(item, f"{hookspecs.PROJECT}_spec")}


def implemented() -> Iterator[str]:
    """Names of the functions that bundled plugins mark with @hookimpl."""
    for path in python_files(PLUGINS):
        for node in ast.walk(tree_of(path)):
            marks = getattr(node, "decorator_list", [])
            if "tests" not in path.parts and any("hookimpl" in ast.unparse(mark) for mark in marks):
                yield node.name


def test_hooks_are_as_they_were() -> None:
    now = {name: {"signature": str(inspect.signature(hook)), "says": inspect.getdoc(hook)} for name, hook in HOOKS.items()}
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(json.dumps(now, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert HOOKS and now == json.loads(SNAPSHOT.read_text(encoding="utf-8")), f"If the change is meant, run: {UPDATE}"


def test_the_page_has_each_hook_and_no_other() -> None:
    headings = re.findall(r"^## `(\w+)`", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(headings) == sorted(HOOKS)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_says_in_a_sentence_what_it_is_for(hook) -> None:
    assert inspect.getdoc(HOOKS[hook]).endswith(".")


@pytest.mark.parametrize("hook", HOOKS)
def test_a_bundled_plugin_uses_it(hook) -> None:
    assert hook in set(implemented())


def test_bundled_plugins_implement_nothing_else() -> None:
    assert set(implemented()) <= set(HOOKS)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_test_uses_it(hook) -> None:
    tests = [path for path in [*python_files(ROOT / "tests"), *python_files(PLUGINS)] if "tests" in path.parts]
    assert any(re.search(rf"\b{hook}\b", path.read_text(encoding="utf-8")) for path in tests if path != Path(__file__))
