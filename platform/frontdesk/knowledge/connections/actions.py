"""Every change to connected places: permission → transaction → event → audit. Secrets go in and never come out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from frontdesk.core import jobs as core_jobs
from frontdesk.core.errors import Invalid
from frontdesk.core.events import emit
from frontdesk.core.jobs import enqueue
from frontdesk.plugins import config
from frontdesk.plugins.errors import PluginFailed
from frontdesk.plugins.offers import Offer
from frontdesk.sdk.errors import NothingNew, PluginError
from frontdesk.workspaces import audit
from frontdesk.workspaces.permissions import Actor, require

from ..actions import SHORTEST_INTERVAL, lock_base
from ..models import KnowledgeBase, SourceConnection
from . import jobs, loaders
from .errors import AlreadyAtRest, CannotLook, ConnectionNotFound, TooManyPlaces
from .items import Item, kept

MOST_PLACES = 50
LONGEST_INTERVAL = timedelta(days=365)
SHOWN = 5
LOOK_SECONDS = 30.0


def preview(
    actor: Actor, loader: str, values: Mapping[str, Any], *, connection: SourceConnection | None = None
) -> Sequence[Item]:
    """The first few things that a loader finds with these settings, before they are saved. Learns nothing.

    Raises UnknownLoader, Invalid with one entry a field, CannotLook with the place's own reason.
    """
    require(actor, "edit_knowledge")
    offer = loaders.chosen(actor.workspace, loader)
    settings, secrets = config.split(
        offer.item.config_model,
        values,
        kept=connection.secrets if connection else {},
        before=connection.settings if connection else None,
    )
    filled = offer.item.config_model.model_validate({**settings, **secrets})
    try:
        return asyncio.run(_look(actor, offer, loaders.handed(actor.workspace, offer, filled)))
    except NothingNew:
        return ()
    except TimeoutError as error:
        raise CannotLook(_("Nothing came within %(n)s seconds.") % {"n": int(LOOK_SECONDS)}) from error
    except (PluginError, PluginFailed) as error:
        raise CannotLook(str(getattr(error, "message", error))[:300]) from error


async def _look(actor: Actor, offer: Offer, context: Any) -> Sequence[Item]:
    async with asyncio.timeout(LOOK_SECONDS):
        return [kept(item) for item in await loaders.first(actor.workspace, offer, context, SHOWN)]


@transaction.atomic
def connect(
    actor: Actor,
    base: KnowledgeBase,
    loader: str,
    values: Mapping[str, Any],
    *,
    name: str = "",
    interval: timedelta | None = None,
    forgets: bool | None = None,
) -> SourceConnection:
    """Connect a place and look there at once. `forgets` is as the loader advises when it is None.

    Raises UnknownLoader, TooManyPlaces, Invalid with one entry a field.
    """
    require(actor, "edit_knowledge")
    offer = loaders.chosen(actor.workspace, loader)
    current = lock_base(base)
    if SourceConnection.objects.filter(base=current, leaving=False).count() >= MOST_PLACES:
        raise TooManyPlaces
    row = SourceConnection(workspace=actor.workspace, base=current, loader=loader, interval=_interval(interval))
    row.name = _name(name) or str(offer.item.label)[:120]
    row.settings, row.secrets = config.split(offer.item.config_model, values, kept={})
    row.forgets = bool(offer.item.lists_all) if forgets is None else forgets
    row.save()
    jobs.start(row)
    _done(actor, "connection.added", row)
    return row


@transaction.atomic
def change(
    actor: Actor, connection: SourceConnection, values: Mapping[str, Any] | None = None, **fields: Any
) -> SourceConnection:
    """Change its settings, or its `name`, `interval` or `forgets`. A secret that is left empty stays.

    With other settings the whole place is looked at again. Raises as `connect`.
    """
    require(actor, "edit_knowledge")
    row = _locked(connection)
    if "name" in fields:
        row.name = _name(fields["name"]) or row.name
    if "interval" in fields:
        row.interval = _interval(fields["interval"])
    row.forgets = bool(fields.get("forgets", row.forgets))
    if values is not None:
        offer = loaders.chosen(actor.workspace, row.loader)
        before = (row.settings, row.secrets)
        row.settings, row.secrets = config.split(offer.item.config_model, values, kept=row.secrets, before=row.settings)
        if before != (row.settings, row.secrets):
            _begin_anew(row)
    row.save()
    _done(actor, "connection.changed", row)
    return row


@transaction.atomic
def refresh(actor: Actor, connection: SourceConnection) -> SourceConnection:
    """Look there now. Raises LoaderGone, LoaderOff."""
    require(actor, "edit_knowledge")
    row = _locked(connection)
    loaders.offer_of(row)
    jobs.start(row)
    _done(actor, "connection.looked", row)
    return row


@transaction.atomic
def stop(actor: Actor, connection: SourceConnection) -> SourceConnection:
    """Stop looking; what was found so far is learned. Raises AlreadyAtRest."""
    require(actor, "edit_knowledge")
    row = _locked(connection)
    if row.job is None or row.job.state not in jobs.UNFINISHED:
        raise AlreadyAtRest
    core_jobs.cancel(row.job)
    _done(actor, "connection.stopped", row)
    return row


@transaction.atomic
def disconnect(actor: Actor, connection: SourceConnection, *, keep: bool) -> None:
    """Settings and secrets go. What was learned stays as ordinary sources, or is deleted and can be brought back for 30 days."""
    require(actor, "edit_knowledge")
    row = _locked(connection)
    if row.job is not None:
        core_jobs.cancel(row.job)
    row.leaving = True
    row.save(update_fields=["leaving", "updated_at"])
    enqueue("knowledge.disconnect", workspace=row.workspace, key=str(row.pk), connection_id=row.pk, keep=keep)
    _done(actor, "connection.removed", row, kept=keep)


def _locked(connection: SourceConnection) -> SourceConnection:
    rows = SourceConnection.objects.select_for_update(of=("self",)).select_related("base", "workspace", "job")
    found = rows.filter(pk=connection.pk, leaving=False, base__deleted_at=None).first()
    if found is None:
        raise ConnectionNotFound
    return found


def _begin_anew(row: SourceConnection) -> None:
    """A run with the old settings is stopped; the sweep starts the next one when it is over."""
    row.remembers = False
    if row.job is not None and row.job.state in jobs.UNFINISHED:
        core_jobs.cancel(row.job)
        row.tried_at = None
    else:
        jobs.start(row)


def _name(name: str) -> str:
    return " ".join(name.replace("\x00", "").split())[:120]


def _interval(interval: timedelta | None) -> timedelta | None:
    if interval is not None and not SHORTEST_INTERVAL <= interval <= LONGEST_INTERVAL:
        raise Invalid.field("interval", _("A place can be looked at every five minutes at most, and once a year at least."))
    return interval


def _done(actor: Actor, verb: str, row: SourceConnection, **data: Any) -> None:
    audit.record(actor, verb, row, **data)
    emit(actor.workspace.uuid, "base.changed", base=str(row.base.uuid))
