"""Whatever is killed, nothing that was accepted is lost: each run ends, each client has the whole text or a sentence."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from frontdesk.core.engines import process
from frontdesk.core.threads import in_thread
from tests.ground.live import POEM, wait_for
from tests.ground.sse import Event, live_events, text_of
from tests.realtime.tab import Tab

from .house import House

# The house's database is a copy of the one that pytest-django makes for those who ask for it.
pytestmark = pytest.mark.django_db(transaction=True)
INTERRUPTED = "The answer was interrupted. Please send your message again."


@dataclass
class Chat:
    """A client of the chat that goes on where its connection broke."""

    house: House
    client: httpx.AsyncClient
    question: str
    conversation: str | None = None
    events: list[Event] = field(default_factory=list)

    @asynccontextmanager
    async def stream(self) -> AsyncIterator[AsyncIterator[Event]]:
        body = {
            "agent_id": self.house.agent,
            "conversation_id": self.conversation,
            "message": {"content": self.question},
            "user_id": self.question,
        }
        resume = {"Last-Event-ID": self.events[-1].id} if self.events else {}
        headers = {"Accept": "text/event-stream", **resume}
        async with self.client.stream("POST", "/api/v1/ai/chat", json=body, headers=headers) as response:
            assert response.status_code == 200, await response.aread()
            yield self._kept(response)

    async def _kept(self, response: httpx.Response) -> AsyncIterator[Event]:
        async for event in live_events(response.aiter_lines()):
            self.events.append(event)
            self.conversation = event.data.get("conversation_id", self.conversation)
            yield event

    async def to_end(self) -> Event:
        async with self.stream() as events:
            async for _event in events:
                pass
        return self.events[-1]

    @property
    def text(self) -> str:
        return text_of(self.events)


async def read_until(events: AsyncIterator[Event], word: str) -> None:
    async for event in events:
        if word in event.data.get("text", "") or event.name == word:
            return
    raise AssertionError(f"it ended without {word}")


async def drained(events: AsyncIterator[Event]) -> None:
    """Read until the connection breaks."""
    try:
        async for _event in events:
            pass
    except httpx.TransportError:
        pass


async def test_web_killed_while_it_answers(house: House, client: httpx.AsyncClient) -> None:
    chat = Chat(house, client, "crawl")
    page = await Tab.open(house.url, key=house.widget)
    run = (await page.say("crawl"))["run"]
    await page.next("delta")
    async with chat.stream() as events:
        await read_until(events, "line2")
        house.kill("web")
        await drained(events)
    await broken(page)
    house.wait_for_web()

    ending = await chat.to_end()
    assert (ending.name, ending.data) == ("error", {"message": INTERRUPTED, "code": "INTERRUPTED"})
    assert POEM.startswith(chat.text)
    assert [int(event.id) for event in chat.events] == sorted({int(event.id) for event in chat.events})

    seen = page.of(run)[-1]["seq"]
    again = await Tab.open(house.url, key=house.widget, visitor=page.visitor, run=run, after=seen)
    assert (await again.next("ready"))["messages"][0]["text"] == "crawl", "the question is kept"
    told = await again.ending()
    assert (told["type"], told["message"], told["retry"]) == ("error", INTERRUPTED, True)
    assert (await again.say("Thanks"))["type"] == "accepted"
    assert (await again.ending())["type"] == "end"
    await again.close()
    house.assert_books_balance()


async def broken(page: Tab) -> None:
    try:
        while True:
            page.frames.append(json.loads(await page.socket.recv()))
    except ConnectionClosed:
        return


async def test_web_then_worker_killed_before_the_first_word(house: House, client: httpx.AsyncClient) -> None:
    chat = Chat(house, client, "mull")
    async with chat.stream() as events:
        await read_until(events, "start")
        house.kill("web")
        await drained(events)
    house.wait_for_web()
    wait_for(lambda: attempts_of_last_run(house) == 2, failure=house.launch.said)
    house.kill("worker")
    ending = await chat.to_end()
    assert (ending.name, ending.data["status"], chat.text) == ("end", "ok", "After some thought.")
    messages = (await client.get(f"/api/conversations/{chat.conversation}/messages")).json()["results"]
    assert [message["text"] for message in messages] == ["mull", "After some thought."]
    house.assert_books_balance()


def attempts_of_last_run(house: House) -> int:
    return house.row("SELECT attempts FROM runs_run ORDER BY id DESC LIMIT 1")[0]


async def test_worker_killed_while_it_learns(house: House, client: httpx.AsyncClient) -> None:
    pages = [f"# Chapter {number}\n\n" + f"The secret of chapter {number} is word{number}. " * 12 for number in range(120)]
    file = {"file": ("book.md", "\n\n".join(pages).encode(), "text/markdown")}
    sent = await client.post("/api/v1/knowledge/ingest", data={"agent_id": house.agent, "source_type": "file"}, files=file)
    assert sent.status_code == 202, sent.text
    source = sent.json()["source_id"]

    def job() -> Any:
        """State, attempts, done, total."""
        row = "SELECT job_id FROM knowledge_source WHERE id = %s"
        return house.row(f"SELECT state, attempts, done, total FROM core_job WHERE id = ({row})", source)

    wait_for(lambda: job()[0] == "running" and 0 < job()[2] < job()[3], failure=house.launch.said)
    house.kill("worker")
    put_aside = house.row("SELECT count(*) FROM knowledge_stagedvector WHERE source_id = %s", source)[0]
    assert put_aside > 0
    state = ""
    while state not in ("ready", "failed", "cancelled"):
        state = (await client.get(f"/api/sources/{source}")).json()["status"]
    assert state == "ready"
    assert house.row(
        "SELECT attempts FROM core_job job JOIN knowledge_source s ON s.job_id = job.id WHERE s.id = %s", source
    ) == (2,)
    kb = sent.json()["kb_uuid"]
    for number in (0, 119):
        found = await client.post(f"/api/knowledge-bases/{kb}/search", json={"query": f"secret word{number}", "k": 1})
        assert f"word{number}." in found.json()["passages"][0]["text"]
    total, texts = house.row("SELECT count(*), count(DISTINCT text) FROM knowledge_chunk WHERE source_id = %s", source)
    assert total == texts, "no passage is there twice"


async def test_valkey_killed_while_it_answers(house: House, client: httpx.AsyncClient) -> None:
    chat, second = Chat(house, client, "recite"), Chat(house, client, "recite again")
    page = await Tab.open(house.url, key=house.widget)
    async with chat.stream() as events:
        run = (await page.say("recite"))["run"]
        await read_until(events, "line5")
        house.kill_engine(house.valkey)
        assert (await second.to_end()).name == "end", "new questions are answered too"
        async for _event in events:
            pass
    await page.ending()
    assert chat.text == second.text == page.streamed(run) == POEM
    sent = await client.post("/api/v1/knowledge/ingest", data=typed(house, "We sell oat milk."))
    assert sent.status_code == 202, sent.text
    house.start(house.valkey)
    state = ""
    while state != "ready":
        state = (await client.get(f"/api/sources/{sent.json()['source_id']}")).json()["status"]
    assert (await page.say("Thanks"))["type"] == "accepted"
    assert (await page.ending())["type"] == "end"
    await page.close()
    house.assert_books_balance()


async def test_chats_are_opened_while_valkey_is_away(house: House) -> None:
    house.kill_engine(house.valkey)
    page = await Tab.open(house.url, key=house.widget)
    assert (await page.next("ready"))["messages"] == []
    run = (await page.say("recite"))["run"]
    assert (await page.say("Thanks"))["run"] is None, "it waits behind the first"
    other = await Tab.open(house.url, key=house.widget, visitor=page.visitor)
    assert [message["text"] for message in (await other.next("ready"))["messages"]] == ["recite", "Thanks"]
    for tab in (page, other):
        assert [(await tab.ending())["type"] for _ in range(2)] == ["end", "end"], "the waiting one is answered by itself"
        assert tab.streamed(run) == POEM
    await page.say("Hello")
    assert (await other.next("message_created"))["message"]["text"] == "Hello"
    assert (await other.ending())["type"] == "end"
    house.start(house.valkey)
    await page.say("Good bye")
    assert (await other.next("message_created"))["message"]["text"] == "Good bye"
    for tab in (page, other):
        assert (await tab.ending())["type"] == "end"
        await tab.close()
    house.assert_books_balance()


async def test_postgres_killed_while_it_answers(house: House, client: httpx.AsyncClient) -> None:
    chat = Chat(house, client, "recite")
    async with chat.stream() as events:
        await read_until(events, "line5")
        house.kill_engine(house.postgres)
        await read_until(events, "line20")
        await in_thread(house.start, house.postgres)
        async for _event in events:
            pass
    assert (chat.events[-1].name, chat.text) == ("end", POEM)
    messages = (await client.get(f"/api/conversations/{chat.conversation}/messages")).json()["results"]
    assert [message["text"] for message in messages] == ["recite", POEM]
    house.assert_books_balance()


async def test_a_request_that_comes_while_postgres_is_away_waits_for_it(house: House, client: httpx.AsyncClient) -> None:
    house.kill_engine(house.postgres)
    asking = asyncio.create_task(Chat(house, client, "Thanks").to_end())
    reading = asyncio.create_task(client.get("/api/conversations"))
    await in_thread(house.start, house.postgres)
    assert (await asking).name == "end"
    assert (await reading).status_code == 200
    house.assert_books_balance()


async def test_a_killed_postgres_is_started_again(house: House, client: httpx.AsyncClient) -> None:
    before, chat, victim = Chat(house, client, "Thanks"), Chat(house, client, "recite"), house.postgres.running()
    await before.to_end()
    async with chat.stream() as events:
        await read_until(events, "line5")
        victim.kill()
        async for _event in events:
            pass
    assert (chat.events[-1].name, chat.text) == ("end", POEM)
    assert house.postgres.running().pid != victim.pid
    wait_for(lambda: "PostgreSQL runs again." in house.launch.said(), failure=house.launch.said)
    for kept in (before, chat):
        messages = (await client.get(f"/api/conversations/{kept.conversation}/messages")).json()["results"]
        assert [message["text"] for message in messages] == [kept.question, kept.text]
    await learn(house, client, "We sell oat milk.")
    house.assert_books_balance()


async def test_a_killed_valkey_is_started_again(house: House, client: httpx.AsyncClient) -> None:
    page, victim = await Tab.open(house.url, key=house.widget), house.valkey.running()
    victim.kill()
    wait_for(lambda: not process.alive(victim) and house.valkey.answers(), failure=house.launch.said)
    wait_for(lambda: house.launch.said().count("Valkey runs again.") == 1, failure=house.launch.said)
    assert (await Chat(house, client, "Thanks").to_end()).name == "end"
    await learn(house, client, "We sell almond milk.")
    assert (await page.say("Thanks"))["type"] == "accepted"
    assert (await page.ending())["type"] == "end"
    await page.close()
    house.assert_books_balance()


def typed(house: House, text: str) -> dict[str, str]:
    return {"agent_id": house.agent, "source_type": "message", "metadata": json.dumps({"text_content": text})}


async def learn(house: House, client: httpx.AsyncClient, text: str) -> None:
    """The worker does what it is asked."""
    sent = await client.post("/api/v1/knowledge/ingest", data=typed(house, text))
    assert sent.status_code == 202, sent.text
    state = ""
    while state != "ready":
        state = (await client.get(f"/api/sources/{sent.json()['source_id']}")).json()["status"]
