"""Reading: agents and knowledge."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from frontdesk.agents.errors import AgentNotFound
from frontdesk.agents.models import Agent
from frontdesk.agents.queries import live_agents
from frontdesk.core import limits
from frontdesk.core.errors import Invalid, VendorFailed
from frontdesk.core.threads import in_thread
from frontdesk.knowledge import queries, retrieval
from frontdesk.knowledge.models import KnowledgeBase
from frontdesk.sdk.errors import ProviderError
from frontdesk.workspaces.permissions import Actor, require

from . import tools


def live_agent(key: str) -> Agent:
    """By uuid or name, whatever its case. Raises AgentNotFound, and Invalid when several have that name."""
    agents = list(live_agents())
    found = [agent for agent in agents if str(agent.uuid) == key.lower()]
    found = found or [agent for agent in agents if agent.name.casefold() == key.casefold()]
    if not found:
        raise AgentNotFound(
            _("There is no live agent called “%(name)s” here. list_agents names those there are.") % {"name": key}
        )
    if len(found) > 1:
        raise Invalid.field("agent", _("Several agents are called “%(name)s”. Use the id of one of them.") % {"name": key})
    return found[0]


async def list_agents(actor: Actor, arguments: tools.ListAgents) -> tools.AgentsFound:
    return await in_thread(_list_agents, actor)


def _list_agents(actor: Actor) -> tools.AgentsFound:
    require(actor, "view")
    limits.check(f"reads:{actor.credential}", allowed=settings.API_READS_PER_MINUTE, seconds=60)
    return tools.AgentsFound(agents=[_shown(agent) for agent in live_agents()])


def _shown(agent: Agent) -> tools.AgentFound:
    """What a customer could see as well."""
    content = agent.read_content()
    return tools.AgentFound(id=agent.uuid, name=agent.name, greeting=content.greeting, suggestions=content.suggestions)


async def search_knowledge(actor: Actor, arguments: tools.SearchKnowledge) -> tools.PassagesFound:
    bases = await in_thread(_bases, actor, arguments.agent)
    try:
        found = await retrieval.search(bases, arguments.query, k=arguments.limit)
    except ProviderError as error:
        raise VendorFailed(error.cause) from error
    passages = [
        tools.PassageFound(
            text=passage.text,
            title=passage.title,
            source=passage.source_name,
            place=passage.place,
            url=passage.url,
            score=round(passage.score, 4),
        )
        for passage in found.passages
    ]
    return tools.PassagesFound(passages=passages, confidence=round(found.confidence, 4))


def _bases(actor: Actor, agent: str) -> list[KnowledgeBase]:
    require(actor, "view")
    limits.check(f"searches:{actor.credential}", allowed=settings.API_SEARCHES_PER_MINUTE, seconds=60)
    if not agent:
        return list(queries.bases())
    chosen = live_agent(agent)
    return queries.bases_of(chosen.read_content().knowledge, agent_id=chosen.pk)
