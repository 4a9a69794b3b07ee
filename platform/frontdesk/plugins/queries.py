"""What the Studio and the operators read about plugins."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings as django_settings
from django.db.models import Count

from frontdesk.core.errors import NotFound
from frontdesk.sdk.manifest import Manifest, NoConfig, Permissions
from frontdesk.workspaces.models import Workspace

from . import activation
from .activation import State
from .doctor import Tier, tier
from .host import BrokenPlugin, host
from .models import Account, Activation, Incident
from .offers import KINDS, Offer

logger = logging.getLogger(__name__)
MOST_INCIDENTS = 200


@dataclass(frozen=True, slots=True)
class Card:
    """A plugin in a workspace. `asks` is what an owner has not agreed to yet; `offers` are by kind; `account` is what was
    connected, where the plugin declares such."""

    manifest: Manifest
    state: State
    row: Activation | None
    asks: Permissions
    offers: dict[str, Sequence[Offer]]
    incidents: Sequence[Incident]
    account: Account | None

    @property
    def tier(self) -> Tier:
        """How carefully it is made."""
        return quality(self.manifest.slug)

    @property
    def is_connected(self) -> bool:
        return self.account is not None and bool(self.account.tokens) and not self.account.problem

    @property
    def needs_account(self) -> bool:
        return self.manifest.oauth is not None and not self.is_connected

    @property
    def problems(self) -> list[str]:
        """What broke of it when Frontdesk started; the rest of it works."""
        return [broken.problem for broken in host().broken if broken.name == self.manifest.slug]

    @property
    def has_settings(self) -> bool:
        return bool(self.manifest.config is not NoConfig and self.manifest.config.model_fields)

    @property
    def needs_consent(self) -> bool:
        return bool(self.asks)


def gallery(workspace: Workspace, *, search: str = "") -> list[Card]:
    """All installed plugins, by name. Three queries."""
    rows = activation.rows_of(workspace)
    accounts = {account.plugin: account for account in Account.objects.all()}
    incidents: dict[str, list[Incident]] = {}
    for incident in Incident.objects.order_by("-last_at")[:MOST_INCIDENTS]:
        incidents.setdefault(incident.plugin, []).append(incident)
    offers = offers_by_plugin()
    cards = [
        _card(manifest, rows.get(slug), offers.get(slug, {}), incidents.get(slug, ()), accounts.get(slug))
        for slug, manifest in host().manifests.items()
    ]
    words = search.casefold().split()
    found = [card for card in cards if all(word in _text(card).casefold() for word in words)]
    return sorted(found, key=lambda card: card.manifest.name.casefold())


def card(workspace: Workspace, plugin: str) -> Card:
    """Raises NotFound."""
    manifest = host().manifests.get(plugin)
    if manifest is None:
        raise NotFound
    row = activation.rows_of(workspace).get(plugin)
    incidents = list(Incident.objects.filter(plugin=plugin).order_by("-last_at")[:20])
    account = Account.objects.filter(plugin=plugin).first() if manifest.oauth else None
    return _card(manifest, row, offers_by_plugin().get(plugin, {}), incidents, account)


def broken() -> Sequence[BrokenPlugin]:
    """Plugins that could not be used at all, of this process. What failed of one that works otherwise is on its card."""
    return [each for each in host().broken if each.name not in host().manifests]


def quality(plugin: str) -> Tier:
    """How carefully it is made. One that cannot even be examined is not."""
    try:
        return tier(plugin)
    except Exception:
        logger.exception("plugin %s could not be examined", plugin)
        return Tier.BROKEN


@dataclass(frozen=True, slots=True)
class Overview:
    """A plugin over all workspaces: in how many it is turned on, and what went wrong lately."""

    manifest: Manifest
    tier: Tier
    problems: Sequence[str]
    turned_on: int
    incidents: int
    last: Incident | None


def overview() -> list[Overview]:
    """For operators, by name; nothing may be in scope. Three queries."""
    turned_on = _turned_on()
    incidents: dict[str, list[Incident]] = {}
    for incident in Incident.objects.select_related("workspace").order_by("-last_at")[:MOST_INCIDENTS]:
        incidents.setdefault(incident.plugin, []).append(incident)
    found = [
        Overview(
            manifest=manifest,
            tier=quality(slug),
            problems=[broken.problem for broken in host().broken if broken.name == slug],
            turned_on=turned_on.get(slug, 0),
            incidents=sum(incident.times for incident in incidents.get(slug, ())),
            last=next(iter(incidents.get(slug, ())), None),
        )
        for slug, manifest in host().manifests.items()
    ]
    return sorted(found, key=lambda each: each.manifest.name.casefold())


def _turned_on() -> dict[str, int]:
    """Plugin → in how many workspaces. What is on at first counts everywhere but where an owner turned it off."""
    decided = Activation.objects.order_by().values_list("plugin", "enabled").annotate(n=Count("id"))
    counts = {(plugin, enabled): n for plugin, enabled, n in decided}
    everywhere = Workspace.objects.count()
    at_first = {slug: everywhere - counts.get((slug, False), 0) for slug in django_settings.PLUGINS_ON_AT_FIRST}
    return {plugin: n for (plugin, enabled), n in counts.items() if enabled} | at_first


def offers_by_plugin() -> dict[str, dict[str, list[Offer]]]:
    """Plugin → kind → what it offers. Asks every hook once a process."""
    found: dict[str, dict[str, list[Offer]]] = {}
    for kind in KINDS:
        for offer in host().offers(kind).values():
            found.setdefault(offer.plugin, {}).setdefault(kind, []).append(offer)
    return found


def _card(
    manifest: Manifest,
    row: Activation | None,
    offers: dict[str, Sequence[Offer]],
    incidents: Sequence[Incident],
    account: Account | None,
) -> Card:
    return Card(manifest, activation.state(manifest, row), row, activation.asks_more(manifest, row), offers, incidents, account)


def _text(card: Card) -> str:
    names = (str(getattr(offer.item, "label", offer.slug)) for offers in card.offers.values() for offer in offers)
    return " ".join((card.manifest.name, card.manifest.description, card.manifest.slug, *names))
