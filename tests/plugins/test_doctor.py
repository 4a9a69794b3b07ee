"""The doctor says of each plugin what is wrong with it and what could be better, and how much its making can be trusted."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from pydantic import BaseModel, Field, SecretStr

from frontdesk.plugins import doctor, host, scaffold
from frontdesk.plugins.doctor import Report, Tier, Weight, examine, lines
from frontdesk.plugins.host import PluginHost
from frontdesk.sdk.manifest import ANY_HOST, Permissions
from frontdesk.sdk.testing import broken
from tests.ground.plugins import Heard, module

Change = Callable[[Path], None]


class Untitled(BaseModel):
    city: str = ""


class Secretive(BaseModel):
    key: SecretStr = Field(title="Key")


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., PluginHost]:
    """A new tool plugin, changed and then installed as a wheel with a licence would be."""

    def install(change: Change = lambda folder: None, licence: str = "MIT") -> PluginHost:
        folder = tmp_path / "parrot"
        scaffold.create(folder, "tool")
        change(folder)
        info = folder / "frontdesk_parrot-0.1.0.dist-info"
        info.mkdir()
        named = f"License-Expression: {licence}\n" if licence else ""
        (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: frontdesk-parrot\nVersion: 0.1.0\n{named}")
        (info / "entry_points.txt").write_text("[frontdesk.plugins]\nparrot = frontdesk_parrot.plugin\n")
        monkeypatch.syspath_prepend(str(folder))
        return PluginHost([("parrot", lambda: importlib.import_module("frontdesk_parrot.plugin"))])

    yield install
    for name in [name for name in sys.modules if name.startswith("frontdesk_parrot")]:
        del sys.modules[name]


def missed(report: Report) -> list[str]:
    return [check.sentence for check in report.checks if not check.passed]


def replaced(file: str, before: str, after: str) -> Change:
    def change(folder: Path) -> None:
        path = folder / "frontdesk_parrot" / file
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, after))

    return change


def without(*names: str) -> Change:
    def change(folder: Path) -> None:
        for name in names:
            (folder / name).unlink()

    return change


def untested_contract(folder: Path) -> None:
    (folder / "tests/test_plugin.py").write_text("def test_nothing():\n    pass\n")


def test_a_new_plugin_is_excellent(installed) -> None:
    report = examine("parrot", of=installed())
    assert missed(report) == []
    assert report.tier is Tier.EXCELLENT
    said = [check.sentence for check in report.checks]
    assert {"It offers: tools.", "It supports Frontdesk >=0.1,<1.", "Its licence is MIT."} <= set(said)


@pytest.mark.parametrize(
    ("change", "advice", "tier"),
    [
        (replaced("plugin.py", '"Rolls dice for customers who cannot decide."', '""'), "in one sentence", Tier.BASIC),
        (replaced("plugin.py", ">=0.1,<1", ">=0.1"), "an upper bound", Tier.BASIC),
        (replaced("plugin.py", "words.phrase(", "str("), "Let its words be translated", Tier.GOOD),
        (replaced("plugin.py", "import annotations\n", "import annotations\n\nimport numpy\n"), "Import numpy where", Tier.GOOD),
        (without("README.md"), "Write a README.md", Tier.BASIC),
        (without("tests/test_plugin.py"), "Write tests", Tier.BASIC),
        (untested_contract, "testing's AgentToolContract", Tier.BASIC),
        (replaced("plugin.py", "return [RollDice()]", "return [42]"), "int is not a complete subclass", Tier.BROKEN),
        (replaced("plugin.py", "return [RollDice()]", "raise OSError('no disk')"), "no disk", Tier.BROKEN),
        (replaced("plugin.py", "def register_tools", "def other_tools"), "unknown hook", Tier.BROKEN),
        (replaced("plugin.py", "    return Manifest", "    return 1 or Manifest"), "must return a frontdesk", Tier.BROKEN),
        (replaced("plugin.py", ">=0.1,<1", ">=99"), "is made for Frontdesk >=99", Tier.BROKEN),
    ],
)  # fmt: skip
def test_each_fault_is_said_with_what_to_do(installed, change: Change, advice: str, tier: Tier) -> None:
    report = examine("parrot", of=installed(change))
    assert any(advice in sentence for sentence in missed(report)), missed(report)
    assert report.tier is tier


def test_a_plugin_without_a_licence_is_told(installed) -> None:
    assert missed(examine("parrot", of=installed(licence=""))) == ["Name a licence in pyproject.toml."]


@pytest.mark.parametrize(
    ("made", "advice", "weight"),
    [
        (module("odd"), "It offers nothing", Weight.MUST),
        (module("odd", hooks=Heard().hooks()), "so it hears nothing", Weight.MUST),
        (module("odd", hooks={"register_analytics_widgets": lambda: [broken.card("raises")]}), "data “figures”", Weight.MUST),
        (module("odd", permissions=Permissions(hosts=(ANY_HOST, "a.example"))), "one or the other", Weight.SHOULD),
        (module("odd", config=Secretive), "Declare these secrets in the permissions: key.", Weight.SHOULD),
        (module("odd", config=Untitled), "Give these settings a title: city.", Weight.SHOULD),
    ],
)
def test_what_a_plugin_asks_for_fits_what_it_does(made: ModuleType, advice: str, weight: Weight) -> None:
    checks = examine("odd", of=PluginHost([("odd", lambda: made)])).checks
    assert [check.weight for check in checks if advice in check.sentence and not check.passed] == [weight]


def test_who_asks_for_what_it_needs_is_not_told_of_it() -> None:
    asks = Permissions(hosts=("a.example",), data=("conversations",), secrets=("key",))
    made = module("fine", permissions=asks, config=Secretive, hooks=Heard().hooks(), description="Listens.")
    report = examine("fine", of=PluginHost([("fine", lambda: made)]))
    said = {check.sentence for check in report.checks if check.passed}
    assert {"What it observes it may see.", "Its secrets are declared.", "It asks for the hosts a.example."} <= said


def test_one_that_is_not_installed() -> None:
    report = examine("nobody", of=PluginHost([]))
    assert (report.tier, missed(report)) == (Tier.BROKEN, ["It is not installed."])


def test_its_import_is_timed_in_a_python_of_its_own(installed, monkeypatch) -> None:
    monkeypatch.setattr(doctor, "SLOW_IMPORT_SECONDS", 600.0)
    timed = examine("looks", measure=True).checks[-1]
    assert re.fullmatch(r"Its import takes \d+\.\d s\.", timed.sentence)
    assert timed.passed
    nowhere = examine("parrot", of=installed(), measure=True)
    assert nowhere.tier is Tier.BROKEN
    assert "No module named 'frontdesk_parrot'" in nowhere.checks[-1].sentence
    monkeypatch.setattr(doctor, "SLOW_IMPORT_SECONDS", -1.0)
    slow = examine("looks", measure=True).checks[-1]
    assert not slow.passed and "Import what is heavy where it is used" in slow.sentence


def said_of(*slug: str) -> str:
    said = StringIO()
    call_command("plugin", "doctor", *slug, stdout=said)
    return said.getvalue()


def test_the_command_says_it_all() -> None:
    lines = said_of("looks").splitlines()
    assert lines[0].startswith("looks: ")
    assert "  ok     It offers: themes." in lines


def test_the_command_fails_for_what_is_broken(install: Any) -> None:
    install(module("late", requires_frontdesk=">=99"))
    with pytest.raises(CommandError, match="Broken: late. Everything else goes on without"):
        said_of("late")
    assert [noted.name for noted in host.host().broken] == ["late"]


PAGE = Path(settings.ROOT) / "docs/plugins/doctor.md"
PREAMBLE = """# What the doctor says

The output of `manage.py plugin doctor` for every bundled plugin, without the line that times its import. `ok` is so; `must`,
`should` and `may` say what to do: a plugin that misses a *must* is broken, a *should* basic, a *may* good, and nothing excellent.
A test keeps this page true: `UPDATE_SNAPSHOTS=1 pytest tests/plugins/test_doctor.py`.

```
"""


def test_the_page_of_the_bundled_plugins_is_true() -> None:
    slugs = sorted(path.parent.name for path in Path(settings.ROOT).glob("plugins/*/pyproject.toml"))
    said = "".join("\n".join(lines(examine(slug))) + "\n" for slug in slugs)
    page = f"{PREAMBLE}{said}```\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        PAGE.write_text(page, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page
    assert {examine(slug).tier for slug in slugs} <= {Tier.GOOD, Tier.EXCELLENT}
