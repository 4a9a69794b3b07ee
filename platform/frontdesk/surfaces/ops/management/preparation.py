"""What has to be in the database before web and worker start."""

from __future__ import annotations

import sys
from collections.abc import Callable

from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor


def prepare(*, demo: bool, say: Callable[[str], object]) -> None:
    """Migrate and load the demo, each only if needed. Leaves the process with a sentence when it cannot be done."""
    try:
        if _is_behind():
            say("Preparing the database…")
            call_command("migrate", interactive=False, verbosity=0)
        if demo and not get_user_model().objects.exists():
            say("Loading the demo…")
            call_command("load_demo")
    except (CommandError, DatabaseError) as error:
        sys.exit(str(error))


def _is_behind() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
