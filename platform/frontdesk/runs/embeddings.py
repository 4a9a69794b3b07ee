"""Vectors for programs: counted like an answer, and paid for when the operator's account at a vendor makes them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from django.db import transaction

from frontdesk.billing import actions as billing
from frontdesk.billing import prices
from frontdesk.core.threads import in_thread
from frontdesk.providers import calls
from frontdesk.sdk.values import ModelInfo, Usage, Vectors
from frontdesk.workspaces.models import Workspace
from frontdesk.workspaces.permissions import Actor

REFERENCE = "embed:"
# A token has about four characters in English and fewer in other languages; what is held too much comes back.
CHARACTERS_A_TOKEN = 3
# An embedding that holds credits for longer was cut off with its process.
FORGOTTEN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Embedded:
    """`model` is written out in full; one row of unit length a text."""

    model: str
    vectors: Vectors
    tokens: int


async def embed(actor: Actor, choice: str, texts: Sequence[str]) -> Embedded:
    """Hold credits, embed, settle. Raises PaymentRequired, ProviderError, NoProvider."""
    name, model = await calls.embedding_model(actor.workspace, choice)
    paid = await calls.operator_pays(actor.workspace, choice)
    reference = f"{REFERENCE}{uuid4()}" if paid else ""
    if paid:
        await in_thread(_hold, actor.workspace, _estimate(model, texts), reference)
    made: list[calls.Call] = []
    try:
        vectors = await calls.embed(actor.workspace, choice, texts, kind="document", report=made.append)
    finally:
        await asyncio.shield(in_thread(_settle, actor, made, reference))
    return Embedded(name, vectors, sum(call.usage.input_tokens for call in made))


def _estimate(model: ModelInfo, texts: Sequence[str]) -> int:
    """Credits to hold."""
    tokens = sum(map(len, texts)) // CHARACTERS_A_TOKEN
    return prices.credits_for(calls.cost(model, Usage(input_tokens=tokens)))


@transaction.atomic
def _hold(workspace: Workspace, amount: int, reference: str) -> None:
    billing.hold(workspace, amount, reference)


@transaction.atomic
def _settle(actor: Actor, made: Sequence[calls.Call], reference: str) -> None:
    for call in made:
        billing.record_usage(
            actor.workspace,
            user=actor.user,
            actor=actor.name,
            purpose="embed",
            reference=reference,
            **call.as_usage(),
        )
    if reference:
        answered = any(not call.problem for call in made)
        spent = sum(call.cost_usd for call in made)
        billing.settle(actor.workspace, reference, prices.credits_for(spent) if answered or spent else 0)


def release_forgotten() -> int:
    """Give back what embeddings hold whose process was killed; gives how many."""
    return billing.release(REFERENCE, older_than=FORGOTTEN)
