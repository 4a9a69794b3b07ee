"""The Studio's socket against a live web process: news, answers as they are written, colleagues, and who is turned away."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio

from frontdesk.channels.models import Delivery
from frontdesk.channels.statuses import told
from frontdesk.conversations import actions as conversations
from frontdesk.conversations.models import Conversation
from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.surfaces.realtime import studio
from frontdesk.workspaces.models import Membership
from tests.ground.live import POEM, Web
from tests.ground.rows import make_row

from .desk import Desk, cookie_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest_asyncio.fixture
async def desk(live_web: Web, alice: Any, workspace: Any) -> AsyncIterator[Callable[..., Any]]:
    """Open a page of the inbox, Alice's unless said otherwise."""
    async with AsyncExitStack() as stack:

        async def open(user: Any = alice, **options: Any) -> Desk:
            known = {"cookie": await in_thread(cookie_of, user), "workspace": str(workspace.uuid), **options}
            made = await Desk.sit_down(live_web.url, **known)
            stack.push_async_callback(made.close)
            return made

        yield open


async def talk_of(tab: Any, text: str) -> tuple[Any, str, str]:
    """A visitor's tab that has asked: itself, the conversation, the run."""
    page = await tab()
    run = (await page.say(text))["run"]
    return page, str((await Conversation.objects.aget()).uuid), run


async def test_an_answer_is_seen_while_it_is_written(desk: Any, tab: Any) -> None:
    watcher = await desk()
    await watcher.next("ready")
    _page, conversation, run = await talk_of(tab, "Please recite")
    told = await watcher.next("news")
    assert (told["kind"], told["conversation"], told["author"]) == ("message.created", conversation, "customer")
    assert (await watcher.look_at(conversation))["run"] == run
    await watcher.ending()
    assert watcher.streamed(run) == POEM
    kept = [frame for frame in watcher.of(run) if frame["type"] == "message"]
    assert [frame["text"] for frame in kept] == [POEM]


async def test_what_becomes_of_a_message_is_told_with_its_conversation(desk: Any, in_workspace: Any, workspace: Any) -> None:
    def fail() -> tuple[str, int]:
        delivery = make_row(Delivery, workspace, state=Delivery.State.FAILED)
        told(delivery)
        return str(delivery.conversation.uuid), delivery.message_id

    watcher = await desk()
    await watcher.next("ready")
    conversation, message = await in_thread(fail)
    news = {"type": "news", "kind": "delivery.changed", "conversation": conversation, "message": message, "state": "failed"}
    assert await watcher.next("news") == news


async def test_the_next_answer_of_the_open_conversation_comes_by_itself(desk: Any, tab: Any) -> None:
    page, conversation, _run = await talk_of(tab, "Thanks")
    await page.ending()
    watcher = await desk()
    assert (await watcher.look_at(conversation))["run"] is None
    run = (await page.say("Please recite"))["run"]
    assert (await watcher.next("run"))["run"] == run
    await watcher.ending()
    assert watcher.streamed(run) == POEM


async def test_who_comes_back_midway_gets_the_rest_and_nothing_twice(desk: Any, tab: Any) -> None:
    _page, conversation, run = await talk_of(tab, "Please recite")
    first = await desk()
    await first.look_at(conversation)
    while "line10" not in first.streamed(run):
        await first.next("delta")
    seen, last = first.streamed(run), first.of(run)[-1]["seq"]
    await first.close()
    again = await desk()
    assert (await again.look_at(conversation, run=run, after=last))["run"] == run
    await again.ending()
    assert seen + again.streamed(run, after=last) == POEM
    late = await desk()
    assert (await late.look_at(conversation, run=run, after=last))["run"] == run
    assert (await late.ending())["type"] == "end", "who was away at the end is told of it"


async def test_taking_over_midway_is_seen_on_every_desk(desk: Any, tab: Any, owner: Any) -> None:
    _page, conversation, run = await talk_of(tab, "hold on")
    watchers = [await desk(), await desk()]
    for watcher in watchers:
        await watcher.look_at(conversation)
        while not watcher.streamed(run):
            await watcher.next("delta")
    talk = await Conversation.objects.select_related("workspace").aget(uuid=conversation)
    await in_thread(conversations.set_status, owner, talk, "support_active")
    for watcher in watchers:
        assert (await watcher.ending())["taken_over"] is True


async def test_colleagues_and_the_customer_see_who_writes(desk: Any, tab: Any, alice: Any, bob: Any) -> None:
    page, conversation, _run = await talk_of(tab, "Thanks")
    await page.ending()
    hers, his = await desk(alice), await desk(bob)
    await hers.look_at(conversation)
    await his.look_at(conversation)
    came = await hers.next("here")
    assert (came["name"], came["state"]) == ("Bob", "looking")
    assert (await his.next("here"))["name"] == "Alice", "who was there before says so"
    await his.send("here", state="writing", to_customer=True)
    assert (await hers.next("here"))["state"] == "writing"
    assert (await page.next("typing"))["on"] is True
    await page.send("typing", on=True)
    assert (await hers.next("typing"))["conversation"] == conversation
    await his.close()
    assert (await hers.next("here"))["state"] == "left"


async def test_a_conversation_that_is_left_is_heard_of_no_more(desk: Any, tab: Any) -> None:
    page, conversation, run = await talk_of(tab, "crawl")
    watcher = await desk()
    await watcher.look_at(conversation)
    await watcher.next("delta")
    await watcher.send("leave")
    await watcher.send("ping")
    await watcher.next("pong")
    heard = len(watcher.of(run))
    await page.next("delta")
    await page.next("delta")
    await watcher.send("ping")
    await watcher.next("pong")
    assert len(watcher.of(run)) == heard
    await page.send("stop", run=run)


@pytest.mark.parametrize("origin", ["https://elsewhere.example", None])
async def test_another_page_of_the_web_is_turned_away(desk: Any, origin: str | None) -> None:
    assert await (await desk(origin=origin)).closed() == 4403


@pytest.mark.parametrize("cookie", ["", "sessionid=nobodys"])
async def test_who_is_not_signed_in_is_turned_away(desk: Any, cookie: str) -> None:
    assert await (await desk(cookie=cookie)).closed() == 4403


async def test_a_page_of_another_workspace_is_turned_away(desk: Any, other_workspace: Any) -> None:
    assert await (await desk(workspace=str(other_workspace.uuid))).closed() == 4403
    assert await (await desk(workspace="nonsense")).closed() == 4403


@pytest.mark.parametrize(
    "frame", [{"type": "open", "conversation": 7}, {"type": "follow", "run": "x"}, {"type": "here"}, ["open"]]
)
async def test_odd_frames_do_no_harm(desk: Any, frame: Any) -> None:
    page = await desk()
    await page.socket.send(json.dumps(frame))
    await page.send("ping")
    await page.next("pong")


async def test_who_leaves_the_team_hears_nothing_more(bob: Any, workspace: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process, where the time for which a membership counts as seen can be made short."""
    from channels.testing import WebsocketCommunicator

    from frontdesk.surfaces.realtime.routing import application

    monkeypatch.setattr(studio, "RECHECK_SECONDS", 0.0)
    cookie = await in_thread(cookie_of, bob)
    headers = [(b"origin", b"http://desk.example"), (b"host", b"desk.example"), (b"cookie", cookie.encode())]
    wire = WebsocketCommunicator(application(None), f"/ws/studio/?workspace={workspace.uuid}", headers)
    assert (await wire.connect())[0]
    assert await wire.receive_json_from(timeout=10) == {"type": "ready"}
    with scope(workspace=workspace):
        await Membership.objects.filter(user=bob).adelete()
    await wire.send_json_to({"type": "ping"})
    assert (await wire.receive_output(timeout=10)) == {"type": "websocket.close", "code": 4403}
