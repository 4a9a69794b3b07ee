"""What pickers offer: the workspace's own agents and knowledge, and the providers it can use."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from frontdesk.agents import queries as agents
from frontdesk.core.scoping import scope
from frontdesk.knowledge import queries as knowledge
from frontdesk.providers import registry
from frontdesk.workspaces.models import Workspace

Choices = list[tuple[str, Any]]


def agent_choices(workspace: Workspace) -> Choices:
    with scope(workspace=workspace):
        return [(str(agent.uuid), agent.name) for agent in agents.agents()]


def knowledge_choices(workspace: Workspace) -> Choices:
    with scope(workspace=workspace):
        return [(str(base.uuid), base.name) for base in knowledge.bases()]


def provider_choices() -> Choices:
    labels = sorted((cls.label, slug) for slug, cls in registry.provider_classes().items())
    return [("", _("The first that works")), *((slug, label) for label, slug in labels)]


class ModelWidget(forms.MultiWidget):
    """Who provides it, and which of theirs."""

    use_fieldset = True

    def __init__(self, providers: Choices) -> None:
        provider = forms.Select(choices=providers, attrs={"aria-label": _("Who provides the AI")})
        said = {"aria-label": _("Model"), "placeholder": _("The provider's best one"), "dir": "ltr", "autocomplete": "off"}
        super().__init__([provider, forms.TextInput(attrs=said)])

    def decompress(self, value: str | None) -> list[str]:
        provider, _colon, model = (value or "").partition(":")
        return [provider, model]


class ModelField(forms.MultiValueField):
    """`provider:model`, as `frontdesk.sdk.forms.ModelRef` has it."""

    def __init__(self, **given: Any) -> None:
        providers = provider_choices()
        fields = (forms.ChoiceField(choices=providers, required=False), forms.CharField(max_length=120, required=False))
        super().__init__(fields=fields, require_all_fields=False, widget=ModelWidget(providers), **given)

    def compress(self, values: list[str]) -> str:
        provider, model = values or ("", "")
        if model and not provider:
            raise forms.ValidationError(_("Say who provides this model."))
        return f"{provider}:{model.strip()}" if provider else ""
