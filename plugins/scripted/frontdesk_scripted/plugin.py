"""Offers the scripted model, but only where the operator asked for it: no owner should find it by accident."""

from __future__ import annotations

import os
from collections.abc import Sequence

from frontdesk.sdk import Manifest, hookimpl
from frontdesk.sdk.provider import Provider
from frontdesk.sdk.testing.scripted import ScriptedProvider
from frontdesk.sdk.words import Words

from . import __version__

SWITCH = "FRONTDESK_SCRIPTED"
words = Words(__package__)


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        slug="scripted",
        name=words.phrase("Scripted model"),
        version=__version__,
        requires_frontdesk=">=0.1,<1",
        description=words.phrase("Plays a script instead of thinking, for tests. Shown only when FRONTDESK_SCRIPTED=1."),
    )


@hookimpl
def register_providers() -> Sequence[type[Provider]]:
    return [ScriptedProvider] if os.environ.get(SWITCH) == "1" else []
