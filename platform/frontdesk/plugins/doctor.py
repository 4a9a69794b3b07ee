"""Examining a plugin: what is wrong with it, what could be better, and how much one may trust its making."""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from frontdesk.sdk.hookspecs import ENTRY_POINT_GROUP
from frontdesk.sdk.manifest import ANY_HOST, Manifest
from frontdesk.sdk.words import Phrase

from .config import secret_fields
from .host import PluginHost, host
from .offers import KINDS, Offer

OBSERVERS = ("run_event", "message_received", "conversation_changed")
# Any one of these suites of frontdesk.sdk.testing tells that what a plugin offers was tried against what the host expects.
CONTRACTS = {
    "providers": ("ChatContract", "VendorContract", "EmbeddingContract"),
    "channels": ("ChannelContract", "ReadingContract"),
    "tools": ("AgentToolContract",),
    "analytics_widgets": ("WidgetContract",),
    "speech": ("SpeakingContract", "ListeningContract"),
    "file_loaders": ("FileLoaderContract",),
    "source_loaders": ("SourceLoaderContract",),
    "evaluators": ("EvaluatorContract",),
    "themes": ("ThemeContract",),
}
HEAVY = frozenset({"google", "numpy", "onnxruntime", "openai", "pandas", "requests", "torch", "transformers"})
SLOW_IMPORT_SECONDS = 1.0
TIMING = "Its import takes"


class Tier(StrEnum):
    """How carefully a plugin is made, as far as a program can tell."""

    BROKEN = "broken"
    BASIC = "basic"
    GOOD = "good"
    EXCELLENT = "excellent"


class Weight(StrEnum):
    """`MUST`: it does not work otherwise. `SHOULD`: good needs it. `MAY`: excellent does."""

    MUST = "must"
    SHOULD = "should"
    MAY = "may"


MUST, SHOULD, MAY = Weight


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `sentence` says what is so, or what to do."""

    weight: Weight
    passed: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Report:
    slug: str
    checks: tuple[Check, ...]

    @property
    def tier(self) -> Tier:
        missed = {check.weight for check in self.checks if not check.passed}
        if Weight.MUST in missed:
            return Tier.BROKEN
        if Weight.SHOULD in missed:
            return Tier.BASIC
        return Tier.GOOD if Weight.MAY in missed else Tier.EXCELLENT


@lru_cache(maxsize=200)
def tier(slug: str) -> Tier:
    """The tier of an installed plugin; once a process, for it does not change while it runs."""
    return examine(slug).tier


def examine(slug: str, *, of: PluginHost | None = None, measure: bool = False) -> Report:
    """Look at an installed plugin. `measure` also starts a Python to time its import, which takes a moment."""
    plugins = of or host()
    manifest = plugins.manifests.get(slug)
    broken = [entry.problem for entry in plugins.broken if entry.name == slug]
    if manifest is None:
        return Report(slug, (Check(MUST, False, broken[0] if broken else "It is not installed."),))
    offers = {kind: found for kind in KINDS if (found := [o for o in plugins.offers(kind).values() if o.plugin == slug])}
    broken = [entry.problem for entry in plugins.broken if entry.name == slug]
    module = plugins.modules[slug]
    checks = [*_works(plugins, manifest, offers, broken), *_manifest(manifest), *_package(module, offers)]
    if measure:
        checks.append(_import_time(module))
    return Report(slug, tuple(checks))


def lines(report: Report) -> Iterator[str]:
    """The report for a terminal."""
    yield f"{report.slug}: {report.tier.value}"
    for check in report.checks:
        yield f"  {'ok' if check.passed else check.weight.value:<6} {check.sentence}"


def _works(plugins: PluginHost, manifest: Manifest, offers: dict[str, list[Offer]], broken: list[str]) -> Iterator[Check]:
    yield _check(MUST, not broken, "It loads, and every hook gives what it should.", "".join(broken[:1]))
    asked = manifest.permissions.data
    listens = [hook for hook in OBSERVERS if manifest.slug in plugins.observers(hook)]
    hooks = sorted({kind.hook for kind in KINDS.values() if manifest.slug in plugins.observers(kind.hook)})
    names = ", ".join(sorted([*offers, *listens]) or hooks)
    yield _check(MUST, bool(names), f"It offers: {names}.", "It offers nothing: implement a hook.")
    if listens:
        deaf = "It observes, but does not ask for the data “conversations”, so it hears nothing."
        yield _check(MUST, "conversations" in asked, "What it observes it may see.", deaf)
    if "analytics_widgets" in offers:
        blind = "It has cards, but does not ask for the data “figures”."
        yield _check(MUST, "figures" in asked, "What it counts it may see.", blind)


def _manifest(manifest: Manifest) -> Iterator[Check]:
    says = "Say in the manifest what it does, in one sentence."
    yield _check(SHOULD, bool(manifest.description), "It says what it does.", says)
    bounds = "Give requires_frontdesk an upper bound, such as '>=0.1,<1'."
    yield _check(SHOULD, "<" in manifest.requires_frontdesk, f"It supports Frontdesk {manifest.requires_frontdesk}.", bounds)
    hosts, secrets = manifest.permissions.hosts, secret_fields(manifest.config)
    if hosts:
        both = "It asks for any host and for some by name; ask for one or the other."
        yield _check(SHOULD, ANY_HOST not in hosts or len(hosts) == 1, f"It asks for {_spoken(hosts)}.", both)
    if secrets:
        open_secrets = ", ".join(sorted(secrets - set(manifest.permissions.secrets)))
        advice = f"Declare these secrets in the permissions: {open_secrets}."
        yield _check(SHOULD, not open_secrets, "Its secrets are declared.", advice)
    if fields := manifest.config.model_fields:
        bare = ", ".join(name for name, field in fields.items() if not field.title)
        yield _check(SHOULD, not bare, "Every setting has a title.", f"Give these settings a title: {bare}.")
    translated = isinstance(manifest.description, Phrase)
    yield _check(MAY, translated, "Its words can be translated.", "Let its words be translated (frontdesk.sdk.words).")


def _package(module: ModuleType, offers: dict[str, list[Offer]]) -> Iterator[Check]:
    licence = _licence(module)
    yield _check(SHOULD, bool(licence), f"Its licence is {licence}.", "Name a licence in pyproject.toml.")
    heavy = ", ".join(sorted(_imports(Path(_file(module))) & HEAVY))
    yield _check(MAY, not heavy, "It loads nothing heavy.", f"Import {heavy} where it is used, not at the top.")
    folder = project_of(module)
    if folder is None:
        return
    readme = "Write a README.md: what it does, how to set it up."
    yield _check(SHOULD, (folder / "README.md").is_file(), "It has a README.", readme)
    tests = list((folder / "tests").glob("test_*.py"))
    yield _check(SHOULD, bool(tests), "It has tests.", "Write tests: `manage.py plugin new` shows how they begin.")
    names = {name for path in tests for name in _bases(path)}
    for kind, suites in CONTRACTS.items():
        if kind in offers:
            advice = f"Run frontdesk.sdk.testing's {suites[0]} in its tests."
            yield _check(SHOULD, bool(names & set(suites)), f"Its tests run the contract for {kind}.", advice)


def _import_time(module: ModuleType) -> Check:
    """How long its import takes beyond the SDK's, in a Python of its own."""

    def seconds(code: str) -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60)  # noqa: S603 - our own Python
        return time.perf_counter() - started

    try:
        took = max(0.0, seconds(f"import frontdesk.sdk.hookspecs, {module.__name__}") - seconds("import frontdesk.sdk.hookspecs"))
    except (subprocess.SubprocessError, OSError) as error:
        return Check(MUST, False, f"A Python of its own could not import it: {_last_line(error)}")
    quick = took < SLOW_IMPORT_SECONDS
    return _check(SHOULD, quick, f"{TIMING} {took:.1f} s.", f"{TIMING} {took:.1f} s. Import what is heavy where it is used.")


def project_of(module: ModuleType) -> Path | None:
    """The folder with the plugin's pyproject.toml, where it is installed from a checkout."""
    for folder in Path(_file(module) or "/").resolve().parents[:4]:
        if (folder / "pyproject.toml").is_file():
            return folder
    return None


def _file(module: ModuleType) -> str:
    """Empty for a module that came from no file."""
    return getattr(module, "__file__", None) or ""


def _licence(module: ModuleType) -> str:
    for entry in entry_points(group=ENTRY_POINT_GROUP):
        if entry.module == module.__name__ and entry.dist is not None:
            return entry.dist.metadata.get("License-Expression") or entry.dist.metadata.get("License") or ""
    return ""


def _bases(path: Path) -> Iterator[str]:
    """The names that classes of a file are based on."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            for base in node.bases:
                yield ast.unparse(base).rpartition(".")[2]


def _imports(path: Path) -> set[str]:
    """What the module imports when it is loaded."""
    if not path.is_file():
        return set()
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def _spoken(hosts: Sequence[str]) -> str:
    return "any public host" if ANY_HOST in hosts else f"the hosts {', '.join(hosts)}"


def _last_line(error: BaseException) -> str:
    """Of a Python that ended with a trace, what went wrong; else the error itself."""
    said = (getattr(error, "stderr", None) or b"").decode(errors="replace").strip()
    return said.splitlines()[-1] if said else str(error)


def _check(weight: Weight, passed: bool, praise: str, advice: str) -> Check:
    return Check(weight, passed, praise if passed else advice)
