"""From nothing to a wheel: `plugin new`, `plugin test` and `plugin pack`, for every kind, and what they say when they cannot."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from frontdesk.plugins import scaffold
from frontdesk.plugins.scaffold import KINDS, ScaffoldError


def plugin(*arguments: Any) -> str:
    """What the command says. Raises CommandError."""
    said = StringIO()
    call_command("plugin", *map(str, arguments), stdout=said)
    return said.getvalue()


def make(folder: Path, kind: str) -> tuple[Path, str]:
    """A plugin of a kind and its wheel's path, or what went wrong on the way."""
    path = folder / f"my-{kind}"
    try:
        plugin("new", path, "--kind", kind)
        plugin("test", path)
        return path, plugin("pack", path).strip()
    except CommandError as error:
        return path, str(error)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, str]]:
    """All kinds, two at a time: most of it is waiting for Pythons to start."""
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(KINDS, pool.map(partial(make, tmp_path_factory.mktemp("made")), KINDS), strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_plugin_passes_its_tests_and_becomes_a_wheel(made: dict[str, tuple[Path, str]], kind: str) -> None:
    folder, said = made[kind]
    assert said == str(folder / "dist" / f"frontdesk_my_{kind}-0.1.0-py3-none-any.whl")
    with zipfile.ZipFile(said) as wheel:
        names = set(wheel.namelist())
        entry = wheel.read(f"frontdesk_my_{kind}-0.1.0.dist-info/entry_points.txt").decode()
    assert entry.split() == ["[frontdesk.plugins]", f"my_{kind}", "=", f"frontdesk_my_{kind}.plugin"]
    package = folder / f"frontdesk_my_{kind}"
    written = {str(file.relative_to(folder)) for file in package.rglob("*") if file.is_file() and "__pycache__" not in file.parts}
    assert written <= names, "all of the package is packed"


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_plugin_says_nothing_of_its_template(tmp_path: Path, kind: str) -> None:
    for file in scaffold.create(tmp_path / "parrot-gram", kind):
        if file.suffix != ".png":
            assert "$" not in file.read_text(encoding="utf-8"), file


@pytest.mark.parametrize(
    ("name", "slug"), [("weather", "weather"), ("frontdesk-parrot-gram", "parrot_gram"), ("My.Tool 2", "my_tool_2")]
)
def test_the_folders_name_becomes_the_plugins(tmp_path: Path, name: str, slug: str) -> None:
    scaffold.create(tmp_path / name, "tool")
    assert (tmp_path / name / f"frontdesk_{slug}/plugin.py").is_file()


@pytest.mark.parametrize("name", ["2nd", "class", "-", "café", "a", "x" * 41, "what?", "_hidden"])
def test_a_name_that_no_plugin_can_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(CommandError, match="cannot be a plugin's name.*weather-report"):
        plugin("new", tmp_path / name, "--kind", "tool")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_has_something_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "tool").mkdir()
    (tmp_path / "tool/thesis.txt").write_text("years of work")
    with pytest.raises(CommandError, match="is not empty"):
        plugin("new", tmp_path / "tool", "--kind", "tool")
    assert [file.name for file in (tmp_path / "tool").iterdir()] == ["thesis.txt"]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "tool").write_text("a file")
    with pytest.raises(CommandError, match="Not a directory"):
        plugin("new", tmp_path / "tool", "--kind", "tool")


def test_a_kind_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="invalid choice: 'spaceship'"):
        plugin("new", tmp_path / "tool", "--kind", "spaceship")
    with pytest.raises(ScaffoldError, match="provider, channel, tool"):
        scaffold.create(tmp_path / "tool", "spaceship")


@pytest.mark.parametrize("verb", ["test", "pack"])
def test_a_folder_that_is_no_plugin(tmp_path: Path, verb: str) -> None:
    with pytest.raises(CommandError, match=r"no pyproject\.toml.*Name a plugin's folder"):
        plugin(verb, tmp_path)


def bare(folder: Path, entry_point: str = "") -> Path:
    """The least that a wheel can be built from."""
    (folder / "frontdesk_bare").mkdir()
    (folder / "frontdesk_bare/__init__.py").touch()
    build = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    (folder / "pyproject.toml").write_text(f'{build}[project]\nname = "frontdesk-bare"\nversion = "1"\n{entry_point}')
    return folder


def broken_project(folder: Path) -> Path:
    (folder / "pyproject.toml").write_text("[project")
    return folder


def untested(folder: Path) -> Path:
    return bare(folder)


def failing(folder: Path) -> Path:
    (folder / "test_it.py").write_text("def test_it():\n    assert 1 == 2\n")
    return bare(folder)


def reaching_out(folder: Path) -> Path:
    reach = "import socket\n\n\ndef test_it():\n    socket.create_connection(('192.0.2.1', 80), 1)\n"
    (folder / "test_it.py").write_text(reach)
    return bare(folder)


@pytest.mark.parametrize(
    ("verb", "project", "says"),
    [
        ("pack", bare, "no entry point of the group frontdesk.plugins"),
        ("pack", broken_project, "could not be built"),
        ("test", untested, "There are no tests"),
        ("test", failing, "did not pass"),
        ("test", reaching_out, "did not pass"),
    ],
)
def test_what_goes_wrong_is_said(tmp_path: Path, capfd: Any, verb: str, project: Callable[[Path], Path], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        plugin(verb, project(tmp_path))
    if project is reaching_out:
        assert "A test wanted to reach 192.0.2.1" in capfd.readouterr().out


def test_what_stands_behind_two_dashes_goes_to_pytest(tmp_path: Path, capfd: Any) -> None:
    plugin("test", failing(tmp_path), "--", "--collect-only", "-q")
    assert "1 test collected" in capfd.readouterr().out
