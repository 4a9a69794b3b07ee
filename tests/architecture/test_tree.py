"""The shape of the tree and of its functions."""

import ast

from tests.ground.order import FIRST, TOGETHER
from tests.ground.source import PLATFORM, PLUGINS, ROOT, python_files, tree_of

MOST_LINES = 450
VAGUE = {"utils", "util", "helpers", "helper", "common", "services", "extras", "misc"}
OURS = [path for path in [*python_files(PLATFORM), *python_files(PLUGINS)] if "tests" not in path.parts]


def named(path) -> str:
    return str(path.relative_to(ROOT))


def test_platform_is_no_package() -> None:
    assert not (PLATFORM / "__init__.py").exists(), "it would shadow Python's own `platform`"


def test_files_are_short() -> None:
    long = {named(path): lines for path in OURS if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES}
    assert not long, "split them into files with names of their own"


def test_no_vague_names() -> None:
    vague = [named(path) for path in OURS if VAGUE & {path.stem, *path.relative_to(ROOT).parts}]
    assert not vague


def test_every_function_says_what_it_gives() -> None:
    silent = [
        f"{named(path)}:{node.lineno} {node.name}"
        for path in OURS
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is None
    ]
    assert not silent, "\n".join(silent)


def test_no_notes_to_self() -> None:
    found = [named(path) for path in OURS if any(word in path.read_text(encoding="utf-8") for word in ("TODO", "FIXME", "XXX"))]
    assert not found


def test_rooms_with_rows_say_what_they_are() -> None:
    rooms = [path.parent for path in PLATFORM.glob("frontdesk/*/models.py")]
    assert rooms
    missing = [named(room) for room in rooms if not (room / "README.md").exists()]
    assert not missing


def test_what_is_begun_first_is_there() -> None:
    gone = [place for place in (*FIRST, *TOGETHER) if not (ROOT / place).exists()]
    assert not gone, "tests/ground/order.py speaks of it"
