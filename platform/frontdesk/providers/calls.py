"""Calling models: choice, retries, fallback. Every call that reached a vendor is reported, also one that failed.

A choice is `provider:model` ("openai:gpt-5-mini", "offline:minilm-l6"); empty means the workspace's own order:
its accounts by position, then accounts shared by the operator, then the offline provider.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from frontdesk.sdk.errors import ProviderError, ProviderRejected, ProviderStopped, ProviderUnavailable
from frontdesk.sdk.provider import Provider
from frontdesk.sdk.values import (
    ChatEvent,
    ChatMessage,
    ChatRequest,
    Finished,
    ImagePart,
    ModelInfo,
    PartDelta,
    Usage,
    UsageReport,
    Vectors,
)
from frontdesk.workspaces.models import Workspace

from . import registry, remembered
from .errors import NoProvider, ProviderMisconfigured
from .models import ProviderAccount
from .silence import Silence

logger = logging.getLogger(__name__)

OFFLINE = "offline"
TRIES = 3
SILENCE_SECONDS = 60.0
MODELS_SECONDS = 20.0
RERANK_SECONDS = 20.0
# A customer waits for a question. The offline model is made when it is first asked, which takes a moment.
EMBED_SECONDS = {"query": 20.0, "document": 600.0}
Kind = Literal["chat", "embedding", "rerank"]
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model that may be asked: whose account, which provider, which model ("" = its best one)."""

    provider: str
    model: str
    account: ProviderAccount | None

    @property
    def shared(self) -> bool:
        return self.account is None


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it ended, for usage and for the owner. `problem` is empty when it succeeded."""

    provider: str
    model: str
    shared: bool
    usage: Usage
    cost_usd: float
    problem: str = ""

    def as_usage(self) -> dict[str, Any]:
        """As `billing.actions.record_usage` takes it."""
        return {
            "provider": self.provider,
            "model": self.model,
            "shared_key": self.shared,
            "usage": self.usage,
            "cost_usd": self.cost_usd,
            "succeeded": not self.problem,
        }


Report = Callable[[Call], None]


def split(choice: str) -> tuple[str, str]:
    """`provider:model` → both; "" → two empty strings."""
    provider, _colon, model = choice.partition(":")
    return provider, model


async def candidates(workspace: Workspace, choice: str = "") -> list[Candidate]:
    """Whom to ask, best first. The chosen provider comes first, the others are fallbacks with their own default model.

    A provider whose plugin is off in the workspace is none.
    """
    usable = await remembered.usable(workspace)
    installed = [slug for slug in registry.provider_classes() if slug not in usable.off]
    found = [Candidate(account.provider, "", account) for account in usable.accounts if account.provider in installed]
    own = {candidate.provider for candidate in found}
    others = [slug for slug in installed if slug not in own and slug != OFFLINE]
    found += [Candidate(slug, "", None) for slug in others if registry.shared_config(slug) is not None]
    if OFFLINE in installed:
        found.append(Candidate(OFFLINE, "", None))
    provider, model = split(choice)
    if provider:
        chosen = [replace(candidate, model=model) for candidate in found if candidate.provider == provider]
        found = chosen + [candidate for candidate in found if candidate.provider != provider]
    return found


async def pick_model(provider: Provider, wanted: str, kind: Kind) -> ModelInfo:
    """The wanted model, or the provider's first of that kind. Raises ProviderRejected when it has none."""
    models = await _models(provider)
    of_kind = [model for model in models if model.kind == kind]
    for model in of_kind:
        if model.id == wanted:
            return model
    if wanted:
        return ModelInfo(id=wanted, kind=kind, tools=True)
    if not of_kind:
        raise ProviderRejected(f"{provider.label} offers no {kind} model.")
    return of_kind[0]


async def _models(provider: Provider) -> Sequence[ModelInfo]:
    """Listing models is a network call for some vendors: once a provider object."""
    kept = getattr(provider, "_models", None)
    if kept is None:
        kept = await _shielded(provider.slug, provider.models(), MODELS_SECONDS)
        provider._models = kept  # type: ignore[attr-defined]
    return kept


async def _shielded(slug: str, work: Awaitable[Answer], seconds: float) -> Answer:
    """Await a provider that may hang or be faulty. Whatever it does is a ProviderError."""
    try:
        async with asyncio.timeout(seconds):
            return await work
    except ProviderError:
        raise
    except TimeoutError as error:
        raise ProviderUnavailable(f"{slug} did not answer within {seconds:.0f} seconds.") from error
    except (Exception, SystemExit) as error:
        raise _fault(slug, error) from error


def _fault(slug: str, error: BaseException) -> ProviderRejected:
    """The plugin itself is broken: its author needs the trace, the owner a sentence."""
    logger.error("the plugin of %s has a fault", slug, exc_info=error)
    return ProviderRejected(f"The plugin for {slug} failed: {type(error).__name__}: {error}")


async def chat(
    chain: Sequence[Candidate],
    request: ChatRequest,
    *,
    report: Report,
    chosen: Callable[[Candidate, ModelInfo], None] = lambda *_: None,
    tries: int = TRIES,
) -> AsyncIterator[ChatEvent]:
    """Stream an answer from the first candidate that can give one.

    Before the first piece of text, a failure is retried (a candidate is asked `tries` times) and then handed to the next one;
    afterwards it is raised, because words cannot be taken back. Raises ProviderError of the last one, or NoProvider.
    """
    last: Exception = NoProvider()
    for candidate in chain:
        for attempt in range(tries):
            begun = False
            try:
                async with aclosing(_one_chat(candidate, request, report, chosen)) as events:
                    async for event in events:
                        begun = begun or isinstance(event, PartDelta)
                        yield event
                return
            except (ProviderError, ProviderMisconfigured) as error:
                last = error
                logger.info("%s did not answer: %s", candidate.provider, error)
                if begun:
                    raise
                if not getattr(error, "retryable", False) or attempt == tries - 1:
                    break
                await asyncio.sleep(_pause(error, attempt))
    raise last


async def text(chain: Sequence[Candidate], request: ChatRequest, *, report: Report, tries: int = TRIES) -> str:
    """All that is answered, for questions whose answer nobody reads while it comes. Raises as `chat` does."""
    said: list[str] = []
    async with aclosing(chat(chain, request, report=report, tries=tries)) as events:
        async for event in events:
            if isinstance(event, PartDelta) and event.kind == "text":
                said.append(event.text)
    return "".join(said)


async def _one_chat(
    candidate: Candidate, request: ChatRequest, report: Report, chosen: Callable[[Candidate, ModelInfo], None]
) -> AsyncIterator[ChatEvent]:
    usage, model, problem, finished = Usage(requests=1), ModelInfo(candidate.model, "chat"), "stopped", False
    try:
        provider = registry.ready(candidate.provider, candidate.account)
        model = await pick_model(provider, candidate.model, "chat")
        chosen(candidate, model)
        tools = request.tools if model.tools else ()
        messages = request.messages if model.vision else [_without_pictures(said) for said in request.messages]
        async with (
            aclosing(provider.chat(replace(request, model=model.id, messages=messages, tools=tools))) as events,
            Silence(SILENCE_SECONDS) as silence,
        ):
            async for event in events:
                if isinstance(event, UsageReport):
                    usage = event.usage
                finished = finished or isinstance(event, Finished)
                silence.reading = True
                yield event
                silence.reading = False
                silence.heard()
        if not finished:
            raise ProviderStopped(f"{provider.label} stopped in the middle of an answer.")
        problem = ""
    except TimeoutError as error:
        problem = f"{candidate.provider} was silent for {SILENCE_SECONDS:.0f} seconds."
        raise ProviderUnavailable(problem) from error
    except ProviderError as error:
        problem = error.cause
        raise
    except ProviderMisconfigured as error:
        problem = str(error.message)
        raise
    except (Exception, SystemExit) as error:
        fault = _fault(candidate.provider, error)
        problem = fault.cause
        raise fault from error
    finally:
        report(Call(candidate.provider, model.id, candidate.shared, usage, cost(model, usage), problem))


def _without_pictures(said: ChatMessage) -> ChatMessage:
    """For a model that cannot see; the text says that there are any."""
    words = tuple(part for part in said.parts if not isinstance(part, ImagePart))
    return said if words == said.parts else replace(said, parts=words)


def cost(model: ModelInfo, usage: Usage) -> float:
    """US dollars, from the model's prices per million tokens."""
    return (usage.input_tokens * model.input_price + usage.output_tokens * model.output_price) / 1_000_000


def _pause(error: Exception, attempt: int) -> float:
    asked = getattr(error, "retry_after", None)
    return min(asked, 20.0) if asked else 0.4 * 2**attempt * random.uniform(0.7, 1.3)  # noqa: S311


async def embedding_model(workspace: Workspace, choice: str) -> tuple[str, ModelInfo]:
    """The choice written out in full, and its model. An embedding is never taken from a fallback: spaces do not mix."""
    candidate, provider, model = await _for_vectors(workspace, choice, "embedding")
    return f"{candidate.provider}:{model.id}", model


async def operator_pays(workspace: Workspace, choice: str) -> bool:
    """Whether embedding runs on the operator's account at a vendor, not on the workspace's own or on this machine."""
    candidate, provider, _model = await _for_vectors(workspace, choice, "embedding")
    return candidate.shared and provider.needs_network


async def embed(
    workspace: Workspace,
    choice: str,
    texts: Sequence[str],
    *,
    kind: Literal["query", "document"],
    report: Report = lambda _call: None,
) -> Vectors:
    """Embed texts: float32, one row of unit length a text. Retries; raises ProviderError when the vendor will not."""
    candidate, provider, model = await _for_vectors(workspace, choice, "embedding")
    for attempt in range(TRIES):
        try:
            vectors, usage = await _shielded(provider.slug, _rows(provider, model, texts, kind), EMBED_SECONDS[kind])
        except ProviderError as error:
            report(Call(candidate.provider, model.id, candidate.shared, Usage(), 0.0, error.cause))
            if not error.retryable or attempt == TRIES - 1:
                raise
            await asyncio.sleep(_pause(error, attempt))
        else:
            report(Call(candidate.provider, model.id, candidate.shared, usage, cost(model, usage)))
            return vectors
    raise AssertionError("unreachable")


async def _rows(
    provider: Provider, model: ModelInfo, texts: Sequence[str], kind: Literal["query", "document"]
) -> tuple[Vectors, Usage]:
    """What the provider gives, if it is a row a text: a passage with another's meaning would be worse than none."""
    vectors, usage = await provider.embed(model.id, texts, kind=kind)
    shape = getattr(vectors, "shape", ())
    if len(shape) != 2 or shape[0] != len(texts):
        raise TypeError(f"it gave {shape or type(vectors).__name__} for {len(texts)} texts")
    return vectors, usage


async def rerank(workspace: Workspace, choice: str, query: str, texts: Sequence[str], *, script: str = "") -> list[float] | None:
    """How well each text answers the query (higher is better), or None when no provider can tell. `script` is that of the query:
    models that cannot read it are not asked.
    """
    for candidate in await candidates(workspace, choice):
        try:
            provider = registry.ready(candidate.provider, candidate.account)
            model = await pick_model(provider, candidate.model if candidate.provider == split(choice)[0] else "", "rerank")
            if script and model.scripts and script not in model.scripts:
                continue
            scores, _usage = await _shielded(provider.slug, provider.rerank(model.id, query, texts), RERANK_SECONDS)
        except (ProviderError, ProviderMisconfigured):
            continue
        return scores
    return None


async def _for_vectors(workspace: Workspace, choice: str, kind: Kind) -> tuple[Candidate, Provider, ModelInfo]:
    """The chosen provider; without a choice the offline one, so that knowledge keeps working when a key expires."""
    wanted = choice or f"{OFFLINE}:"
    slug = split(wanted)[0]
    registry.provider_class(slug)
    for candidate in await candidates(workspace, wanted):
        if candidate.provider == slug:
            provider = registry.ready(slug, candidate.account)
            return candidate, provider, await pick_model(provider, candidate.model, kind)
    raise NoProvider()
