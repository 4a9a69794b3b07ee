"""What is shipped: one small script that any page's policy allows, with all the words that can be translated."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.test import RequestFactory

from frontdesk.surfaces.site.widget import FOLDER, MODULES, script, widget_script
from frontdesk.surfaces.site.words import strings

PROTOCOL = (Path(__file__).parents[2] / "docs" / "protocols" / "widget.md").read_text(encoding="utf-8")
SHOWN = dict(re.findall(r'^  (\w+): "(.*)",$', (FOLDER / "words.js").read_text(encoding="utf-8"), re.MULTILINE))


def test_is_at_most_fifteen_kilobytes_gzipped() -> None:
    assert len(gzip.compress(script().encode())) <= 15_000


def test_ships_every_module_and_no_module_syntax() -> None:
    assert {path.stem for path in FOLDER.glob("*.js")} == set(MODULES)
    assert not re.search(r"^\s*(import|export)\b", script(), re.MULTILINE)


@pytest.mark.parametrize(
    "risk", ["innerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "srcdoc", '"style"']
)
def test_never_makes_markup_or_code_of_text(risk) -> None:
    assert risk not in script()


def test_documents_every_word_it_shows() -> None:
    documented = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PROTOCOL.split("## 6. Strings")[1], re.MULTILINE))
    assert documented == SHOWN


def test_has_no_word_too_many_or_too_few() -> None:
    modules = "".join((FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in MODULES if name != "words")
    assert [key for key in SHOWN if f'"{key}"' not in modules] == []
    assert set(re.findall(r'\bword\("(\w+)"', modules)) <= set(SHOWN)


def test_gets_every_word_translated_by_the_server() -> None:
    assert strings() == SHOWN


def test_is_readable_from_any_origin_and_answers_304() -> None:
    request = RequestFactory().get("/widget.js")
    response = widget_script(request)
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Content-Type"].startswith("text/javascript")
    again = widget_script(RequestFactory().get("/widget.js", headers={"If-None-Match": response["ETag"]}))
    assert again.status_code == 304
