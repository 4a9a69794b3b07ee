"""What one network address may do, and what a frame may hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from frontdesk.channels.errors import UnknownKey
from frontdesk.channels.models import Channel
from frontdesk.conversations.models import Conversation
from frontdesk.core.errors import TooManyRequests
from frontdesk.surfaces.realtime import visitors
from tests.ground.live import Web

from .tab import ORIGIN

pytestmark = pytest.mark.django_db(transaction=True)
OpenTab = Callable[..., Any]


def test_making_up_visitors_does_not_help(widget: Channel, settings: Any) -> None:
    settings.WIDGET_MESSAGES_PER_MINUTE = 3
    widget = Channel.objects.select_related("agent", "workspace").get(pk=widget.pk)
    for number in range(3):
        visitors.say(widget, str(uuid4()), f"c-{number}", "Hello?", "203.0.113.7")
    with pytest.raises(TooManyRequests):
        visitors.say(widget, str(uuid4()), "c-4", "Hello?", "203.0.113.7")
    assert Conversation.objects.count() == 3
    visitors.say(widget, str(uuid4()), "c-5", "Hello?", "203.0.113.8")


def test_trying_keys_is_slowed_down(widget: Channel, settings: Any) -> None:
    settings.WIDGET_SOCKETS_PER_MINUTE = 3
    address = {"own_origin": "", "ip": "203.0.113.7"}
    for number in range(3):
        with pytest.raises(UnknownKey):
            visitors.enter(f"pk_{number}", ORIGIN, **address)
    with pytest.raises(TooManyRequests):
        visitors.enter(str(widget.public_key), ORIGIN, **address)


async def test_a_huge_frame_closes_the_socket(tab: OpenTab) -> None:
    page = await tab()
    await page.next("ready")
    await page.socket.send("x" * 1_000_000)
    assert await page.closed() == 4029


async def test_a_number_beyond_all_numbers_does_no_harm(tab: OpenTab) -> None:
    page = await tab(after=10**30)
    await page.next("ready")
    run = (await page.say("Thanks"))["run"]
    await page.ending()
    for after in (10**30, "9" * 50, 1e308, -(10**30), "²", None, [1]):
        await page.send("follow", run=run, after=after)
        await page.send("ping")
        await page.next("pong")
    await page.send("follow", run=run, after=0)
    await page.next("end")


async def test_a_visitors_secret_and_a_refused_one_are_not_logged(tab: OpenTab, live_web: Web) -> None:
    page = await tab()
    await page.say("Thanks")
    await page.ending()
    refused = await tab(key="pk_unknown", visitor=page.visitor)
    assert await refused.closed() == 4403
    assert page.visitor not in live_web.said()
