"""Typed readers of environment variables. A wrong value stops the start with a sentence that names the variable."""

from __future__ import annotations

import os
import shlex
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def load_env_file(path: Path) -> None:
    """Read KEY=value lines into the environment; what is already set there wins."""
    if not path.is_file():
        return
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        key, equals, value = line.partition("=")
        if not equals or not key.strip().isidentifier():
            raise ImproperlyConfigured(f"{path.name} line {number} is not KEY=value: {line!r}")
        value = value.strip()
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        os.environ.setdefault(key.strip(), value)


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def required(name: str, why: str) -> str:
    value = text(name)
    if not value:
        raise ImproperlyConfigured(f"Set {name}: {why}")
    return value


def boolean(name: str, default: bool) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    value = value.strip().lower()
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be true or false, not {value!r}.")


def integer(name: str, default: int, *, low: int = 0, high: int = 2**31) -> int:
    value = text(name)
    if not value:
        return default
    try:
        number = int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from error
    if not low <= number <= high:
        raise ImproperlyConfigured(f"{name} must be between {low} and {high}, not {number}.")
    return number


def words(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """A list, separated by commas."""
    value = text(name)
    if not value:
        return list(default)
    return [word.strip() for word in value.split(",") if word.strip()]


def commands(name: str) -> tuple[tuple[str, ...], ...]:
    """Programs with their arguments, separated by semicolons and written as in a shell."""
    try:
        found = [tuple(shlex.split(command)) for command in text(name).split(";")]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} has a quotation mark without its other half.") from error
    return tuple(command for command in found if command)


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """A list of addresses and networks, separated by commas."""
    found = []
    for word in words(name):
        try:
            found.append(ip_network(word, strict=False))
        except ValueError as error:
            raise ImproperlyConfigured(f"{name}: {word!r} is neither an address nor a network such as 10.0.0.0/8.") from error
    return found
