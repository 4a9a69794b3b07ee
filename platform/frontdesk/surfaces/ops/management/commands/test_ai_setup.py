from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from frontdesk.core.models import Job, Periodic
from frontdesk.core.periodic import PERIODIC
from frontdesk.core.scoping import scope, unscoped
from frontdesk.providers.checking import check_shared
from frontdesk.surfaces.ops import ai, health
from frontdesk.surfaces.ops.ai import Finding


class Command(BaseCommand):
    help = "Look at everything the AI needs, from the database to a real answer. Ends with 1 if anything is wrong."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", help="only workspaces of this person, by user name or e-mail address")
        parser.add_argument("--no-answer", action="store_true", help="do not have any agent answer")

    def handle(self, *args: Any, **options: Any) -> None:
        failed = total = 0
        try:
            for finding in self._findings(options["user"], answer=not options["no_answer"]):
                total += 1
                failed += not finding.well
                mark = self.style.SUCCESS("ok  ") if finding.well else self.style.ERROR("FAIL")
                self.stdout.write(f"{mark} {finding.name}: {finding.said}")
        except ai.NoSuchUser as error:
            raise CommandError(str(error)) from error
        if failed:
            raise CommandError(f"{failed} of {total} checks failed.")
        self.stdout.write(f"All {total} checks passed.")

    def _findings(self, user: str | None, *, answer: bool) -> Iterator[Finding]:
        database = _migrations()
        yield database
        if not database.well:
            return
        with unscoped():
            parts = health.parts()
        for part in parts:
            yield Finding(str(part.name), part.well, part.said)
        yield from _periodic_jobs()
        for slug, problem in check_shared().items():
            yield Finding(f"Shared provider {slug}", not problem, problem or "answers")
        workspaces = ai.workspaces_of(user)
        yield Finding("Workspaces", bool(workspaces), str(len(workspaces)))
        for workspace in workspaces:
            with scope(workspace=workspace):
                found = [*ai.look(workspace), *([ai.try_out(workspace)] if answer else [])]
            for finding in found:
                yield Finding(f"{workspace.slug}: {finding.name}", finding.well, finding.said)


def _migrations() -> Finding:
    try:
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except OperationalError as error:
        return Finding("Database", False, str(error).splitlines()[0])
    return Finding(
        "Database", not missing, f"{len(missing)} migrations are missing: manage.py migrate" if missing else "up to date"
    )


def _periodic_jobs() -> Iterator[Finding]:
    """Each was due at its last time, and did not fail then."""
    known = dict(Periodic.objects.values_list("kind", "slot"))
    for kind, due in PERIODIC.items():
        slot = due.slot(timezone.localtime())
        last = Job.objects.filter(kind=kind).order_by("-id").first()
        if kind not in known or last is None:
            yield Finding(f"Job {kind}", False, "never done: is a worker running?")
        else:
            well = known[kind] >= slot and last.state != Job.State.FAILED
            yield Finding(
                f"Job {kind}", well, f"due {known[kind]:%Y-%m-%d %H:%M}, {last.get_state_display()} {last.error}".strip()
            )
