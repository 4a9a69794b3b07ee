"""Two tenants at every socket: with her own credential and all of Charlie's ids Alice sees, changes and stops nothing of his."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.channels import actions as channels
from frontdesk.channels.models import Channel
from frontdesk.conversations.actions import save_answer
from frontdesk.conversations.models import Message
from frontdesk.core.events import conversation_group, desk_group, studio_group
from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.runs.models import Run
from frontdesk.surfaces.realtime import visitors
from frontdesk.surfaces.realtime.routing import application, websocket_urlpatterns
from tests.realtime.desk import cookie_of

pytestmark = pytest.mark.django_db(transaction=True)
ORIGIN = "https://shop.example"
SECRET = "what the garage charges"


@dataclass
class Tenant:
    """A workspace with a widget, and a visitor who talks to it."""

    user: Any
    widget: Channel
    visitor: str
    run: Run | None = None
    answer: Message | None = None


def tenant(actor: Any) -> Tenant:
    with scope(workspace=actor.workspace):
        agent = agents.create_agent(actor, AgentContent(name=SECRET if actor.user.first_name == "Charlie" else "Mila"), live=True)
        return Tenant(actor.user, channels.create_widget(actor, agent.pk, name="Shop", origins=[ORIGIN]), str(uuid4()))


def talk(made: Tenant) -> Tenant:
    """A question that is being answered, and an earlier answer."""
    with scope(workspace=made.widget.workspace):
        widget = Channel.objects.select_related("agent", "workspace").get(pk=made.widget.pk)
        taken = visitors.say(widget, made.visitor, "c-1", SECRET, "127.0.0.1")
        texts = {"text": SECRET, "sources": [], "metadata": {}}
        made.run, made.answer = taken.run, save_answer(taken.turn.conversation, question=None, run_uuid=uuid4(), **texts)
    return made


@pytest.fixture
def ours(owner: Any) -> Tenant:
    """Alice's."""
    return tenant(owner)


@pytest.fixture
def theirs(stranger: Any) -> Tenant:
    """Charlie's."""
    return talk(tenant(stranger))


class Socket:
    """One socket, opened in this process."""

    def __init__(self, path: str, *, origin: str = ORIGIN, cookie: str = "", **query: str) -> None:
        headers = [(b"origin", origin.encode()), (b"host", b"desk.example"), (b"cookie", cookie.encode())]
        self.wire = WebsocketCommunicator(application(None), f"{path}?{urlencode(query)}", headers)
        self.heard: list[dict[str, Any]] = []

    async def until(self, kind: str) -> None:
        while not self.heard or self.heard[-1]["type"] != kind:
            self.heard.append(await self.wire.receive_json_from(timeout=10))

    async def say(self, kind: str, **fields: Any) -> None:
        """Send a frame, and hear what comes until the next answer to a ping."""
        await self.wire.send_json_to({"type": kind, **fields})
        await self.wire.send_json_to({"type": "ping"})
        await self.until("pong")


async def widget(ours: Tenant, theirs: Tenant) -> str:
    """Alice's key with the secret of Charlie's visitor, and all of his ids. Gives all that she heard."""
    query = {"visitor": theirs.visitor, "run": str(theirs.run.uuid), "after": "0"}
    socket = Socket("/ws/widget/", key=ours.widget.public_key, **query)
    assert (await socket.wire.connect())[0]
    await socket.until("ready")
    await socket.say("follow", run=str(theirs.run.uuid), after=0)
    await socket.say("stop", run=str(theirs.run.uuid))
    await socket.say("rate", message_id=str(theirs.answer.uuid), rating="down")
    layer = get_channel_layer()
    for group in (conversation_group(theirs.answer.conversation.uuid), studio_group(theirs.widget.workspace.uuid)):
        await layer.group_send(group, {"type": "conversation.event", "kind": "typing", "data": {"on": True}})
    await socket.say("ping")
    await socket.wire.disconnect()
    control = Socket("/ws/widget/", key=theirs.widget.public_key, **query)
    assert (await control.wire.connect())[0]
    await control.until("ready")
    assert SECRET in str(control.heard) and control.heard[0]["run"] == {"id": str(theirs.run.uuid)}, "this test shows nothing"
    await control.wire.disconnect()
    return str(socket.heard)


async def studio(ours: Tenant, theirs: Tenant) -> str:
    """Alice's session with the ids of Charlie's conversation and run, and his workspace. Gives all that she heard."""
    conversation, run = str(theirs.answer.conversation.uuid), str(theirs.run.uuid)
    own = {"origin": "http://desk.example", "cookie": await in_thread(cookie_of, ours.user)}
    workspace = str(theirs.widget.workspace.uuid)
    refused = Socket("/ws/studio/", workspace=workspace, **own)
    assert (await refused.wire.connect())[0]
    assert (await refused.wire.receive_output(timeout=10))["code"] == 4403
    socket = Socket("/ws/studio/", workspace=str(ours.widget.workspace.uuid), **own)
    assert (await socket.wire.connect())[0]
    await socket.until("ready")
    await socket.say("open", conversation=conversation, run=run, after=0)
    await socket.say("follow", run=run, after=0)
    await socket.say("here", state="writing", to_customer=True)
    layer = get_channel_layer()
    for group in (studio_group(theirs.widget.workspace.uuid), desk_group(theirs.answer.conversation.uuid)):
        await layer.group_send(group, {"type": "studio.event", "kind": "typing", "data": {"message": str(theirs.answer.uuid)}})
    await socket.say("ping")
    await socket.wire.disconnect()
    his = {"origin": "http://desk.example", "cookie": await in_thread(cookie_of, theirs.user)}
    control = Socket("/ws/studio/", workspace=workspace, **his)
    assert (await control.wire.connect())[0]
    await control.wire.send_json_to({"type": "open", "conversation": conversation})
    await control.until("opened")
    assert control.heard[-1]["run"] == run, "this test shows nothing"
    await control.wire.disconnect()
    return str(socket.heard)


async def nowhere(ours: Tenant, theirs: Tenant) -> str:
    """An address where there is no socket."""
    socket = Socket(f"/ws/conversations/{theirs.answer.conversation.uuid}/", key=ours.widget.public_key, visitor=theirs.visitor)
    assert (await socket.wire.connect())[0]
    return str(await socket.wire.receive_output(timeout=10))


# By route. A probe tries everything that a client may send there, and gives all that Alice heard.
PROBES: dict[str, Callable[[Tenant, Tenant], Awaitable[str]]] = {
    "ws/widget/": widget,
    "ws/studio/": studio,
    "<path:address>": nowhere,
}


def test_every_socket_has_a_probe() -> None:
    assert {str(route.pattern) for route in websocket_urlpatterns} == set(PROBES), "write a probe for the new socket"


@pytest.mark.parametrize("route", PROBES)
async def test_alice_sees_changes_and_stops_nothing_of_charlies(route, ours, theirs) -> None:
    heard = await PROBES[route](ours, theirs)
    ids = [theirs.run.uuid, theirs.answer.uuid, theirs.answer.conversation.uuid, theirs.widget.uuid, theirs.widget.public_key]
    assert not [secret for secret in [SECRET, *map(str, ids)] if secret in heard], heard
    assert "typing" not in heard
    run = await in_thread(Run._base_manager.get, pk=theirs.run.pk)
    assert (run.state, run.cancel_requested) == (Run.State.QUEUED, False)
    assert (await in_thread(Message._base_manager.get, pk=theirs.answer.pk)).rating == ""
