"""The chat models that a workspace's providers offer, kept, so that nobody waits for a vendor to choose one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from asgiref.sync import async_to_sync

from frontdesk.core.errors import FrontdeskError
from frontdesk.sdk.errors import ProviderError
from frontdesk.sdk.values import ModelInfo
from frontdesk.workspaces.models import Workspace
from frontdesk.workspaces.permissions import Actor, require

from . import registry
from .calls import candidates
from .models import ModelList, ProviderAccount

ASK_SECONDS = 20
KEPT_FIELDS = ("id", "kind", "label", "tools", "vision", "context", "input_price", "output_price")


@dataclass(frozen=True, slots=True)
class Offered:
    """What one provider of the workspace offers, as it said at `asked_at`; None when it was not asked yet."""

    provider: str
    label: str
    models: list[ModelInfo]
    asked_at: datetime | None
    needs_network: bool


def offered(workspace: Workspace) -> list[Offered]:
    """Every provider that may answer, in the order in which they are tried. Calls no vendor."""
    kept = {row.provider: row for row in ModelList.objects.all()}
    classes = registry.provider_classes()
    found = []
    for slug in _providers(workspace):
        row = kept.get(slug)
        models = [ModelInfo(**entry) for entry in row.entries] if row else []
        found.append(Offered(slug, classes[slug].label, models, row.updated_at if row else None, classes[slug].needs_network))
    return found


def refresh(actor: Actor) -> dict[str, str]:
    """Ask every provider again. Gives the cause of each that did not answer, by its label; its list stays as it was."""
    require(actor, "edit_agents")
    providers = _providers(actor.workspace)
    classes = registry.provider_classes()
    problems: dict[str, str] = {}
    for slug, answer in zip(providers, async_to_sync(_ask_all)(providers), strict=True):
        if isinstance(answer, Exception):
            problems[classes[slug].label] = answer.cause if isinstance(answer, ProviderError) else str(answer)
        else:
            keep(actor.workspace, slug, answer)
    return problems


def keep(workspace: Workspace, provider: str, models: Sequence[ModelInfo]) -> None:
    """Remember what a provider offers."""
    entries = [{name: asdict(model)[name] for name in KEPT_FIELDS} for model in models if model.kind == "chat"]
    ModelList.objects.update_or_create(workspace=workspace, provider=provider, defaults={"entries": entries})


async def ask(provider: str, account: ProviderAccount | None) -> Sequence[ModelInfo]:
    """Have a vendor list its models. Raises ProviderError or TimeoutError."""
    built = registry.build(provider, account)
    try:
        return await asyncio.wait_for(built.models(), ASK_SECONDS)
    finally:
        await built.close()


async def _ask_all(providers: dict[str, ProviderAccount | None]) -> list[Sequence[ModelInfo] | Exception]:
    return await asyncio.gather(*(_calmly(slug, account) for slug, account in providers.items()))


async def _calmly(slug: str, account: ProviderAccount | None) -> Sequence[ModelInfo] | Exception:
    try:
        return await ask(slug, account)
    except (ProviderError, FrontdeskError, TimeoutError) as error:
        return error


def _providers(workspace: Workspace) -> dict[str, ProviderAccount | None]:
    """Each provider that may answer, with the first account that would be used."""
    found: dict[str, ProviderAccount | None] = {}
    for candidate in async_to_sync(candidates)(workspace):
        found.setdefault(candidate.provider, candidate.account)
    return found
