"""OpenAI's own client, pointed at Frontdesk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import uuid4

import numpy as np
import openai
import pytest

from frontdesk.billing.models import CreditAccount, LedgerEntry, UsageRecord
from frontdesk.workspaces import tokens
from tests.ground.live import POEM, Web

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(live_web: Web, alice: Any, workspace: Any, agent: Any) -> Iterator[openai.OpenAI]:
    """With a person's token, which such clients send as their key."""
    with openai.OpenAI(base_url=f"{live_web.url}/v1", api_key=tokens.issue(alice, "access"), max_retries=0) as made:
        yield made


@pytest.fixture
def model(agent: Any) -> str:
    return f"agent-{agent.uuid}"


def test_each_live_agent_is_a_model(client: openai.OpenAI, model: str) -> None:
    assert [found.id for found in client.models.list()] == [model]
    assert client.models.retrieve(model).owned_by == "frontdesk"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve(f"agent-{uuid4()}")


def test_a_completion(client: openai.OpenAI, model: str) -> None:
    done = client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Thanks"}])
    assert done.object == "chat.completion"
    assert done.choices[0].message.content == "You are welcome."
    assert done.choices[0].finish_reason == "stop"
    assert done.usage.total_tokens == done.usage.prompt_tokens + done.usage.completion_tokens > 0


def test_the_history_is_the_clients(client: openai.OpenAI, model: str) -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "recite"},
        {"role": "assistant", "content": "line1"},
        {"role": "user", "content": [{"type": "text", "text": "Thanks"}]},
    ]
    assert client.chat.completions.create(model=model, messages=messages).choices[0].message.content == "You are welcome."


def test_a_streamed_completion(client: openai.OpenAI, model: str) -> None:
    chunks = list(
        client.chat.completions.create(
            model=model,
            messages=[{"role": "user", "content": "recite"}],
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    assert said(chunks) == POEM
    assert len(chunks) > 10, "word by word"
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert chunks[-1].usage.completion_tokens > 0
    assert len({chunk.id for chunk in chunks}) == 1


def test_a_stream_with_the_same_key_is_the_same_completion(client: openai.OpenAI, model: str) -> None:
    def stream() -> Any:
        messages = [{"role": "user", "content": "recite"}]
        key = {"Idempotency-Key": "k-1"}
        return client.chat.completions.create(model=model, messages=messages, stream=True, extra_headers=key)

    first = stream()
    begun = next(first)
    again, rest = list(stream()), [begun, *first]
    assert {chunk.id for chunk in again} == {begun.id}
    assert said(again) == said(rest) == said(stream()) == POEM
    assert LedgerEntry.objects.filter(kind="hold").count() == 1
    with pytest.raises(openai.ConflictError):
        messages = [{"role": "user", "content": "Thanks"}]
        client.chat.completions.create(model=model, messages=messages, stream=True, extra_headers={"Idempotency-Key": "k-1"})


def said(chunks: Iterable[Any]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def test_a_stream_that_fails_raises_in_the_client(client: openai.OpenAI, model: str) -> None:
    stream = client.chat.completions.create(model=model, messages=[{"role": "user", "content": "break off"}], stream=True)
    with pytest.raises(openai.APIError) as raised:
        list(stream)
    assert "cannot answer right now" in str(raised.value)
    with pytest.raises(openai.InternalServerError):
        client.chat.completions.create(model=model, messages=[{"role": "user", "content": "break off"}])


def test_embeddings(client: openai.OpenAI) -> None:
    made = client.embeddings.create(model="", input=["oat milk", "cake"])
    rows = np.array([item.embedding for item in made.data])
    assert rows.shape[0] == 2
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-3)
    plain = client.embeddings.create(model="", input="oat milk", encoding_format="float")
    assert np.allclose(plain.data[0].embedding, rows[0], atol=1e-5), "base64, which the client asks for by itself, is the same"
    assert UsageRecord.objects.filter(purpose="embed").count() == 2


@pytest.mark.parametrize(
    ("changes", "raised"),
    [
        ({"model": "gpt-5"}, openai.NotFoundError),
        ({"messages": []}, openai.UnprocessableEntityError),
        ({"messages": [{"role": "assistant", "content": "Hi"}]}, openai.UnprocessableEntityError),
    ],
)
def test_what_the_client_gets_wrong(
    client: openai.OpenAI, model: str, changes: dict[str, Any], raised: type[openai.APIStatusError]
) -> None:
    with pytest.raises(raised) as error:
        client.chat.completions.create(**({"model": model, "messages": [{"role": "user", "content": "Hi"}]} | changes))
    assert error.value.response.json()["message"]


def test_without_credits(client: openai.OpenAI, model: str, workspace: Any) -> None:
    CreditAccount.objects.filter(workspace=workspace).update(balance=0)
    with pytest.raises(openai.APIStatusError) as error:
        client.chat.completions.create(model=model, messages=[{"role": "user", "content": "Hi"}])
    assert error.value.status_code == 402


def test_another_workspaces_agent_is_no_model(
    client: openai.OpenAI, live_web: Web, charlie: Any, other_workspace: Any, model: str
) -> None:
    with (
        openai.OpenAI(base_url=f"{live_web.url}/v1", api_key=tokens.issue(charlie, "access"), max_retries=0) as theirs,
        pytest.raises(openai.NotFoundError),
    ):
        theirs.chat.completions.create(model=model, messages=[{"role": "user", "content": "Hi"}])
