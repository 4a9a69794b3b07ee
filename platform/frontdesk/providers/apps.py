from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProvidersConfig(AppConfig):
    name = "frontdesk.providers"
    label = "providers"
    verbose_name = _("Providers")

    def ready(self) -> None:
        from . import checking, remembered  # noqa: F401  (the job; listens to changed accounts)
