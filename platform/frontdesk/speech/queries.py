"""Which engines a workspace has."""

from __future__ import annotations

import os
from dataclasses import dataclass

from pydantic import BaseModel, SecretStr, ValidationError

from frontdesk.plugins import activation, capabilities
from frontdesk.plugins.host import host
from frontdesk.plugins.models import Activation
from frontdesk.plugins.offers import Offer
from frontdesk.sdk.context import Context
from frontdesk.sdk.speech import SpeechEngine
from frontdesk.workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine that works in a workspace. `shared`: the operator's account pays."""

    offer: Offer
    settings: BaseModel
    shared: bool

    @property
    def kind(self) -> type[SpeechEngine]:
        return self.offer.item

    def context(self, workspace: Workspace, language: str = "") -> Context:
        return capabilities.context(workspace, self.offer.plugin, self.settings, language=language)


def engines(workspace: Workspace) -> list[Engine]:
    """Those that are on and filled in, the offline ones last: a business that pays for a voice wants to hear it. One query."""
    rows = activation.rows_of(workspace)
    offers = [offer for offer in host().offers("speech").values() if _is_on(offer, rows)]
    found = [engine for offer in offers if (engine := _filled_in(offer, rows.get(offer.plugin))) is not None]
    return sorted(found, key=lambda engine: not engine.kind.needs_network)


def speaks(workspace: Workspace) -> bool:
    """Whether answers can be read out."""
    return any(engine.kind.gives for engine in engines(workspace))


def _is_on(offer: Offer, rows: dict[str, Activation]) -> bool:
    return activation.state(host().manifests[offer.plugin], rows.get(offer.plugin)) is activation.State.ON


def _filled_in(offer: Offer, row: Activation | None) -> Engine | None:
    """The engine with its owner's settings, or with the operator's where the owner left one empty; None when one is missing."""
    config = host().manifests[offer.plugin].config
    try:
        settings = config.model_validate({**row.settings, **row.secrets} if row else {})
        empty = [name for name in offer.item.shared_config_env if not _value(settings, name)]
        given = {name: os.environ.get(offer.item.shared_config_env[name], "") for name in empty}
        if not all(given.values()):
            return None
        filled = config.model_validate({**_plain(settings), **given}) if given else settings
    except ValidationError:
        return None
    return Engine(offer, filled, shared=bool(given))


def _value(settings: BaseModel, name: str) -> str:
    value = getattr(settings, name, "")
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value or "")


def _plain(settings: BaseModel) -> dict[str, object]:
    return {name: getattr(settings, name) for name in type(settings).model_fields}
