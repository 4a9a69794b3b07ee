from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RunsConfig(AppConfig):
    name = "frontdesk.runs"
    label = "runs"
    verbose_name = _("Runs")

    def ready(self) -> None:
        from . import jobs, takeover  # noqa: F401  (the job, the sweep, the listener)
