"""What this plugin offers to Frontdesk. Light to load: the vendor's SDK is imported when it is first used."""

from __future__ import annotations

from collections.abc import Sequence

from frontdesk.sdk import Manifest, Permissions, hookimpl
from frontdesk.sdk.provider import Provider

from . import __version__
from .provider import GeminiProvider
from .words import phrase


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        slug="gemini",
        name="Google Gemini",
        version=__version__,
        requires_frontdesk=">=0.1,<1",
        description=phrase("Answers and embeddings from Google's Gemini."),
        permissions=Permissions(
            hosts=("generativelanguage.googleapis.com",), data=("conversations", "knowledge"), secrets=("api_key",)
        ),
    )


@hookimpl
def register_providers() -> Sequence[type[Provider]]:
    return [GeminiProvider]
