from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "frontdesk.insights"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import jobs  # noqa: F401  (the job)
