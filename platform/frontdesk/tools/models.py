"""Tools that owners made or connected."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from frontdesk.core.crypto import SecretsField
from frontdesk.core.models import WorkspaceModel


def no_arguments() -> dict[str, Any]:
    """A schema of its own for each row."""
    return {"type": "object", "properties": {}}


class HttpTool(WorkspaceModel):
    """An address that an agent may call. Arguments go where the address has `{name}`, the others into query or body.

    `headers` are plain, `secrets` are header → value and never shown. `body_schema` is a JSON Schema of type object, without
    references (`schemas.prepared`).
    """

    class Method(models.TextChoices):
        GET = "GET", "GET"
        POST = "POST", "POST"
        PUT = "PUT", "PUT"
        PATCH = "PATCH", "PATCH"
        DELETE = "DELETE", "DELETE"

    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("description"), max_length=2000, blank=True)
    endpoint_url = models.CharField(_("address"), max_length=2000)
    http_method = models.CharField(_("method"), max_length=6, choices=Method, default=Method.GET)
    body_schema = models.JSONField(default=no_arguments, blank=True)
    headers = models.JSONField(default=dict, blank=True)
    secrets = SecretsField()
    # Whether a person is asked before each call, unless an agent says otherwise.
    ask_first = models.BooleanField(default=False)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["workspace", "name"], name="http_tool_list")]

    def __str__(self) -> str:
        return self.name

    @property
    def grant(self) -> str:
        """How an agent's content names it."""
        return f"http.{self.uuid}"


class Connection(WorkspaceModel):
    """A `ToolSource` with the settings of an owner. `tools` is what it offered when it was asked last (`catalogue.Listed`)."""

    source = models.SlugField(max_length=40)
    name = models.CharField(_("name"), max_length=80)
    settings = models.JSONField(default=dict, blank=True)
    secrets = SecretsField()
    tools = models.JSONField(default=list, blank=True)
    # Name → fingerprint that an owner saw, of every tool there ever was: one that goes and comes back is no new one.
    agreed = models.JSONField(default=dict, blank=True)
    enabled = models.BooleanField(_("on"), default=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def has_changes(self) -> bool:
        """Whether it offers something else under a name that an owner knows, and nobody has agreed to that yet."""
        return any(tool.get("changed") for tool in self.tools)


class Approval(WorkspaceModel):
    """A call that a person must allow first. `run` ended with it; `continued_by` is the run that goes on once all are decided.

    `began_at` and `result` keep a call from being made twice, whatever stops in the middle.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for you")
        APPROVED = "approved", _("Allowed")
        REFUSED = "refused", _("Not allowed")
        EXPIRED = "expired", _("Nobody decided in time")
        WITHDRAWN = "withdrawn", _("A person answered instead")

    run = models.ForeignKey("runs.Run", on_delete=models.CASCADE, related_name="approvals")
    conversation = models.ForeignKey("conversations.Conversation", on_delete=models.CASCADE, related_name="approvals")
    continued_by = models.ForeignKey("runs.Run", null=True, blank=True, on_delete=models.SET_NULL, related_name="continues")
    call_id = models.CharField(max_length=200)
    tool = models.CharField(max_length=200)
    label = models.CharField(max_length=120)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    decided_by = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    deadline_at = models.DateTimeField()
    # Until another run goes on from it, or nobody will.
    open = models.BooleanField(default=True)
    began_at = models.DateTimeField(null=True, blank=True)
    result = models.TextField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["deadline_at"],
                name="approval_sweep",
                condition=models.Q(open=True),
            ),
            models.Index(fields=["workspace", "state", "-id"], name="approval_list"),
        ]
        constraints = [models.UniqueConstraint(fields=["run", "call_id"], name="one_approval_a_call")]

    def __str__(self) -> str:
        return self.label
