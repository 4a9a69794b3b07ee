"""A model's second look at contradictions: what it rules out, what it costs, and that nothing needs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from frontdesk.billing.models import UsageRecord
from frontdesk.core import jobs as core_jobs
from frontdesk.knowledge import actions as knowledge
from frontdesk.knowledge.health import actions, queries
from frontdesk.knowledge.health.models import Finding
from frontdesk.knowledge.models import KnowledgeBase
from frontdesk.providers import registry
from frontdesk.sdk.errors import ProviderUnavailable
from frontdesk.sdk.testing.scripted import Fail, Say, ScriptedProvider
from tests.knowledge.conftest import work

pytestmark = pytest.mark.django_db


@pytest.fixture
def texts(owner: Any, base: KnowledgeBase, learned: Callable[..., Any]) -> list[Any]:
    """Two prices for breakfast, and two hours that may both be true."""
    knowledge.update_base(owner, base, retrieval_method="sparse")
    said = ("Breakfast costs 12 € for every guest.", "Breakfast costs 14 € for every guest.")
    hours = ("The kitchen of the house closes at 21:00.", "The kitchen of the house closes at 22:00.")
    return [learned(f"{price}\n\n{hour}", title) for price, hour, title in zip(said, hours, ("Old", "New"), strict=True)]


@pytest.fixture
def model(texts: list[Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """The workspace's writing provider from now on; the real ones go on embedding."""
    provider, real = ScriptedProvider(steps=[]), registry.provider_classes()
    build, shared = registry.build, registry.shared_config
    monkeypatch.setattr(registry, "provider_classes", lambda: {"scripted": ScriptedProvider, **real})
    monkeypatch.setattr(registry, "shared_config", lambda slug: {} if slug == "scripted" else shared(slug))
    monkeypatch.setattr(registry, "build", lambda slug, account: provider if slug == "scripted" else build(slug, account))
    yield provider
    provider.assert_finished()


@pytest.fixture
def look(owner: Any, base: KnowledgeBase) -> Callable[[], set[str]]:
    def looked() -> set[str]:
        core_jobs.run(actions.check(owner, base).pk)
        return {each.code for each in queries.findings(base, kind="contradicting")}

    return looked


def number_of(model: Any, words: str) -> int:
    """Which pair of the last request is about that."""
    pairs = model.requests[-1].messages[-1].text.split("\n\n")
    return next(at for at, pair in enumerate(pairs, 1) if words in pair)


def test_what_a_model_rules_out_no_owner_sees_but_may_look_up(model, look, owner, base, texts) -> None:
    model.play(Say("1. NO\n2. YES"))
    shown = look()
    kitchen = number_of(model, "kitchen")
    assert shown == ({"money"} if kitchen == 2 else {"time"})
    (ruled_out,) = queries.findings(base, dismissed=True)
    assert ruled_out.dismissed_by == "AI: scripted:scripted"
    assert actions.reopen(owner, [ruled_out.uuid]) == 1
    # Nothing is asked twice, though the texts are compared again.
    changed = work(knowledge.update_source(owner, texts[0], text=f"{texts[0].body}\n\nDogs are welcome."))
    assert changed.state == changed.State.READY
    assert look() == {"money", "time"}


def test_a_new_one_alone_is_asked_about(model, look, owner, base, texts) -> None:
    model.play(Say("1: NO\n2: NO"), Say("1: YES"))
    assert look() == {"money", "time"}
    work(knowledge.update_source(owner, texts[1], text=texts[1].body.replace("14 €", "15 €")))
    assert look() == {"time"}
    assert model.requests[-1].messages[-1].text.startswith("1.\n- Breakfast costs 12 €")
    assert "\n2.\n" not in model.requests[-1].messages[-1].text


@pytest.mark.parametrize("said", [Fail(ProviderUnavailable("down")), Say("I think both are fine."), Say("7: YES")])
def test_without_its_word_both_are_shown(model, look, base, said) -> None:
    model.play(said, *([said] if isinstance(said, Fail) else []))
    assert look() == {"money", "time"}


def test_it_is_counted(model, look, base) -> None:
    model.play(Say("1: NO"))
    look()
    (record,) = UsageRecord.objects.filter(purpose="health")
    assert (record.model, record.shared_key, record.succeeded) == ("scripted", True, True)


def test_a_model_that_comes_later_looks_at_what_is_there(look, base, texts, request) -> None:
    assert look() == {"money", "time"}
    model = request.getfixturevalue("model")
    model.play(Say("1: YES\n2: YES"))
    assert look() == set()
    assert Finding.objects.filter(base=base, dismissed_at__isnull=False).count() == 2
