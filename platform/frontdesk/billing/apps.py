from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BillingConfig(AppConfig):
    name = "frontdesk.billing"
    label = "billing"
    verbose_name = _("Billing")

    def ready(self) -> None:
        from . import starting  # noqa: F401  (listens to new workspaces)
