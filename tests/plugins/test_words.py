"""What bundled plugins say is in Arabic, nothing of it is guessed, and what is translated is compiled."""

from __future__ import annotations

from gettext import GNUTranslations
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po
from django.conf import settings

from frontdesk.plugins.host import host
from frontdesk.sdk.words import said

PACKAGES = sorted(path.parent for path in Path(settings.ROOT).glob("plugins/*/frontdesk_*/locale"))
NAMES = {"openai", "gemini", "elevenlabs", "mcp", "zoho", "telegram", "whatsapp"}
"""Plugins that are called as the vendor is, in every language."""


def texts(message: Any) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.parent.name)
def test_all_words_are_in_arabic_and_compiled(package: Path) -> None:
    found = extract_from_dir(package, keywords={**DEFAULT_KEYWORDS, "phrase": None})
    in_code = {message for _file, _line, message, _comments, _context in found}
    folder = package / "locale/ar/LC_MESSAGES"
    with (folder / "messages.po").open("rb") as file:
        messages = [message for message in read_po(file, locale="ar") if message.id]
    assert {message.id for message in messages} == in_code
    assert [message.id for message in messages if message.fuzzy or not all(texts(message))] == []
    with (folder / "messages.mo").open("rb") as file:
        compiled = {text for key, text in GNUTranslations(file)._catalog.items() if key}
    assert compiled == {text for message in messages for text in texts(message)}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.parent.name)
def test_its_manifest_is_said_in_the_readers_language(package: Path) -> None:
    manifest = host().manifests[package.parent.name]
    assert said(manifest.description, "ar-EG") != manifest.description
    assert said(manifest.name, "ar") != manifest.name or manifest.slug in NAMES
    assert said(manifest.description, "de") == manifest.description


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.parent.name)
def test_its_settings_are_said_in_the_readers_language(package: Path) -> None:
    for name, field in host().manifests[package.parent.name].config.model_fields.items():
        for text in (field.title, field.description):
            assert not text or said(text, "ar") != text, f"{name}: {text}"
