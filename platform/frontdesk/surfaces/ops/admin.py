"""What operators see of the rows. Nothing is edited here: writes belong to actions, which check and record them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from frontdesk.billing.models import LedgerEntry, UsageRecord
from frontdesk.core import jobs
from frontdesk.core.models import Job
from frontdesk.providers.models import ProviderAccount
from frontdesk.runs.models import Run
from frontdesk.workspaces.models import AuditEntry, User, Workspace

from .site import site


class ReadOnly(ModelAdmin):
    """Looking only. `shown` names the fields of a row's page; what is not named, such as a secret, is never read out."""

    shown: ClassVar[tuple[str, ...]] = ()
    ordering: ClassVar[tuple[str, ...]] = ("-id",)
    list_per_page = 50
    show_full_result_count = False
    paginator = InfinitePaginator

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return self.shown

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return self.shown


JOB_LABELS = {"queued": "info", "running": "info", "done": "success", "failed": "danger", "cancelled": "warning"}
RUN_LABELS = {"completed": "success", "failed": "danger", "cancelled": "warning", "paused": "warning"}


@admin.register(Job, site=site)
class JobAdmin(ReadOnly):
    list_display = ("id", "kind", "state_label", "workspace", "attempts", "progress", "created_at", "finished_at")
    list_filter = ("state", "kind")
    list_select_related = ("workspace",)
    search_fields = ("kind", "key", "workspace__name")
    shown = (
        *("kind", "workspace", "state", "key", "arguments", "attempts", "max_attempts", "done", "total", "note", "error"),
        *("result", "cancel_requested", "created_at", "started_at", "run_after", "lease_until", "finished_at"),
    )
    actions = ("retry", "stop")

    @display(description=_("state"), ordering="state", label=JOB_LABELS)
    def state_label(self, row: Job) -> tuple[str, str]:
        return row.state, row.get_state_display()

    @display(description=_("progress"))
    def progress(self, row: Job) -> str:
        return f"{row.done} / {row.total}" if row.total else ""

    @admin.action(description=_("Begin again"))
    def retry(self, request: HttpRequest, rows: QuerySet[Job]) -> None:
        done = [row for row in rows if jobs.retry(row)]
        self._record(request, done, "retried")
        self.message_user(request, ngettext("%(n)s job begins again.", "%(n)s jobs begin again.", len(done)) % {"n": len(done)})
        if len(done) < len(rows):
            self.message_user(request, _("Only jobs that failed or were stopped can begin again."), messages.WARNING)

    @admin.action(description=_("Stop"))
    def stop(self, request: HttpRequest, rows: QuerySet[Job]) -> None:
        open_rows = list(rows.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING]))
        for row in open_rows:
            jobs.cancel(row)
        self._record(request, open_rows, "stopped")
        said = ngettext("%(n)s job is told to stop.", "%(n)s jobs are told to stop.", len(open_rows))
        self.message_user(request, said % {"n": len(open_rows)})

    def _record(self, request: HttpRequest, rows: list[Job], what: str) -> None:
        for row in rows:
            self.log_change(request, row, what)


@admin.register(Run, site=site)
class RunAdmin(ReadOnly):
    """Questions and answers belong to the workspace and are not shown."""

    list_display = ("uuid", "state_label", "workspace", "agent", "test", "attempts", "created_at", "ended_at", "cause")
    list_filter = ("state", "test")
    list_select_related = ("workspace", "agent")
    search_fields = ("uuid", "workspace__name", "cause")
    shown = (
        *("uuid", "workspace", "agent", "state", "test", "cause", "attempts", "last_seq", "owner", "cancel_requested"),
        *("created_at", "started_at", "deadline_at", "lease_until", "ended_at"),
    )

    @display(description=_("state"), ordering="state", label=RUN_LABELS)
    def state_label(self, row: Run) -> tuple[str, str]:
        return row.state, row.get_state_display()


@admin.register(Workspace, site=site)
class WorkspaceAdmin(ReadOnly):
    list_display = ("name", "slug", "language", "time_zone", "auto_response", "created_at")
    search_fields = ("name", "slug", "uuid")
    shown = ("uuid", *list_display, "website", "theme", "default_reply_handler", "updated_at")


@admin.register(User, site=site)
class UserAdmin(ReadOnly):
    list_display = ("__str__", "get_full_name", "is_active", "is_superuser", "last_login", "created_at")
    list_filter = ("is_active", "is_superuser")
    search_fields = ("email", "username", "first_name", "last_name", "uuid")
    shown = ("uuid", "email", "username", "first_name", "last_name", "language", *list_display[2:])


@admin.register(ProviderAccount, site=site)
class ProviderAccountAdmin(ReadOnly):
    """Without its secrets and its settings."""

    list_display = ("name", "provider", "workspace", "enabled", "checked_at", "problem")
    list_filter = ("provider", "enabled")
    list_select_related = ("workspace",)
    search_fields = ("name", "provider", "workspace__name")
    shown = (*list_display, "position", "created_at", "updated_at")


@admin.register(LedgerEntry, site=site)
class LedgerAdmin(ReadOnly):
    list_display = ("id", "workspace", "kind", "amount", "balance_after", "reference", "note", "created_at")
    list_filter = ("kind",)
    list_select_related = ("workspace",)
    search_fields = ("workspace__name", "reference", "note")
    shown = list_display


@admin.register(UsageRecord, site=site)
class UsageAdmin(ReadOnly):
    list_display = (
        *("id", "workspace", "purpose", "provider", "model", "shared_key", "input_tokens", "output_tokens", "cost_usd"),
        *("succeeded", "created_at"),
    )
    list_filter = ("provider", "purpose", "shared_key", "succeeded")
    list_select_related = ("workspace",)
    search_fields = ("workspace__name", "model", "reference")
    shown = (*list_display, "actor", "reference", "requests")


@admin.register(AuditEntry, site=site)
class AuditAdmin(ReadOnly):
    list_display = ("id", "workspace", "actor", "verb", "target", "created_at")
    list_select_related = ("workspace",)
    search_fields = ("workspace__name", "actor", "verb", "target")
    shown: ClassVar[tuple[Any, ...]] = (*list_display, "data")
