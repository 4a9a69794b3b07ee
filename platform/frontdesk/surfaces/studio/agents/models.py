"""Which AI answers: the models that the workspace's providers offer, as a choice in plain words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from frontdesk.agents.content import ModelChoice
from frontdesk.providers import registry
from frontdesk.providers.catalogue import Offered, offered
from frontdesk.sdk.values import ModelInfo
from frontdesk.workspaces.models import Workspace

# Tokens read and written for a usual answer: instructions, five passages and some lines of the conversation; a paragraph.
USUAL = (2_000, 300)


def value_of(choice: ModelChoice) -> str:
    """A choice as its option says it: `provider:model`, `provider:` for the provider's best one, or nothing."""
    return f"{choice.provider}:{choice.model}" if choice.provider else ""


class Models:
    """The options, grouped by provider. What is chosen now stays an option when it is no longer offered: `missing`."""

    def __init__(self, workspace: Workspace, choice: ModelChoice) -> None:
        self.offered = offered(workspace)
        self.unasked = [each.label for each in self.offered if each.asked_at is None and each.needs_network]
        self.asked_at = min((each.asked_at for each in self.offered if each.asked_at), default=None)
        groups = [(each.label, _options(each)) for each in self.offered]
        values = {value for _label, options in groups for value, _said in options}
        now = value_of(choice)
        self.missing = bool(now) and now not in values
        if self.missing:
            groups.insert(0, (_("Chosen now"), [(now, _name(choice))]))
        self.choices: list[tuple[str, Any]] = [("", _("The first provider that works")), *groups]


def _options(each: Offered) -> list[tuple[str, str]]:
    best = (f"{each.provider}:", _("%(provider)s, its best model") % {"provider": each.label})
    return [best, *((f"{each.provider}:{model.id}", _described(model)) for model in each.models)]


def _described(model: ModelInfo) -> str:
    """ "GPT-5 mini (about $0.80 for 1,000 answers, sees pictures)"."""
    cost = (USUAL[0] * model.input_price + USUAL[1] * model.output_price) / 1_000
    hints = [_("about $%(cost)s for 1,000 answers") % {"cost": f"{cost:.2f}"}] if cost else []
    if model.vision:
        hints.append(_("sees pictures"))
    return f"{model.label or model.id} ({', '.join(hints)})" if hints else model.label or model.id


def _name(choice: ModelChoice) -> str:
    provider = registry.provider_classes().get(choice.provider)
    return " · ".join(part for part in (provider.label if provider else choice.provider, choice.model) if part)
