from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SpeechConfig(AppConfig):
    name = "frontdesk.speech"
    label = "speech"
    verbose_name = _("Speech")

    def ready(self) -> None:
        from . import jobs, voice_messages  # noqa: F401  (the sweep, the listener)
