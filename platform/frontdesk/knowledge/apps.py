from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class KnowledgeConfig(AppConfig):
    name = "frontdesk.knowledge"
    label = "knowledge"
    verbose_name = _("Knowledge")

    def ready(self) -> None:
        from . import indexing, jobs  # noqa: F401  (registers the jobs and sweeps)
        from .connections import jobs as connection_jobs  # noqa: F401  (likewise)
        from .health import jobs as health_jobs  # noqa: F401  (likewise)
