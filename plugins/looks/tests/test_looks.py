"""The bundled looks."""

from __future__ import annotations

from frontdesk_looks.plugin import register_themes

from frontdesk.sdk.testing.theme_contract import ThemeContract
from frontdesk.sdk.themes import load


class TestContract(ThemeContract):
    module = "frontdesk_looks.plugin"


def test_the_promised_looks_are_there() -> None:
    looks = {folder.name: load(folder) for folder in register_themes()}
    assert {"calm", "cafe", "midnight", "ocean_professional"} == set(looks)
    assert looks["ocean_professional"].name == "Ocean Professional"
    assert looks["ocean_professional"].tokens["light"]["primary"] == "#2563eb"
    assert looks["ocean_professional"].tokens["light"]["secondary"] == "#f59e0b"
