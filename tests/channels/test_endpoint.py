"""The address that vendors post to, as a server answers it: many at once, and whatever else comes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.db import DatabaseError

from frontdesk.channels import actions, intake
from frontdesk.channels.models import Arrival, Channel
from frontdesk.config.asgi import application
from frontdesk.core.models import Job
from frontdesk.core.scoping import unscoped
from tests.channels.place import SECRET, message, signed

pytestmark = pytest.mark.django_db(transaction=True)
OTHER_SECRET = "another secret of theirs"


@pytest_asyncio.fixture
async def vendor() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


async def _post(vendor: httpx.AsyncClient, address: str, text: str, number: int, secret: str = SECRET) -> httpx.Response:
    body, headers = signed(message(text, number, sender=f"c-{number}"), request_id=f"r-{number}", secret=secret)
    return await vendor.post(address, content=body, headers=headers)


@sync_to_async
def _kept() -> tuple[int, int]:
    with unscoped():
        return Arrival.objects.count(), Job.objects.filter(kind="channels.receive").count()


async def test_one_request_a_hundred_times_at_once_is_kept_once(vendor: httpx.AsyncClient, address: str) -> None:
    answers = await asyncio.gather(*(_post(vendor, address, "Hello", 1) for _ in range(100)))
    assert {answer.status_code for answer in answers} == {200}
    assert await _kept() == (1, 1)


async def test_what_comes_at_once_is_kept_and_what_is_forged_is_not(
    vendor: httpx.AsyncClient, address: str, channel: Channel
) -> None:
    posts = [_post(vendor, address, "Hello", number, SECRET if number % 3 else OTHER_SECRET) for number in range(30)]
    answers = await asyncio.gather(*posts, _post(vendor, "/hooks/hook_" + "a" * 43, "Hello", 99))
    assert [answer.status_code for answer in answers] == [200 if number % 3 else 401 for number in range(30)] + [404]
    assert answers[0].json()["code"] == "SIGNATURE_REFUSED"
    assert await _kept() == (20, 20)
    with unscoped():
        await channel.arefresh_from_db()
    assert channel.refused == 10


async def test_a_channel_that_is_off_asks_to_come_again(
    vendor: httpx.AsyncClient, address: str, channel: Channel, owner: Any
) -> None:
    await sync_to_async(actions.set_enabled)(owner, channel, enabled=False)
    answer = await _post(vendor, address, "Hello", 1)
    assert (answer.status_code, answer.headers["retry-after"], answer.json()["code"]) == (503, "300", "CHANNEL_RESTING")
    assert await _kept() == (0, 0)


async def test_a_body_without_an_end_is_cut_off(vendor: httpx.AsyncClient, address: str) -> None:
    given = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal given
        while given < 10 * intake.MOST_BYTES:
            given += 2**16
            yield b"x" * 2**16

    answer = await vendor.post(address, content=endless())
    assert (answer.status_code, answer.json()["code"]) == (413, "REQUEST_TOO_LARGE")
    assert given <= intake.MOST_BYTES + 2**17


async def test_without_the_database_it_is_to_be_sent_again(
    vendor: httpx.AsyncClient, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any) -> None:
        raise DatabaseError("the server closed the connection")

    with monkeypatch.context() as patch:
        patch.setattr(intake, "_write", away)
        answer = await _post(vendor, address, "Hello", 1)
    assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
    assert (await _post(vendor, address, "Hello", 1)).status_code == 200
    assert await _kept() == (1, 1)


async def test_another_method_is_refused(vendor: httpx.AsyncClient, address: str) -> None:
    for method in ("PUT", "OPTIONS", "HEAD"):
        answer = await vendor.request(method, address)
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
    assert (await vendor.put(address)).json()["code"] == "METHOD_NOT_ALLOWED"


async def test_what_the_database_does_not_take_in_an_address_holds_up_nobody(vendor: httpx.AsyncClient, address: str) -> None:
    answers = await asyncio.gather(
        _post(vendor, f"{address}?a%00=%00&b=%ed%a0%80", "Hello", 1), _post(vendor, address, "Hello", 2)
    )
    assert [answer.status_code for answer in answers] == [200, 200]
    assert await _kept() == (2, 2)


async def test_a_slash_at_the_end_does_not_matter(vendor: httpx.AsyncClient, address: str) -> None:
    assert (await _post(vendor, f"{address}/", "Hello", 1)).status_code == 200
