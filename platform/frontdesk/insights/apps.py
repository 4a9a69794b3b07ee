from django.apps import AppConfig


class InsightsConfig(AppConfig):
    name = "frontdesk.insights"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import foreseeing, jobs  # noqa: F401  (the jobs)
        from .unanswered import jobs as unanswered_jobs  # noqa: F401  (likewise)
