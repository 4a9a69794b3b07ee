from typing import Any

from django.core.management import BaseCommand

from frontdesk.core import engines

from .. import running


class Command(BaseCommand):
    help = "End web and worker, if `up` runs them, and the embedded PostgreSQL and Valkey."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        for sentence in (running.stop(), *engines.stop()):
            self.stdout.write(sentence)
