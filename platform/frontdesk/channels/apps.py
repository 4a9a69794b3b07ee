from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChannelsConfig(AppConfig):
    name = "frontdesk.channels"
    label = "frontdesk_channels"
    verbose_name = _("Channels")

    def ready(self) -> None:
        from . import jobs, outbox, renewing  # noqa: F401  (the jobs, the sweeps, the listeners)
        from .rehearsal import models, posting  # noqa: F401  (rows and the job of rehearsals)
