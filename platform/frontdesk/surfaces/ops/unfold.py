"""How Unfold's shell looks in Ops (its settings). No models here: the settings read this."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def stylesheet(request: HttpRequest) -> str:
    return static("ops/ops.css")


def _page(title: Any, icon: str, name: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(f"ops:{name}")}


UNFOLD_OPS: dict[str, Any] = {
    "SITE_TITLE": _("Frontdesk Ops"),
    "SITE_HEADER": _("Frontdesk Ops"),
    "SITE_SYMBOL": "build_circle",
    "SITE_URL": "/studio/",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": [stylesheet],
    "ACCOUNT": {"navigation": [{"title": _("Studio"), "link": "/studio/"}]},
    "SIDEBAR": {
        "show_search": False,
        "navigation": [
            {
                "items": [
                    _page(_("Health"), "monitor_heart", "health"),
                    _page(_("Plugins"), "extension", "plugins"),
                ]
            },
            {
                "title": _("Work"),
                "separator": True,
                "items": [
                    _page(_("Jobs"), "pending_actions", "core_job_changelist"),
                    _page(_("Runs"), "bolt", "runs_run_changelist"),
                ],
            },
            {
                "title": _("People"),
                "separator": True,
                "items": [
                    _page(_("Workspaces"), "storefront", "workspaces_workspace_changelist"),
                    _page(_("Users"), "group", "workspaces_user_changelist"),
                    _page(_("Provider accounts"), "key", "providers_provideraccount_changelist"),
                ],
            },
            {
                "title": _("Books"),
                "separator": True,
                "items": [
                    _page(_("Ledger"), "receipt_long", "billing_ledgerentry_changelist"),
                    _page(_("Usage"), "data_usage", "billing_usagerecord_changelist"),
                    _page(_("Audit"), "history", "workspaces_auditentry_changelist"),
                ],
            },
        ],
    },
}
