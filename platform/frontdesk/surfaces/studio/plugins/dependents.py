"""What depends on a plugin: shown before it is turned off. One function a kind of thing, in `DEPENDENTS`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from frontdesk.agents import queries as agents
from frontdesk.agents.actions import latest_content
from frontdesk.agents.content import AgentContent
from frontdesk.agents.models import Agent
from frontdesk.channels import queries as channels
from frontdesk.insights import queries as insights
from frontdesk.knowledge import queries as knowledge
from frontdesk.knowledge.connections import queries as places
from frontdesk.plugins.queries import Card
from frontdesk.providers import queries as providers
from frontdesk.providers.calls import OFFLINE, split
from frontdesk.sdk.words import said
from frontdesk.tools import queries as tools
from frontdesk.workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class Dependent:
    """Something of the owner's, and what becomes of it. `url` is empty where there is no page."""

    name: str
    what: str
    url: str = ""


def dependents(card: Card, workspace: Workspace) -> list[Dependent]:
    """All that would change when this plugin is turned off. The workspace is in scope."""
    return [found for look in DEPENDENTS for found in look(card, workspace)]


def _slugs(card: Card, kind: str) -> set[str]:
    return {offer.slug for offer in card.offers.get(kind, ())}


def _contents(agent: Agent) -> list[AgentContent]:
    """What customers talk to, and what is edited."""
    return [latest_content(agent), *([agent.read_content()] if agent.live else [])]


def _agents(matches: Callable[[AgentContent], bool], what: str) -> Iterable[Dependent]:
    for agent in agents.agents().select_related("latest_revision"):
        if any(matches(content) for content in _contents(agent)):
            yield Dependent(agent.name, what, reverse("studio:agent", args=[agent.uuid]))


def agents_with_its_tools(card: Card, workspace: Workspace) -> Iterable[Dependent]:
    """A grant is "plugin.tool", or "source.connection.tool"."""
    own = {f"{card.manifest.slug}.{slug}" for slug in _slugs(card, "tools")}
    sources = _slugs(card, "tool_sources")
    if not own and not sources:
        return ()
    return _agents(lambda content: _granted(content.tools, own, sources), _("Agent: goes on without its tools"))


def _granted(grants: Collection[str], own: Collection[str], sources: Collection[str]) -> bool:
    return any(tool in own or (tool.count(".") > 1 and tool.partition(".")[0] in sources) for tool in grants)


def agents_with_its_models(card: Card, workspace: Workspace) -> Iterable[Dependent]:
    slugs = _slugs(card, "providers")
    if not slugs:
        return ()
    return _agents(lambda content: content.choice.provider in slugs, _("Agent: answers with your next AI provider"))


def accounts_of_its_providers(card: Card, workspace: Workspace) -> Iterable[Dependent]:
    for account in providers.accounts().filter(provider__in=_slugs(card, "providers"), enabled=True):
        yield Dependent(account.name, _("AI provider: is asked no more"), reverse("studio:provider", args=[account.pk]))


def knowledge_that_its_models_read(card: Card, workspace: Workspace) -> Iterable[Dependent]:
    """A base without a model of its own is read by the offline one."""
    slugs = _slugs(card, "providers")
    for base in knowledge.bases() if slugs else ():
        if (split(base.embedding_type)[0] or OFFLINE) in slugs:
            yield Dependent(base.name, _("Knowledge: can be searched no more"), reverse("studio:base", args=[base.uuid]))


def quoting(card: Card, workspace: Workspace) -> Iterable[Dependent]:
    if OFFLINE in _slugs(card, "providers"):
        yield Dependent(_("Quoting, without an AI"), _("Customers get no answer when no AI provider can give one"))


def channels_of_its_kind(card: Card, workspace: Workspace) -> Iterable[Dependent]:
    for channel in channels.channels().filter(kind__in=_slugs(card, "channels"), enabled=True):
        yield Dependent(channel.name, _("Channel: customers who write there get no answer"), reverse("studio:channels"))


def connections_of_its_sources(card: Card, workspace: Workspace) -> Iterable[Dependent]:
    for connection in tools.connections().filter(source__in=_slugs(card, "tool_sources"), enabled=True):
        url = reverse("studio:tool_connection", args=[connection.uuid])
        yield Dependent(connection.name, _("Connected tools: can be used no more"), url)


def places_that_it_reads(card: Card, workspace: Workspace) -> Iterable[Dependent]:
    for place in places.connections().filter(loader__in=_slugs(card, "source_loaders")):
        url = reverse("studio:place", args=[place.uuid])
        yield Dependent(place.name, _("Connected place: is looked at no more; what was learned stays"), url)


def cards_on_home(card: Card, workspace: Workspace) -> Iterable[Dependent]:
    slugs = _slugs(card, "analytics_widgets")
    for placed in insights.cards(workspace) if slugs else ():
        if placed.slug in slugs:
            name = said(placed.widget.label, get_language() or "") if placed.widget else placed.slug
            yield Dependent(name, _("Card on Home: is not shown any more"), reverse("studio:index"))


def looks_in_use(card: Card, workspace: Workspace) -> Iterable[Dependent]:
    slugs = _slugs(card, "themes")
    if workspace.theme in slugs:
        yield Dependent(workspace.theme, _("Look of your pages: goes back to the usual one"), reverse("studio:settings_look"))
    for channel in channels.channels().filter(settings__theme__in=slugs):
        url = reverse("studio:channel", args=[channel.uuid])
        yield Dependent(channel.name, _("Chat: goes back to the usual look"), url)


DEPENDENTS: tuple[Callable[[Card, Workspace], Iterable[Dependent]], ...] = (
    agents_with_its_tools,
    agents_with_its_models,
    accounts_of_its_providers,
    knowledge_that_its_models_read,
    quoting,
    channels_of_its_kind,
    connections_of_its_sources,
    places_that_it_reads,
    cards_on_home,
    looks_in_use,
)
