from typing import Any

from django.core.management import BaseCommand

from ..web import listen, serve


class Command(BaseCommand):
    help = "Run the web process on HOST and PORT."

    def handle(self, *args: Any, **options: Any) -> None:
        serve(listen())
