"""The settings: documented, typed, and loud when they are wrong."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.ROOT)
READERS = {"text", "boolean", "integer", "words", "networks", "required"}


def sources() -> Iterator[ast.Module]:
    files = [*(ROOT / "platform/frontdesk").rglob("*.py"), *ROOT.glob("plugins/*/frontdesk_*/**/*.py")]
    return (ast.parse(file.read_text()) for file in files)


def names_read(module: ast.Module) -> Iterator[str]:
    """`env.text("NAME")`, `os.environ.get("NAME")`, `os.environ["NAME"]`, values of a `shared_config_env`, and `…_env="NAME"`."""
    constants = {
        node.targets[0].id: node.value.value
        for node in module.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(module):
        name: ast.expr | None = None
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="env"), attr=reader), args=[name, *_]) if reader in READERS:
                pass
            case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="environ"), attr="get"), args=[name, *_]):
                pass
            case ast.Subscript(value=ast.Attribute(attr="environ"), slice=name, ctx=ast.Load()):
                pass
            case (
                ast.AnnAssign(target=ast.Name(id="shared_config_env"), value=ast.Dict(values=values))
                | ast.Assign(targets=[ast.Name(id="shared_config_env")], value=ast.Dict(values=values))
            ):
                yield from (value.value for value in values if isinstance(value, ast.Constant))
            case ast.keyword(arg=str(argument), value=value) if argument.endswith("_env"):
                name = value
        match name:
            case ast.Constant(value=str(value)):
                yield value
            case ast.Name(id=constant) if constant in constants:
                yield constants[constant]


def test_env_example_has_every_setting_and_no_other() -> None:
    read = {name for module in sources() for name in names_read(module)}
    shown = re.findall(r"^#?([A-Z][A-Z0-9_]*)=", (ROOT / ".env.example").read_text(), re.MULTILINE)

    assert sorted(shown) == sorted(read)


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("PORT", "eighty", "PORT must be a whole number, not 'eighty'."),
        ("PORT", "70000", "PORT must be between 1 and 65535, not 70000."),
        ("DEBUG", "perhaps", "DEBUG must be true or false, not 'perhaps'."),
        ("PRODUCTION", "true", "Set DJANGO_SECRET_KEY: "),
        ("DATABASE_URL", "mysql://db", "DATABASE_URL is not a PostgreSQL address"),
        ("TRUSTED_PROXIES", "10.0.0.1,proxy.internal", "TRUSTED_PROXIES: 'proxy.internal' is neither an address nor a network"),
        ("HSTS_SECONDS", "a year", "HSTS_SECONDS must be a whole number, not 'a year'."),
    ],
)
def test_wrong_setting_stops_the_start_with_a_sentence(variable: str, value: str, sentence: str) -> None:
    environment = {**os.environ, "DATABASE_URL": "postgresql://nowhere/db", "REDIS_URL": "redis://nowhere", variable: value}

    command = subprocess.run([sys.executable, ROOT / "manage.py", "check"], env=environment, capture_output=True, text=True)

    assert command.returncode == 1
    assert command.stderr.startswith(sentence), command.stderr
    assert "Traceback" not in command.stderr


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ({"BASE_URL": "http://desk.example"}, "0"),
        ({"BASE_URL": "https://desk.example"}, "2592000"),
        ({"BASE_URL": "https://desk.example", "HSTS_SECONDS": "0"}, "0"),
    ],
)
def test_browsers_are_bound_to_tls_where_there_is_tls(given: dict[str, str], seconds: str) -> None:
    environment = {**os.environ, "PYTHONPATH": "platform", "DJANGO_SETTINGS_MODULE": "frontdesk.config.settings", **given}
    program = "from django.conf import settings; print(settings.SECURE_HSTS_SECONDS)"

    command = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )

    assert command.stdout.strip() == seconds


def test_folder_named_platform_does_not_hide_pythons_module() -> None:
    program = "import platform; print(platform.python_implementation())"

    command = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert command.stdout.strip() == sys.implementation.name.replace("cpython", "CPython")
    assert not (ROOT / "platform/__init__.py").exists()
