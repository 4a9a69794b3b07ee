from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContentConfig(AppConfig):
    name = "frontdesk.content"
    label = "content"
    verbose_name = _("Public pages")

    def ready(self) -> None:
        from . import editors, learning  # noqa: F401  (listen to changes of teams, and of articles)
