from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "frontdesk.core"
    label = "core"
    verbose_name = _("Core")

    def ready(self) -> None:
        from . import periodic  # noqa: F401  (the sweep)
