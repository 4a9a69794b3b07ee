"""What providers that speak HTTP share, and the server their tests talk to."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import numpy as np
import pytest

from frontdesk.sdk.errors import (
    ProviderAuthError,
    ProviderQuotaError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderUnavailable,
)
from frontdesk.sdk.testing.vendor_server import Reply, VendorServer, split_events
from frontdesk.sdk.vectors import unit_rows
from frontdesk.sdk.vendor import error_for_status, plain_http, retry_after


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ProviderRejected),
        (401, ProviderAuthError),
        (402, ProviderQuotaError),
        (403, ProviderAuthError),
        (404, ProviderRejected),
        (408, ProviderUnavailable),
        (413, ProviderRejected),
        (422, ProviderRejected),
        (429, ProviderRateLimited),
        (500, ProviderUnavailable),
        (529, ProviderUnavailable),
    ],
)
def test_a_status_stands_for_an_error(status, kind) -> None:
    assert type(error_for_status("Acme", status)) is kind


def test_a_cause_is_one_short_sentence() -> None:
    assert error_for_status("Acme", 401).cause == "Acme refused the key (401)."
    assert error_for_status("Acme", 500, "Oh no.\n  Sorry. ").cause == "Acme is not available (500): Oh no. Sorry."
    assert len(error_for_status("Acme", 400, "x" * 5000).cause) < 400
    assert error_for_status("Acme", 429, kind=ProviderQuotaError).cause == "Acme says the account has no credit left (429)."


def test_retry_after_in_every_form() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    assert retry_after({"retry-after": "7"}) == 7
    assert retry_after({"retry-after": "7", "retry-after-ms": "1500"}) == 1.5
    assert retry_after({"retry-after": later}) == pytest.approx(30, abs=5)
    assert retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0
    assert retry_after({"retry-after": "soon"}) is None
    assert retry_after({}) is None


def test_rows_become_unit_vectors() -> None:
    np.testing.assert_allclose(unit_rows([[3, 4], [0, 0]]), [[0.6, 0.8], [0, 0]], atol=1e-7)
    assert unit_rows([[1, 2]]).dtype == np.float32
    assert unit_rows([]).shape == (0, 0)


async def test_the_vendor_plays_replies_and_keeps_requests() -> None:
    async with VendorServer() as vendor, plain_http(timeout=5) as client:
        vendor.play(Reply.of({"n": 1}, status=201, headers={"x-a": "b"}), lambda request: Reply.of(request.json()))
        first = await client.get(f"{vendor.url}/v1/things", params={"page": "2"})
        second = await client.post(f"{vendor.url}/echo", json=["é"])
    assert (first.status_code, first.headers["x-a"], first.json()) == (201, "b", {"n": 1})
    assert second.json() == ["é"]
    assert (vendor.requests[0].method, vendor.requests[0].path, vendor.requests[0].query) == ("GET", "/v1/things", {"page": "2"})
    assert vendor.requests[1].headers["content-type"] == "application/json"
    assert vendor.connections == 1


async def test_the_vendor_can_break_off_and_keep_silent() -> None:
    async with VendorServer() as vendor, plain_http(timeout=5) as client:
        vendor.play(Reply((b"one", b"two")).first(1, ending="cut"))
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get(vendor.url)
        vendor.play(Reply((b"one",), ending="hang"))
        async with client.stream("GET", vendor.url) as response:
            assert await anext(response.aiter_bytes()) == b"one"
        await asyncio.wait_for(vendor.client_left.wait(), 5)


async def test_a_request_that_was_not_prepared_fails_the_test() -> None:
    with pytest.raises(AssertionError, match="GET /surprise"):
        async with VendorServer() as vendor, plain_http(timeout=5) as client:
            assert (await client.get(f"{vendor.url}/surprise")).status_code == 599


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n"])
def test_a_recording_is_sent_event_by_event(end) -> None:
    assert split_events(b"data: 1" + end + b"data: 2" + end) == (b"data: 1" + end, b"data: 2" + end)
