"""Every change to a webhook by its owner."""

from __future__ import annotations

import socket
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from frontdesk.core.errors import Invalid
from frontdesk.core.events import emit
from frontdesk.core.http import FetchRefused, check_url, is_public
from frontdesk.core.jobs import Job, enqueue
from frontdesk.workspaces import audit
from frontdesk.workspaces.permissions import Actor, require

from .errors import EndpointOff, TooManyEndpoints
from .jobs import KEEP, renew, ring
from .kinds import KINDS, TEST
from .models import Delivery, Endpoint, Event
from .signing import new_secret

MOST = 20
# Both secrets sign for so long after a new one was made.
BOTH_GOOD = timedelta(hours=24)


@transaction.atomic
def create_endpoint(actor: Actor, url: str, events: Sequence[str], *, description: str = "") -> tuple[Endpoint, str]:
    """A new webhook and its secret, which is shown this once."""
    require(actor, "manage_webhooks")
    if Endpoint.objects.filter(deleted_at=None).count() >= MOST:
        raise TooManyEndpoints
    secret = new_secret()
    endpoint = Endpoint.objects.create(
        workspace=actor.workspace,
        url=read_url(url),
        events=read_events(events),
        description=description.strip()[:200],
        secrets={"now": secret},
    )
    audit.record(actor, "webhook.created", endpoint, url=endpoint.url, events=endpoint.events)
    _tell(endpoint)
    return endpoint, secret


@transaction.atomic
def change_endpoint(actor: Actor, endpoint: Endpoint, **changes: Any) -> Endpoint:
    """Change `url`, `events`, `description` or `enabled`. Turned on again, it has a clean slate."""
    require(actor, "manage_webhooks")
    endpoint = Endpoint.objects.select_for_update(of=("self",)).select_related("workspace").get(pk=endpoint.pk)
    readers = {"url": read_url, "events": read_events, "description": lambda text: text.strip()[:200], "enabled": bool}
    for name, value in changes.items():
        setattr(endpoint, name, readers[name](value))
    if changes.get("enabled"):
        endpoint.failing_since, endpoint.problem = None, ""
    endpoint.save()
    audit.record(actor, "webhook.changed", endpoint, fields=sorted(changes))
    _tell(endpoint)
    return endpoint


@transaction.atomic
def renew_secret(actor: Actor, endpoint: Endpoint) -> str:
    """A new secret, shown this once. For a day both sign, so that no event is refused meanwhile."""
    require(actor, "manage_webhooks")
    endpoint = Endpoint.objects.select_for_update(of=("self",)).select_related("workspace").get(pk=endpoint.pk)
    secret, until = new_secret(), (timezone.now() + BOTH_GOOD).isoformat()
    endpoint.secrets = {"now": secret, "before": endpoint.secrets.get("now", ""), "until": until}
    endpoint.save(update_fields=["secrets", "updated_at"])
    audit.record(actor, "webhook.secret_renewed", endpoint)
    return secret


@transaction.atomic
def delete_endpoint(actor: Actor, endpoint: Endpoint) -> None:
    """Nothing is told any more. The row stays for a while: who is writing down an event just now may not lose it."""
    require(actor, "manage_webhooks")
    endpoint.enabled, endpoint.deleted_at = False, timezone.now()
    endpoint.save(update_fields=["enabled", "deleted_at", "updated_at"])
    audit.record(actor, "webhook.deleted", endpoint, url=endpoint.url)
    _tell(endpoint)


@transaction.atomic
def send_test(actor: Actor, endpoint: Endpoint) -> Delivery:
    """Post an event of the kind `webhook.test`, once, also to an endpoint that did not ask for it. Raises EndpointOff."""
    require(actor, "manage_webhooks")
    _check_on(endpoint)
    event = Event.objects.create(workspace=actor.workspace, kind=TEST, data={"message": _("This is a test. All is well.")})
    delivery = Delivery.objects.create(workspace=actor.workspace, endpoint=endpoint, event=event)
    ring(actor.workspace, delivery.pk)
    audit.record(actor, "webhook.tested", endpoint)
    return delivery


@transaction.atomic
def send_again(actor: Actor, delivery: Delivery) -> Delivery:
    """Post one event once more, whatever became of it. Raises EndpointOff."""
    require(actor, "manage_webhooks")
    _check_on(delivery.endpoint)
    renew(Delivery.objects.filter(pk=delivery.pk).exclude(state=Delivery.State.SENDING))
    ring(actor.workspace, delivery.pk)
    audit.record(actor, "webhook.sent_again", delivery.endpoint, event=str(delivery.event.uuid))
    delivery.refresh_from_db()
    return delivery


@transaction.atomic
def replay(actor: Actor, endpoint: Endpoint, since: datetime, *, failed_only: bool = True) -> Job:
    """Post again what happened since a moment: all of it, or what was not taken. Raises EndpointOff."""
    require(actor, "manage_webhooks")
    _check_on(endpoint)
    if timezone.is_naive(since):
        since = since.replace(tzinfo=ZoneInfo(actor.workspace.time_zone))
    if not timezone.now() - KEEP <= since <= timezone.now():
        raise Invalid.field("since", _("Choose a moment of the last 30 days: older events are not kept."))
    audit.record(actor, "webhook.replayed", endpoint, since=since.isoformat(), failed_only=failed_only)
    asked = {"endpoint_id": endpoint.pk, "since": since.isoformat(), "failed_only": failed_only}
    return enqueue("webhooks.replay", workspace=actor.workspace, key=str(endpoint.pk), **asked)


def read_url(text: str) -> str:
    """A public https address. Raises Invalid; where a name leads is looked at whenever something is posted."""
    url = text.strip()
    try:
        if " " in url or not url.isprintable():
            raise FetchRefused("no_address")
        check_url(url)
    except FetchRefused as refused:
        raise Invalid.field("url", refused.message) from refused
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if f"{parts.hostname}:{port}" in settings.WEBHOOK_ALLOWED_HOSTS:
        return url[:2000]
    if parts.scheme != "https":
        raise Invalid.field("url", _("Use an https address: what is sent is about your customers."))
    if _is_private(parts.hostname or ""):
        raise Invalid.field("url", _("This is an address inside a private network. Use a public web address."))
    if len(url) > 2000:
        raise Invalid.field("url", _("This address is too long."))
    return url


def _is_private(host: str) -> bool:
    """Also of an address in one of the forms that only resolvers know: 2130706433, 0x7f.1, 127.1, or in other digits."""
    host = unicodedata.normalize("NFKC", host).replace("\u3002", ".").rstrip(".")
    try:
        return not is_public(socket.inet_ntoa(socket.inet_aton(host)))
    except OSError:
        pass
    try:
        return not is_public(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def read_events(names: Sequence[str]) -> list[str]:
    """Known kinds, each once, in the order of the list; at least one."""
    unknown = [name for name in names if name not in KINDS]
    if unknown:
        raise Invalid.field("events", _("There is no event “%(name)s”.") % {"name": unknown[0]})
    if not names:
        raise Invalid.field("events", _("Choose at least one event."))
    return [name for name in KINDS if name in names]


def _check_on(endpoint: Endpoint) -> None:
    if not endpoint.enabled or endpoint.deleted_at:
        raise EndpointOff


def _tell(endpoint: Endpoint) -> None:
    emit(endpoint.workspace.uuid, "webhook.changed", endpoint=str(endpoint.uuid))
