from typing import Any

from django.core.management import BaseCommand

from ..worker import consume


class Command(BaseCommand):
    help = "Run the worker process, with WORKER_THREADS jobs at a time."

    def handle(self, *args: Any, **options: Any) -> None:
        consume()
