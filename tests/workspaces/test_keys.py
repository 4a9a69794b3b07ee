"""API keys: digests, allow-lists, expiry, and where a request really comes from."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from frontdesk.core.errors import Invalid
from frontdesk.core.scoping import scope
from frontdesk.workspaces import actions, keys
from frontdesk.workspaces.errors import KeyRefused, PlaceRefused
from frontdesk.workspaces.keys import Place
from frontdesk.workspaces.models import ApiKey

HERE = Place(ip="127.0.0.1", host="testserver")


@pytest.fixture
def key(owner, in_workspace) -> Any:
    return actions.create_api_key(owner, "Shop", ["127.0.0.1"])


def test_a_key_is_stored_as_a_digest(key) -> None:
    row, raw = key
    assert raw.startswith("fd_") and raw.startswith(row.prefix)
    assert raw not in str(ApiKey.objects.filter(pk=row.pk).values())
    assert keys.authenticate(raw, HERE) == row


def test_a_wrong_key_is_refused(key) -> None:
    with pytest.raises(KeyRefused):
        keys.authenticate(key[1] + "x", HERE)


def test_a_revoked_key_is_refused(key, owner) -> None:
    actions.revoke_api_key(owner, key[0])
    with pytest.raises(KeyRefused):
        keys.authenticate(key[1], HERE)


def test_an_expired_key_is_refused(key) -> None:
    ApiKey.objects.filter(pk=key[0].pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(KeyRefused):
        keys.authenticate(key[1], HERE)


def test_use_is_noted_at_most_once_a_minute(key) -> None:
    row, raw = key
    keys.authenticate(raw, HERE)
    first = ApiKey.objects.get(pk=row.pk).last_used_at
    keys.authenticate(raw, HERE)
    assert ApiKey.objects.get(pk=row.pk).last_used_at == first
    ApiKey.objects.filter(pk=row.pk).update(last_used_at=first - timedelta(seconds=61))
    keys.authenticate(raw, HERE)
    assert ApiKey.objects.get(pk=row.pk).last_used_at >= first


def test_an_empty_allow_list_lets_nothing_through(owner, in_workspace) -> None:
    _row, raw = actions.create_api_key(owner, "Shop", [])
    with pytest.raises(PlaceRefused) as refused:
        keys.authenticate(raw, HERE)
    assert "127.0.0.1" in str(refused.value)


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        ("shop.example.com", Place.of(origin="https://shop.example.com")),
        ("shop.example.com", Place.of(origin="https://SHOP.example.com:8443")),
        ("shop.example.com", Place.of(referer="https://shop.example.com/page?x=1")),
        ("shop.example.com", Place.of(host="shop.example.com:8000")),
        ("localhost:3000", Place.of(origin="http://localhost:3000")),
        ("*.example.com", Place.of(origin="https://a.b.example.com")),
        ("203.0.113.7", Place.of(ip="203.0.113.7")),
        ("203.0.113.0/24", Place.of(ip="203.0.113.200")),
        ("203.0.113.0/24", Place.of(ip="::ffff:203.0.113.200")),
        ("2001:db8::/32", Place.of(ip="2001:db8::1")),
        ("https://Shop.Example.com/page", Place.of(host="shop.example.com")),
    ],
)
def test_places_that_match(entry, place) -> None:
    assert keys.allowed(keys.read_allow_list([entry]), place)


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        ("shop.example.com", Place.of(origin="https://evil.com/shop.example.com")),
        ("shop.example.com", Place.of(origin="https://shop.example.com@evil.com")),
        ("shop.example.com", Place.of(origin="https://xshop.example.com")),
        ("shop.example.com", Place.of(origin="https://shop.example.com.evil.com")),
        ("localhost:3000", Place.of(origin="http://localhost:4000")),
        ("*.example.com", Place.of(origin="https://example.com")),
        ("*.example.com", Place.of(origin="https://badexample.com")),
        ("203.0.113.0/24", Place.of(ip="203.0.114.1")),
        ("127.0.0.1", Place.of(host="127.0.0.1", ip="203.0.113.7")),
        ("127.0.0.1", Place.of(origin="http://127.0.0.1", ip="203.0.113.7")),
        ("shop.example.com", Place.of(origin="null", ip="")),
        ("shop.example.com", Place.of(origin="https://[broken", ip="nonsense")),
    ],
)
def test_places_that_do_not_match(entry, place) -> None:
    assert not keys.allowed(keys.read_allow_list([entry]), place)


@pytest.mark.parametrize("entry", ["", " ", "not a host", "http://", "*", "*.", "a..b", "-x.com", "1.2.3.4/99", "ex_ample.com"])
def test_entries_that_are_neither_host_nor_address(entry) -> None:
    with pytest.raises(Invalid) as refused:
        keys.read_allow_list([entry])
    assert refused.value.errors[0]["field"] == "allow_list"


def test_international_names_are_stored_as_the_wire_has_them() -> None:
    assert keys.read_allow_list(["bücher.example", "bücher.example"]) == ["xn--bcher-kva.example"]


def test_a_key_opens_its_own_workspace_only(key, workspace, stranger) -> None:
    with scope(workspace=stranger.workspace):
        assert keys.authenticate(key[1], HERE).workspace == workspace


@pytest.mark.parametrize("entries", [["a" * 261], ["a." * 200_000], ["a" * 500_000 + "!"], ["shop.example"] * 101])
def test_a_list_and_its_entries_have_a_length(entries) -> None:
    with pytest.raises(Invalid):
        keys.read_allow_list(entries)
