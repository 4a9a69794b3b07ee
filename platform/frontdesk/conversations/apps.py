from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConversationsConfig(AppConfig):
    name = "frontdesk.conversations"
    label = "conversations"
    verbose_name = _("Conversations")

    def ready(self) -> None:
        from . import assigning, deletion, inactive, leftovers, reminding, snoozing  # noqa: F401  (receivers, jobs and sweeps)
