"""Agents: who answers, how, and from what. The row is what is live; drafts and earlier versions are Wagtail revisions."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.models import DraftStateMixin, RevisionMixin

from frontdesk.core.models import WorkspaceModel

from .content import AgentContent


class Agent(DraftStateMixin, RevisionMixin, WorkspaceModel):
    """One agent, known outside by its `uuid` (`bot_id`, `agent_id`, `assistant_uuid`, `model_uuid`).

    `content` holds everything an owner edits (see `content.AgentContent`), so that a version is one value.
    """

    name = models.CharField(_("name"), max_length=120)
    content = models.JSONField(default=dict)
    archived_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["workspace", "-updated_at"], name="agent_list")]

    def __str__(self) -> str:
        return self.name

    def read_content(self) -> AgentContent:
        """What is live."""
        return AgentContent.model_validate(self.content)

    def write_content(self, content: AgentContent) -> None:
        self.content = content.model_dump(mode="json")
        self.name = content.name

    def serializable_data(self) -> dict[str, Any]:
        """Versions hold what an owner edits, not the row's bookkeeping."""
        return {"pk": self.pk, "name": self.name, "content": self.content}

    def with_content_json(self, content: dict[str, Any]) -> Agent:
        """This agent as a version had it."""
        agent = type(self).objects.get(pk=self.pk)
        agent.name, agent.content = content["name"], content["content"]
        return agent
