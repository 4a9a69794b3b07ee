"""Who may import whom: `docs/architecture.md`. Lazy imports count."""

from collections.abc import Iterator

import pytest

from tests.ground.source import PLATFORM, PLUGINS, ROOT, imports_of, python_files

# From top to bottom. A room imports lower lines only; rooms on one line never import each other.
LINES = [
    {"config"},
    {"surfaces"},
    {"insights", "evals", "automations", "slides", "speech", "content", "webhooks"},
    {"channels"},
    {"runs"},
    {"conversations", "agents", "knowledge", "tools"},
    {"providers", "billing"},
    {"plugins"},
    {"workspaces"},
    {"core"},
    {"sdk"},
]
LEVEL = {room: number for number, line in enumerate(LINES) for room in line}
DOMAIN = set().union(*LINES[2:9])
FRONTDESK = PLATFORM / "frontdesk"
# HTTP belongs to the surfaces and to plugins.
HTTP = (
    "django.http",
    "django.shortcuts",
    "django.views",
    "ninja",
    "channels.generic",
    "channels.consumer",
    "django_htmx",
    "unfold",
)
# (room, import) that stands where it should not, with the reason. May only shrink.
SERVES = "a Wagtail page answers its own address: `serve` takes a request and gives a response"
ALLOWED_HTTP = {("content", "django.http"): SERVES, ("content", "django.shortcuts"): SERVES}
# (file, import) against the layers, with the reason. May only shrink.
ALLOWED_IMPORTS = {
    ("surfaces/ops/management/web.py", "frontdesk.config.asgi.application"): "the command that starts the server serves it",
}


def room_of(path) -> str:
    parts = path.relative_to(FRONTDESK).parts
    return parts[0] if len(parts) > 1 else ""


def test_every_room_has_a_line() -> None:
    rooms = {path.name for path in FRONTDESK.iterdir() if path.is_dir() and list(path.glob("*.py"))}
    assert rooms <= set(LEVEL), "a new room: give it a line in LINES and in docs/architecture.md"


def upward_imports() -> Iterator[tuple[str, tuple[str, str]]]:
    for path in python_files(FRONTDESK):
        room = room_of(path)
        for line, name in imports_of(path, PLATFORM):
            other = name.split(".")[1] if name.startswith("frontdesk.") else ""
            if room in LEVEL and other in LEVEL and other != room and LEVEL[other] <= LEVEL[room]:
                yield f"{path.relative_to(ROOT)}:{line} imports {name}", (str(path.relative_to(FRONTDESK)), name)


def test_rooms_import_lower_lines_only() -> None:
    wrong = [where for where, key in upward_imports() if key not in ALLOWED_IMPORTS]
    assert not wrong, "\n".join(wrong)


def http_imports() -> Iterator[tuple[str, tuple[str, str]]]:
    for path in python_files(FRONTDESK):
        for line, name in imports_of(path, PLATFORM):
            library = next((entry for entry in HTTP if name == entry or name.startswith(f"{entry}.")), None)
            if library and room_of(path) in DOMAIN:
                yield f"{path.relative_to(ROOT)}:{line} imports {name}", (room_of(path), library)


def test_domain_rooms_know_no_http() -> None:
    wrong = [where for where, key in http_imports() if key not in ALLOWED_HTTP]
    assert not wrong, "\n".join(wrong)


def test_no_exception_is_left_over() -> None:
    assert set(ALLOWED_HTTP) <= {key for _where, key in http_imports()}, "remove what is no longer needed"
    assert set(ALLOWED_IMPORTS) <= {key for _where, key in upward_imports()}, "remove what is no longer needed"


@pytest.mark.parametrize("library", ["django", "wagtail", "ninja", "channels"])
def test_the_sdk_knows_no_framework(library) -> None:
    for path in python_files(FRONTDESK / "sdk"):
        for line, name in imports_of(path, PLATFORM):
            assert name.split(".")[0] != library, f"{path.relative_to(ROOT)}:{line}"


def test_plugins_import_the_sdk_only() -> None:
    wrong = []
    for path in python_files(PLUGINS):
        if "tests" in path.parts:
            continue
        for line, name in imports_of(path, PLUGINS / path.relative_to(PLUGINS).parts[0]):
            if name.split(".")[0] in {"frontdesk", "django"} and not name.startswith("frontdesk.sdk"):
                wrong.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
    assert not wrong, "\n".join(wrong)
