"""The API as clients know it: pinned, so that a change is seen before it is shipped."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from ninja import Schema

from frontdesk.surfaces.api import app
from frontdesk.surfaces.api.schema import document

SNAPSHOT = Path(__file__).parent / "snapshots/openapi.json"
UPDATE = "UPDATE_SNAPSHOTS=1 .venv/bin/pytest tests/architecture/test_openapi.py"


def test_the_schema_is_as_it_was() -> None:
    now = json.dumps(document(), indent=1, sort_keys=True, ensure_ascii=False, default=str) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(now, encoding="utf-8")
    assert json.loads(now) == json.loads(SNAPSHOT.read_text(encoding="utf-8")), f"If the change is meant, run: {UPDATE}"


def test_operation_ids_are_different() -> None:
    ids = [operation["operationId"] for path in document()["paths"].values() for operation in path.values()]
    assert len(ids) == len(set(ids))


def test_times_of_the_day_are_not_called_times() -> None:
    """JSON Schema's format "time" has an offset (RFC 3339); ours are at the clock of the workspace and have none."""
    assert '"format": "time"' not in json.dumps(document(), default=str)


def all_schemas(base=Schema) -> Iterator[type[Schema]]:
    for child in base.__subclasses__():
        yield child
        yield from all_schemas(child)


def test_schemas_of_one_name_are_one_schema() -> None:
    """ninja keeps one schema a name: the second would silently replace the first in the document."""
    found = {}
    for schema in all_schemas():
        if schema.__module__.startswith("frontdesk.surfaces.api.routers"):
            found.setdefault(schema.__name__, set()).add(schema.__module__)
    assert not {name: modules for name, modules in found.items() if len(modules) > 1}


def test_no_operation_declares_a_trailing_slash() -> None:
    assert not [path for path in document()["paths"] if path.endswith("/")]


def test_every_router_is_listed() -> None:
    files = (Path(app.__file__).parent / "routers").glob("*.py")
    assert set(app.ROUTERS) == {path.stem for path in files if "router = Router(" in path.read_text(encoding="utf-8")}
