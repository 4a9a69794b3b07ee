import json
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from .. import running


class Command(BaseCommand):
    help = "Print the demo's address and credentials as one JSON object."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        file = settings.DATA_HOME / "demo.json"
        if not file.exists():
            raise CommandError("There is no demo here yet. `make run` loads it.")
        up = running.find()
        base_url = up.base_url if up else settings.BASE_URL
        demo = json.loads(file.read_text())
        # Addresses are kept without the host, which is another one when the port is.
        whole = {f"{name.removesuffix('_path')}_url": base_url + demo.pop(name) for name in list(demo) if name.endswith("_path")}
        demo |= {"base_url": base_url} | whole
        self.stdout.write(json.dumps(demo, ensure_ascii=False))
