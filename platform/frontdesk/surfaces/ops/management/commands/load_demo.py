from typing import Any

from django.core.management import BaseCommand

from frontdesk.core.scoping import unscoped
from frontdesk.workspaces.models import Workspace

from ... import demo


class Command(BaseCommand):
    help = "Load the demo café, unless there is a workspace already."

    def handle(self, *args: Any, **options: Any) -> None:
        with unscoped():
            if Workspace.objects.exists():
                self.stdout.write("There is a workspace already; the demo was not loaded.")
                return
        info = demo.load()
        self.stdout.write(f"The demo is loaded. Sign in as {info['email']}.")
