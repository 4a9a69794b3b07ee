"""“Listen” under an answer: there where a plugin speaks and a member may, and it really speaks."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any
from uuid import uuid4

import pytest
from django.test import AsyncClient, Client

from frontdesk.billing.models import UsageRecord
from frontdesk.conversations import actions as conversations
from frontdesk.core.scoping import scope, unscoped
from frontdesk.core.threads import in_thread
from frontdesk.plugins import actions as plugins
from frontdesk.sdk.testing.scripted import Say

from .conftest import BACKEND, HTMX
from .test_playground import Playground

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def play(alice: Any, agent: Any) -> Playground:
    client = AsyncClient()
    client.force_login(alice, BACKEND)
    return Playground(client, agent)


def turn_off(owner: Any) -> None:
    with scope(workspace=owner.workspace):
        plugins.turn_off(owner, "offline_speech")


def spoken() -> list[tuple[str, str]]:
    with unscoped():
        return list(UsageRecord.objects.filter(purpose="speak").values_list("provider", "model"))


async def test_an_answer_is_read_out(play, scripted) -> None:
    scripted.play(Say("**Nous** sommes ouverts le matin, et nous fermons à six heures [1]."))
    run = await play.run()
    await play.watch(run)
    listen = f"/studio/listen/{run.uuid}/"
    assert f'hx-get="{listen}"' in await play.bubble(run)
    player = (await play.client.get(listen, headers=HTMX)).content.decode()
    assert f'src="{listen}audio/"' in player
    assert await in_thread(spoken) == [], "Nothing is made before somebody listens."
    response = await play.client.get(f"{listen}audio/")
    assert response["Content-Type"] == "audio/mpeg"
    async with aclosing(aiter(response.streaming_content)) as pieces:
        assert (b"".join([piece async for piece in pieces]))[:1] == b"\xff"
    assert await in_thread(spoken) == [("offline_speech", "fr")]


async def test_there_is_no_button_where_nothing_speaks(play, scripted, owner) -> None:
    await in_thread(turn_off, owner)
    scripted.play(Say("Hello."))
    run = await play.run()
    await play.watch(run)
    assert "/studio/listen/" not in await play.bubble(run)
    for path in ("", "audio/"):
        response = await play.client.get(f"/studio/listen/{run.uuid}/{path}", headers=HTMX)
        assert (response.status_code, "No plugin for speech is on" in response.headers["HX-Trigger"]) == (409, True)


@pytest.fixture
def stranger(charlie: Any, other_workspace: Any) -> AsyncClient:
    client = AsyncClient()
    client.force_login(charlie, BACKEND)
    return client


async def test_an_answer_that_is_not_there_cannot_be_heard(play, stranger, scripted) -> None:
    scripted.play(Say("Our secret."))
    run = await play.run()
    await play.watch(run)
    for path in ("", "audio/"):
        assert (await stranger.get(f"/studio/listen/{run.uuid}/{path}")).status_code == 404
        assert (await play.client.get(f"/studio/listen/{uuid4()}/{path}")).status_code == 404
        assert (await AsyncClient().get(f"/studio/listen/{run.uuid}/{path}")).status_code == 302


@pytest.fixture
def talk(agent: Any) -> Any:
    with scope(workspace=agent.workspace):
        turn = conversations.receive(agent.workspace, agent.pk, conversations.Inbound("Open?", "widget", "N"))
        conversations.save_answer(
            turn.conversation, question=turn.message, run_uuid=uuid4(), text="Yes.", sources=[], metadata={}
        )
        return turn.conversation


def test_answers_in_conversations_have_it_questions_have_not(studio: Client, member: Any, talk: Any) -> None:
    page = f"/studio/conversations/{talk.uuid}/"
    assert studio.get(page).content.decode().count("/studio/listen/") == 1
    assert "/studio/listen/" not in member("viewer").get(page).content.decode()
