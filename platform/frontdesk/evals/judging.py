"""What evaluators think of one answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from frontdesk.core.threads import in_thread
from frontdesk.plugins import activation, calling, capabilities
from frontdesk.plugins.errors import PluginFailed
from frontdesk.plugins.host import host
from frontdesk.plugins.offers import Offer
from frontdesk.sdk.context import Context
from frontdesk.sdk.errors import PluginError
from frontdesk.sdk.evaluators import Exchange, Verdict
from frontdesk.workspaces.models import Workspace

SECONDS = 10.0
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Judgement:
    """One evaluator's verdict, or the `problem` that kept it from one."""

    slug: str
    label: str
    verdict: Verdict | None
    problem: str = ""


async def judge(workspace: Workspace, exchange: Exchange, *, language: str = "") -> list[Judgement]:
    """Ask all evaluators that are on in a workspace, at once; in the order of their names."""
    asked = await in_thread(_evaluators, workspace, language)
    return list(await asyncio.gather(*(_one(offer, context, exchange) for offer, context in asked)))


def _evaluators(workspace: Workspace, language: str) -> list[tuple[Offer, Context]]:
    active = activation.active(workspace)
    offers = sorted(host().offers("evaluators").values(), key=lambda offer: str(offer.item.label))
    return [
        (offer, capabilities.context(workspace, offer.plugin, offer.item.config_model(), language=language))
        for offer in offers
        if offer.plugin in active and _may_see(offer.plugin)
    ]


def _may_see(plugin: str) -> bool:
    return {"conversations", "knowledge"} <= set(host().manifests[plugin].permissions.data)


async def _one(offer: Offer, context: Context, exchange: Exchange) -> Judgement:
    what = f"check {offer.slug}"
    try:
        verdict = await calling.call(
            offer.plugin, what, _judge, offer, exchange, context, seconds=SECONDS, workspace=context.workspace
        )
    except (PluginFailed, PluginError) as error:
        return Judgement(offer.slug, offer.item.label, None, str(error))
    return Judgement(offer.slug, offer.item.label, verdict)


async def _judge(offer: Offer, exchange: Exchange, context: Context) -> Verdict:
    """In the plugin's thread, so that a verdict that cannot be shown counts as the plugin's failure."""
    verdict = await offer.item().judge(exchange, context)
    if not isinstance(verdict, Verdict):
        raise TypeError(f"it gave {type(verdict).__name__} instead of Verdict")
    if not isinstance(verdict.score, int | float) or not 0 <= verdict.score <= 1:
        raise ValueError(f"a score is between 0 and 1, not {verdict.score!r:.40}")
    return replace(verdict, reason=str(verdict.reason)[:LONGEST_REASON])
