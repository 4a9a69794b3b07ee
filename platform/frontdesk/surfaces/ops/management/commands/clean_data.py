from typing import Any

from django.core.management import BaseCommand

from frontdesk.core import engines

from .. import running


class Command(BaseCommand):
    help = "Stop everything and remove the data folder, without asking."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        for sentence in (running.stop(), *engines.clean()):
            self.stdout.write(sentence)
