"""What workers do for webhooks: find who is told, post, come again, and forget what is old."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import override

from frontdesk.core.bell import SWEEPS, hourly
from frontdesk.core.events import emit
from frontdesk.core.jobs import Again, Work, enqueue, job
from frontdesk.core.scoping import unscoped
from frontdesk.workspaces import audit
from frontdesk.workspaces import queries as workspaces
from frontdesk.workspaces.models import Role
from frontdesk.workspaces.permissions import Actor

from .kinds import TEST
from .models import Delivery, Endpoint, Event
from .sending import GONE, Attempt, attempt

MINUTE, HOUR = 60.0, 3600.0
# After the first attempt; about a day in all. Each is made up to a fifth longer or shorter.
PAUSES = (5.0, 30.0, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 8 * HOUR)
# An endpoint that has taken nothing for so long is turned off.
GIVE_UP = timedelta(days=3)
LEASE = timedelta(seconds=40)
# One slow receiver does not hold all workers.
MOST_AT_ONCE = 4
BUSY_SECONDS = 1.0
KEPT_ATTEMPTS = 20
KEEP = timedelta(days=30)


@job("webhooks.fan_out", lease=30)
def fan_out(work: Work, *, event_id: int) -> None:
    """One delivery for each endpoint that wants the event."""
    event = Event.objects.select_related("workspace").get(pk=event_id)
    with transaction.atomic():
        found = Endpoint.objects.filter(enabled=True, deleted_at=None, events__contains=[event.kind])
        rows = [Delivery(workspace=event.workspace, endpoint=endpoint, event=event) for endpoint in found]
        Delivery.objects.bulk_create(rows, ignore_conflicts=True)
        for pk in Delivery.objects.filter(event=event, state=Delivery.State.QUEUED).values_list("pk", flat=True):
            ring(event.workspace, pk)


def ring(workspace: Any, delivery_pk: int) -> None:
    """Have a worker post a delivery, at commit."""
    enqueue("webhooks.deliver", workspace=workspace, key=str(delivery_pk), delivery_id=delivery_pk)


@job("webhooks.deliver", lease=30)
def deliver(work: Work, *, delivery_id: int) -> None:
    """Raises Again until it is taken or given up."""
    delivery = _claim(delivery_id)
    if delivery is None:
        return
    with override(delivery.workspace.language):
        pause = _note(delivery, attempt(delivery.endpoint, delivery.event))
    if pause is not None:
        raise Again(pause)


def _claim(delivery_id: int) -> Delivery | None:
    """The delivery, now ours; None when there is nothing to post any more. Raises Again when it must wait."""
    now = timezone.now()
    with transaction.atomic():
        related = ("endpoint", "event__workspace", "workspace")
        rows = Delivery.objects.select_for_update(of=("self",)).select_related(*related)
        delivery = rows.filter(pk=delivery_id, state__in=Delivery.OPEN).first()
        if delivery is None:
            return None
        endpoint = delivery.endpoint
        if not endpoint.enabled or endpoint.deleted_at:
            _end(delivery, Delivery.State.FAILED, _("The webhook was turned off."))
            return None
        if delivery.state == Delivery.State.SENDING and delivery.lease_until and delivery.lease_until > now:
            raise Again(BUSY_SECONDS)
        if delivery.next_at and delivery.next_at > now:
            raise Again((delivery.next_at - now).total_seconds())
        if Delivery.objects.filter(endpoint=endpoint, state=Delivery.State.SENDING, lease_until__gt=now).count() >= MOST_AT_ONCE:
            raise Again(BUSY_SECONDS * random.uniform(0.5, 1.5))  # noqa: S311
        delivery.state, delivery.attempts, delivery.lease_until = Delivery.State.SENDING, delivery.attempts + 1, now + LEASE
        delivery.save(update_fields=["state", "attempts", "lease_until", "updated_at"])
        return delivery


@transaction.atomic
def _note(delivery: Delivery, made: Attempt) -> float | None:
    """Keep how an attempt went; gives after how many seconds to come again, if at all."""
    delivery.log = [*delivery.log, made.as_json()][-KEPT_ATTEMPTS:]
    delivery.status = made.status
    if not made.problem:
        _end(delivery, Delivery.State.DELIVERED, "")
        fresh = {"failing_since": None, "problem": "", "delivered_at": made.at}
        Endpoint.objects.filter(pk=delivery.endpoint_id).update(**fresh)
        return None
    gone = made.status == GONE
    given_up = _blame(delivery.endpoint, made, gone=gone)
    last = gone or given_up or delivery.attempts > len(PAUSES) or delivery.event.kind == TEST
    if last:
        _end(delivery, Delivery.State.FAILED, made.problem)
        return None
    pause = max(made.retry_after, PAUSES[delivery.attempts - 1] * random.uniform(0.8, 1.2))  # noqa: S311
    _end(delivery, Delivery.State.QUEUED, made.problem, next_at=timezone.now() + timedelta(seconds=pause))
    return pause


def _end(delivery: Delivery, state: str, problem: str, *, next_at: datetime | None = None) -> None:
    delivery.state, delivery.problem, delivery.next_at, delivery.lease_until = state, problem[:500], next_at, None
    delivery.save(update_fields=["state", "problem", "next_at", "lease_until", "log", "status", "updated_at"])
    emit(delivery.workspace.uuid, "webhook.changed", endpoint=str(delivery.endpoint.uuid))


def _blame(endpoint: Endpoint, made: Attempt, *, gone: bool) -> bool:
    """Note that an endpoint did not take something; turn it off when that has gone on for too long, or when it is gone."""
    locked = Endpoint.objects.select_for_update(of=("self",)).select_related("workspace").get(pk=endpoint.pk)
    locked.failing_since = locked.failing_since or made.at
    locked.problem = made.problem
    over = locked.enabled and (gone or timezone.now() - locked.failing_since > GIVE_UP)
    if over:
        locked.enabled = False
    locked.save(update_fields=["failing_since", "problem", "enabled", "updated_at"])
    if over:
        audit.record(Actor.system(locked.workspace), "webhook.gave_up", locked, problem=made.problem)
        emit(locked.workspace.uuid, "webhook.off", endpoint=str(locked.uuid), problem=made.problem)
        enqueue("webhooks.tell_owners", workspace=locked.workspace, key=str(locked.pk), endpoint_id=locked.pk)
    return over


@job("webhooks.tell_owners")
def tell_owners(work: Work, *, endpoint_id: int) -> None:
    """By e-mail, that Frontdesk has turned a webhook off."""
    endpoint = Endpoint.objects.select_related("workspace").get(pk=endpoint_id)
    owners = [member.user.email for member in workspaces.members().filter(role=Role.OWNER) if member.user.email]
    with override(endpoint.workspace.language):
        names = {"url": endpoint.url, "problem": endpoint.problem, "workspace": endpoint.workspace.name}
        subject = _("%(workspace)s: a webhook was turned off") % names
        said = _(
            "Frontdesk could not tell %(url)s what happens, and has stopped trying.\n\nThe last time: %(problem)s\n\n"
            "Repair it, turn the webhook on again under Settings → Webhooks, and have what it missed sent again there."
        )
    send_mail(" ".join(subject.split()), said % names, None, owners)


@job("webhooks.replay", lease=60)
def replay(work: Work, *, endpoint_id: int, since: str, failed_only: bool) -> int:
    """Send again what happened since a moment; gives how many events. An event keeps its id."""
    endpoint = Endpoint.objects.select_related("workspace").get(pk=endpoint_id)
    events = Event.objects.filter(created_at__gte=parse_datetime(since), kind__in=endpoint.events)
    taken = Delivery.objects.filter(endpoint=endpoint, state=Delivery.State.DELIVERED)
    if failed_only:
        events = events.exclude(pk__in=taken.values("event_id"))
    count, begin = 0, 0
    while ids := list(events.filter(pk__gt=begin).order_by("pk").values_list("pk", flat=True)[:200]):
        with transaction.atomic():
            new = [Delivery(workspace=endpoint.workspace, endpoint=endpoint, event_id=pk) for pk in ids]
            Delivery.objects.bulk_create(new, ignore_conflicts=True)
            rows = Delivery.objects.filter(endpoint=endpoint, event__in=ids).exclude(state=Delivery.State.SENDING)
            renew(rows)
            for pk in rows.values_list("pk", flat=True):
                ring(endpoint.workspace, pk)
        count, begin = count + len(ids), ids[-1]
        work.progress(count, count)
    return count


def renew(rows: Any) -> None:
    """Let these deliveries begin again; their log stays."""
    rows.update(state=Delivery.State.QUEUED, attempts=0, next_at=None, problem="", updated_at=timezone.now())


def forget_old() -> None:
    """Events and their log are kept for thirty days, and so are deleted endpoints."""
    before = timezone.now() - KEEP
    with unscoped():
        Event.objects.filter(created_at__lt=before).delete()
        Endpoint.objects.filter(deleted_at__lt=before).delete()


SWEEPS.append(hourly(forget_old))
