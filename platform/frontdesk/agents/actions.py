"""Every change to an agent. An owner saves for later, puts live, brings back; each leaves a version and a line in the audit."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import ValidationError
from wagtail.models import Revision

from frontdesk.core.errors import Invalid
from frontdesk.core.events import emit
from frontdesk.workspaces import audit
from frontdesk.workspaces.permissions import Actor, require

from .content import AgentContent
from .errors import AgentNotFound, VersionNotFound
from .models import Agent


def parse_content(data: dict[str, Any]) -> AgentContent:
    """Check what an owner or program sent; raises Invalid with one entry a field."""
    try:
        return AgentContent.model_validate(data)
    except ValidationError as error:
        fields = [{"field": ".".join(map(str, problem["loc"])), "message": problem["msg"]} for problem in error.errors()]
        raise Invalid(_("Some fields of the agent need another value."), errors=fields) from error


@transaction.atomic
def create_agent(actor: Actor, content: AgentContent, *, live: bool = False) -> Agent:
    """A new agent, saved for later, or live at once."""
    require(actor, "edit_agents")
    agent = Agent(workspace=actor.workspace, live=False)
    agent.write_content(content)
    agent.save()
    _save_version(actor, agent, content, publish=live)
    audit.record(actor, "agent.created", agent, name=content.name)
    return agent


@transaction.atomic
def save_for_later(actor: Actor, agent: Agent, content: AgentContent) -> Revision:
    """Keep a version without showing it to customers."""
    require(actor, "edit_agents")
    agent = _locked(agent)
    revision = _save_version(actor, agent, content, publish=False)
    audit.record(actor, "agent.saved", agent)
    return revision


@transaction.atomic
def put_live(actor: Actor, agent: Agent, content: AgentContent) -> Revision:
    """Keep a version and let customers talk to it from now on."""
    require(actor, "edit_agents")
    agent = _locked(agent)
    revision = _save_version(actor, agent, content, publish=True)
    audit.record(actor, "agent.put_live", agent, version=revision.pk)
    return revision


@transaction.atomic
def set_knowledge(actor: Actor, agent: Agent, uuids: Iterable[Any]) -> None:
    """Which knowledge an agent uses; at once when it is live. What else was edited and is not live yet stays so."""
    require(actor, "edit_agents")
    agent = _locked(agent)
    knowledge = {"knowledge": list(uuids)}
    live, edited = agent.read_content(), latest_content(agent)
    if agent.live:
        _save_version(actor, agent, live.model_copy(update=knowledge), publish=True)
    if not agent.live or edited != live:
        _save_version(actor, agent, edited.model_copy(update=knowledge), publish=False)
    audit.record(actor, "agent.put_live" if agent.live else "agent.saved", agent)


@transaction.atomic
def bring_back(actor: Actor, agent: Agent, version_id: int) -> Revision:
    """Put an earlier version live again, as a new version."""
    require(actor, "edit_agents")
    agent = _locked(agent)
    earlier = agent.revisions.filter(pk=version_id).first()
    if earlier is None:
        raise VersionNotFound()
    revision = _save_version(actor, agent, AgentContent.model_validate(earlier.content["content"]), publish=True)
    audit.record(actor, "agent.brought_back", agent, version=version_id)
    return revision


@transaction.atomic
def take_offline(actor: Actor, agent: Agent) -> None:
    """Stop answering customers; nothing is deleted."""
    require(actor, "edit_agents")
    agent = _locked(agent)
    agent.unpublish(log_action=False)
    audit.record(actor, "agent.taken_offline", agent)
    _tell(agent)


@transaction.atomic
def archive(actor: Actor, agent: Agent, *, archived: bool) -> Agent:
    """Hide an agent from lists and stop it, or restore it."""
    require(actor, "edit_agents")
    agent = _locked(agent)
    agent.archived_at = timezone.now() if archived else None
    agent.save(update_fields=["archived_at", "updated_at"])
    audit.record(actor, "agent.archived" if archived else "agent.restored", agent)
    _tell(agent)
    return agent


@transaction.atomic
def delete_agent(actor: Actor, agent: Agent) -> None:
    """Soft: it can be restored for 30 days."""
    require(actor, "edit_agents")
    agent = _locked(agent)
    agent.deleted_at = timezone.now()
    agent.save(update_fields=["deleted_at", "updated_at"])
    audit.record(actor, "agent.deleted", agent, name=agent.name)
    _tell(agent)


@transaction.atomic
def restore_deleted(actor: Actor, agent_uuid: Any) -> Agent:
    require(actor, "edit_agents")
    agent = Agent.objects.select_for_update().filter(uuid=agent_uuid).first()
    if agent is None:
        raise AgentNotFound()
    agent.deleted_at = None
    agent.save(update_fields=["deleted_at", "updated_at"])
    audit.record(actor, "agent.restored", agent)
    _tell(agent)
    return agent


def duplicate(actor: Actor, agent: Agent) -> Agent:
    """A copy of what was edited last, not live, with “(Copy)” behind its name."""
    content = latest_content(agent)
    return create_agent(actor, content.model_copy(update={"name": _("%(name)s (Copy)") % {"name": content.name[:110]}}))


def latest_content(agent: Agent) -> AgentContent:
    """What an owner edited last: the newest version, live or not."""
    revision = agent.latest_revision
    return AgentContent.model_validate(revision.content["content"]) if revision else agent.read_content()


def _locked(agent: Agent) -> Agent:
    fresh = Agent.objects.select_for_update(of=("self",)).filter(pk=agent.pk, deleted_at=None).first()
    if fresh is None:
        raise AgentNotFound()
    return fresh


def _save_version(actor: Actor, agent: Agent, content: AgentContent, *, publish: bool) -> Revision:
    _check_knowledge(content.knowledge)
    version = Agent.objects.get(pk=agent.pk)
    version.write_content(content)
    revision = version.save_revision(user=actor.user, log_action=False)
    if publish:
        revision.publish(user=actor.user, log_action=False, skip_permission_checks=True)
    _tell(agent)
    return revision


def _check_knowledge(uuids: Iterable[Any]) -> None:
    """Knowledge of another workspace does not exist."""
    wanted = set(uuids)
    bases = Agent._meta.apps.get_model("knowledge", "KnowledgeBase").objects
    if wanted and bases.filter(uuid__in=wanted).count() != len(wanted):
        raise Invalid.field("knowledge", _("One of these knowledge bases does not exist. Choose again."))


def _tell(agent: Agent) -> None:
    emit(agent.workspace.uuid, "agent.changed", agent=str(agent.uuid))
