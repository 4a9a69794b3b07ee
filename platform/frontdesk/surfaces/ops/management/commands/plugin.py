from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from frontdesk.plugins import doctor, scaffold
from frontdesk.plugins.host import host

# A plugin's tests do not depend on what else is installed here.
OWN_OPTIONS = (
    *("--rootdir", ".", "-c", "pyproject.toml", "-p", "no:cacheprovider"),
    *("-p", "pytest_asyncio.plugin", "-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function"),
    *("-p", "frontdesk.sdk.testing.fixtures", "-o", "pythonpath=."),
)


class Command(BaseCommand):
    help = "Make, test, examine and pack plugins."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        new = verbs.add_parser("new", help="write a plugin that passes its own tests into a new folder")
        new.add_argument("path", type=Path, help="a folder that does not exist yet; its name becomes the plugin's")
        new.add_argument("--kind", required=True, choices=scaffold.KINDS)
        test = verbs.add_parser("test", help="run a plugin's tests, without a network")
        test.add_argument("path", type=Path)
        test.add_argument("arguments", nargs="*", help="for pytest, after --")
        examine = verbs.add_parser("doctor", help="say what is wrong with installed plugins, and what could be better")
        examine.add_argument("slug", nargs="?")
        pack = verbs.add_parser("pack", help="build a plugin's wheel into its dist/ folder")
        pack.add_argument("path", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['verb']}")(options)

    def _new(self, options: dict[str, Any]) -> None:
        try:
            files = scaffold.create(options["path"], options["kind"])
        except (scaffold.ScaffoldError, OSError) as error:
            raise CommandError(str(error)) from error
        for file in files:
            self.stdout.write(str(file))
        self.stdout.write(f"\nTry it:  manage.py plugin test {options['path']}")

    def _test(self, options: dict[str, Any]) -> None:
        path = _project(options["path"])
        if find_spec("pytest_asyncio") is None:
            raise CommandError("Tests need pytest, which is not installed here. Run `make setup` once.")
        command = [sys.executable, "-m", "pytest", *OWN_OPTIONS, *(options["arguments"] or ["-q"])]
        environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        code = subprocess.run(command, cwd=path, env=environment).returncode  # noqa: S603 - our own Python
        if code == 5:
            raise CommandError(f"There are no tests in {path}. `manage.py plugin new` shows how they begin.")
        if code:
            raise CommandError("The tests did not pass.")

    def _doctor(self, options: dict[str, Any]) -> None:
        known = sorted({*host().manifests, *(entry.name for entry in host().broken)})
        slugs = [options["slug"]] if options["slug"] else known
        reports = [doctor.examine(slug, measure=True) for slug in slugs]
        for report in reports:
            self.stdout.write("\n".join(doctor.lines(report)))
        if broken := [report.slug for report in reports if report.tier is doctor.Tier.BROKEN]:
            raise CommandError(f"Broken: {', '.join(broken)}. Everything else goes on without them.")

    def _pack(self, options: dict[str, Any]) -> None:
        path = _project(options["path"])
        before = set((path / "dist").glob("*.whl"))
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
        made = subprocess.run(build, cwd=path, capture_output=True, text=True)  # noqa: S603 - our own Python
        wheels = set((path / "dist").glob("*.whl")) - before or set((path / "dist").glob("*.whl"))
        if made.returncode or not wheels:
            raise CommandError(f"The wheel could not be built:\n{made.stderr.strip() or made.stdout.strip()}")
        wheel = max(wheels, key=lambda file: file.stat().st_mtime)
        if not _has_entry_point(wheel):
            raise CommandError(f"{wheel.name} has no entry point of the group frontdesk.plugins; Frontdesk would not find it.")
        self.stdout.write(str(wheel))


def _project(path: Path) -> Path:
    if not (path / "pyproject.toml").is_file():
        raise CommandError(f"There is no pyproject.toml in {path}. Name a plugin's folder.")
    return path


def _has_entry_point(wheel: Path) -> bool:
    with zipfile.ZipFile(wheel) as packed:
        names = [name for name in packed.namelist() if name.endswith(".dist-info/entry_points.txt")]
        return any("[frontdesk.plugins]" in packed.read(name).decode() for name in names)
