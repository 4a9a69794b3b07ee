from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RunsConfig(AppConfig):
    name = "frontdesk.runs"
    label = "runs"
    verbose_name = _("Runs")

    def ready(self) -> None:
        from . import beginning, catching_up, handing_over, jobs, takeover  # noqa: F401  (jobs, sweeps, listeners)
