"""What plugins ask for, offer and are, in an owner's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from frontdesk.plugins.activation import State
from frontdesk.plugins.doctor import Tier
from frontdesk.plugins.offers import Offer
from frontdesk.plugins.queries import Card
from frontdesk.sdk import themes
from frontdesk.sdk.manifest import ANY_HOST, NoConfig, Permissions
from frontdesk.sdk.words import said

# More addresses than this are counted, and named when somebody asks.
FEW_HOSTS = 3
FEW_OFFERS = 4
DATA: Mapping[str, tuple[str, Any]] = {
    "conversations": ("forum", gettext_lazy("Read what customers and agents write in conversations where it is used")),
    "knowledge": ("menu_book", gettext_lazy("Read passages of your knowledge")),
    "contacts": ("contacts", gettext_lazy("Read who your customers are: names, e-mail addresses, phone numbers")),
    "figures": ("monitoring", gettext_lazy("Read your figures: how many conversations, answers and costs")),
}
OFFERS: Mapping[str, Any] = {
    "providers": gettext_lazy("AI provider"),
    "channels": gettext_lazy("Channel"),
    "tools": gettext_lazy("Tool"),
    "tool_sources": gettext_lazy("Source of tools"),
    "analytics_widgets": gettext_lazy("Card for Home"),
    "speech": gettext_lazy("Voice"),
    "file_loaders": gettext_lazy("Kind of file"),
    "source_loaders": gettext_lazy("Source of knowledge"),
    "evaluators": gettext_lazy("Check of answers"),
    "themes": gettext_lazy("Look"),
}
STATES: Mapping[State, tuple[Any, str]] = {
    State.ON: (gettext_lazy("On"), "good"),
    State.OFF: (gettext_lazy("Off"), ""),
    State.PAUSED: (gettext_lazy("Asks for more"), "warn"),
    State.INCOMPLETE: (gettext_lazy("Needs set-up"), "warn"),
}

TIERS: Mapping[Tier, tuple[Any, str]] = {
    Tier.BROKEN: (gettext_lazy("Has faults"), "bad"),
    Tier.BASIC: (gettext_lazy("Simply made"), ""),
    Tier.GOOD: (gettext_lazy("Well made"), ""),
    Tier.EXCELLENT: (gettext_lazy("Very well made"), ""),
}


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing that a plugin asks for. `more` are names that would make the sentence too long."""

    icon: str
    text: str
    more: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Offered:
    """One thing that a plugin offers: what it is, and its name."""

    kind: str
    name: str


def asks(permissions: Permissions, card: Card) -> list[Ask]:
    """All that these permissions of a plugin allow, in plain words; empty when it is nothing."""
    found = []
    if permissions.hosts:
        found.append(_hosts(permissions.hosts))
    if permissions.servers:
        found.append(Ask("dns", _("Connect to the servers that you name in its settings")))
    found += [Ask(DATA[kind][0], str(DATA[kind][1])) for kind in permissions.data]
    if permissions.secrets:
        titles = (_title(card, name) for name in permissions.secrets)
        found.append(Ask("key", _("Keep a secret that you give it: %(names)s") % {"names": ", ".join(titles)}))
    if permissions.storage:
        found.append(Ask("database", _("Keep up to %(n)s MB of its own notes here") % {"n": permissions.storage}))
    if permissions.processes:
        found.append(Ask("terminal", _("Start programs on the server, as far as whoever runs this Frontdesk allows it")))
    return found


def _hosts(hosts: Sequence[str]) -> Ask:
    if ANY_HOST in hosts:
        return Ask("public", _("Reach any public web address"))
    if len(hosts) <= FEW_HOSTS:
        return Ask("public", _("Send and get data at %(hosts)s") % {"hosts": ", ".join(hosts)})
    text = ngettext("Send and get data at %(n)s web address", "Send and get data at %(n)s web addresses", len(hosts))
    return Ask("public", text % {"n": len(hosts)}, hosts)


def _title(card: Card, name: str) -> str:
    """A secret as the form calls it that asks for it: the plugin's own, or that of what it offers."""
    items = (offer.item for offers in card.offers.values() for offer in offers)
    models = (card.manifest.config, *(getattr(item, "config_model", NoConfig) for item in items))
    titles = (model.model_fields[name].title for model in models if name in model.model_fields)
    return said(next(filter(None, titles), ""), get_language() or "") or name.replace("_", " ")


def offered(card: Card) -> list[Offered]:
    """What it offers, kind by kind."""
    language = get_language() or ""
    return [
        Offered(str(OFFERS[kind]), str(said(getattr(offer.item, "label", ""), language)) or _theme_name(offer))
        for kind, offers in card.offers.items()
        for offer in offers
    ]


def _theme_name(offer: Offer) -> str:
    """What a look calls itself; its slug, when it cannot be read."""
    try:
        return themes.load(offer.item).name
    except themes.ThemeError:
        return offer.slug


def in_short(card: Card) -> str:
    """The first few things that it offers, by name."""
    names = [each.name for each in offered(card)]
    if len(names) <= FEW_OFFERS:
        return ", ".join(names)
    return _("%(names)s and %(n)s more") % {"names": ", ".join(names[:FEW_OFFERS]), "n": len(names) - FEW_OFFERS}


def quality(card: Card) -> tuple[str, str]:
    """How it is made, as far as a program can tell; a word, and the kind of tag that it stands on."""
    word, kind = TIERS[card.tier]
    return str(word), kind


def state(card: Card) -> tuple[str, str]:
    """A word, and the kind of tag that it stands on."""
    if card.state is State.ON and card.needs_account:
        return (_("Connect again") if card.account and card.account.problem else _("Needs set-up")), "warn"
    word, kind = STATES[card.state]
    return str(word), kind
