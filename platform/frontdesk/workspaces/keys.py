"""API keys: found by digest, and good only from places on their allow-list.

An allow-list entry is a host ("shop.example.com", "*.example.com", "localhost:3000") or an IP address or network
("203.0.113.7", "10.0.0.0/8"). A host is compared with the Origin, the Referer and the Host of a request, an address with the
client's address only: a caller writes its own headers, but not where its packets come from.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from frontdesk.core import crypto
from frontdesk.core.errors import Invalid
from frontdesk.core.scoping import unscoped

from .errors import KeyRefused, PlaceRefused
from .models import ApiKey

PREFIX = "fd"
USED_EVERY = timedelta(minutes=1)
MOST_ENTRIES, LONGEST_HOST = 100, 260
_HOST = re.compile(r"^(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:\d{1,5})?$")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request comes from. Hosts are "name" or "name:port", lower case; empty when unknown."""

    origin: str = ""
    referer: str = ""
    host: str = ""
    ip: str = ""

    @classmethod
    def of(cls, *, origin: str = "", referer: str = "", host: str = "", ip: str = "") -> Place:
        """From header values as they came, and the client's address."""
        return cls(_host_of(origin), _host_of(referer), host.lower(), ip)

    def hosts(self) -> list[str]:
        return [host for host in (self.origin, self.referer, self.host) if host]

    def __str__(self) -> str:
        return ", ".join(dict.fromkeys([*self.hosts(), *([self.ip] if self.ip else [])])) or "?"


def read_allow_list(entries: Iterable[str]) -> list[str]:
    """Entries as they are stored: lower case, without scheme or path. Raises Invalid for one that is neither host nor address."""
    entries = list(entries)
    if len(entries) > MOST_ENTRIES:
        raise Invalid.field("allow_list", _("List at most %(count)s places.") % {"count": MOST_ENTRIES})
    return list(dict.fromkeys(_read_entry(entry) for entry in entries))


def allowed(allow_list: Iterable[str], place: Place) -> bool:
    """Whether at least one entry matches."""
    return any(_matches(entry, place) for entry in allow_list)


def authenticate(raw: str, place: Place) -> ApiKey:
    """The key with its workspace. Raises KeyRefused for a bad key and PlaceRefused for a good one from elsewhere."""
    with unscoped():
        key = ApiKey.objects.select_related("workspace").filter(digest=crypto.digest(raw)).first()
        now = timezone.now()
        if key is None or key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
            raise KeyRefused
        if not allowed(key.allow_list, place):
            raise PlaceRefused(
                _("This API key may not be used from here (%(place)s). Add the host or address to its allow-list.")
                % {"place": place}
            )
        if key.last_used_at is None or key.last_used_at < now - USED_EVERY:
            stale = Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - USED_EVERY)
            ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
        return key


def _read_entry(entry: str) -> str:
    text = entry.strip().lower()
    text = _host_of(text) if "://" in text else text
    network = _network(text)
    if network is not None:
        return str(network.network_address) if network.num_addresses == 1 else str(network)
    try:
        text = text.encode("idna").decode() if not text.isascii() else text
    except UnicodeError:
        text = ""
    if len(text) > LONGEST_HOST or not _HOST.match(text):
        message = _("“%(entry)s” is neither a host such as shop.example.com nor an address such as 203.0.113.0/24.")
        raise Invalid.field("allow_list", message % {"entry": entry[:LONGEST_HOST]})
    return text


def _matches(entry: str, place: Place) -> bool:
    if _network(entry) is not None:
        return _in_networks(place.ip, [entry])
    return any(_host_matches(entry, host) for host in place.hosts())


def _host_matches(entry: str, host: str) -> bool:
    if not re.search(r":\d+$", entry):
        host = re.sub(r":\d+$", "", host)
    return host.endswith(entry[1:]) if entry.startswith("*.") else host == entry


def _host_of(url: str) -> str:
    """ "https://Shop.example.com:8443/page" → "shop.example.com:8443"; "" for what is no address."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _in_networks(address: str, networks: Iterable[str]) -> bool:
    try:
        ip = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return False
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return any((network := _network(entry)) is not None and ip in network for entry in networks)
