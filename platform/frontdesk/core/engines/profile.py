"""How careful the engines are with data."""

import os

from .errors import EngineError


def for_tests() -> bool:
    """Whether `FRONTDESK_ENGINES_PROFILE=test` trades durability for speed. Read when an engine starts."""
    profile = os.environ.get("FRONTDESK_ENGINES_PROFILE") or "durable"
    if profile not in {"durable", "test"}:
        raise EngineError(f"FRONTDESK_ENGINES_PROFILE is {profile!r}; it must be durable (the default) or test.")
    return profile == "test"
