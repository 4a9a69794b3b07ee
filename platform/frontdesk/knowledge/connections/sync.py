"""Bringing a base up to date with a place: what is new is learned, what changed is learned again, what vanished goes.

Each item is taken in a transaction of its own as it comes, so stopping or a killed worker loses nothing and doing it twice
changes nothing. What vanished is deleted as an owner would delete it, so it can be brought back; only after a listing that
was whole, never after one that failed, was stopped, reached a limit or was empty.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from django.db import transaction
from django.utils import timezone, translation

from frontdesk.core.errors import FrontdeskError
from frontdesk.core.events import emit
from frontdesk.core.jobs import JobCancelled, JobFailed, Work
from frontdesk.core.models import Job
from frontdesk.sdk.errors import NothingNew, PluginError
from frontdesk.workspaces import audit
from frontdesk.workspaces.permissions import Actor

from .. import deletion, jobs
from ..actions import check_room, learn_again
from ..models import Source, SourceConnection
from . import loaders, problems
from .errors import ListedNothing, PlaceTooLarge, PlaceTooSlow
from .items import Item, kept

logger = logging.getLogger(__name__)
MOST_ITEMS = 5_000
MOST_CHARACTERS = 200_000_000
MOST_SECONDS = 3600.0
LOOK_SECONDS = 0.5


@dataclass
class Result:
    """What came of a run. `skipped` had no text or too much of it."""

    found: int = 0
    added: int = 0
    changed: int = 0
    removed: int = 0
    skipped: int = 0


def run(work: Work, connection: SourceConnection) -> None:
    """Ends with the place refreshed, or raises JobCancelled or JobFailed with the reason kept. `connection` has its base and
    workspace."""
    with translation.override(connection.workspace.language):
        try:
            result = _Sync(work, connection).result()
        except JobCancelled:
            if Job.objects.filter(pk=work.row.pk, cancel_requested=True).exists():
                _note(connection, problems.STOPPED, {})
            raise
        except Exception as error:
            meant = isinstance(error, FrontdeskError | PluginError)
            if not meant and not work.last_attempt:
                raise
            if not meant:
                logger.exception("connection %s could not be refreshed", connection.pk)
            code, parameters = problems.problem_of(error)
            _note(connection, code, parameters)
            raise JobFailed(problems.in_words(code, parameters)) from error
    _note(connection, "", {}, remembers=True, refreshed_at=timezone.now(), **({"result": asdict(result)} if result else {}))
    if result and (result.added or result.changed or result.removed):
        audit.record(_actor(connection), "connection.refreshed", connection, **asdict(result))


def _note(connection: SourceConnection, code: str, parameters: dict[str, str], **values: object) -> None:
    """Without `remembers=True` the loader is asked for everything next time."""
    kept = SourceConnection.objects.filter(pk=connection.pk)
    values = {"remembers": False, **values}
    kept.update(problem_code=code, problem_parameters=parameters, updated_at=timezone.now(), **values)
    emit(connection.workspace.uuid, "base.changed", base=str(connection.base.uuid))


def _actor(connection: SourceConnection) -> Actor:
    return Actor.system(connection.workspace, connection.name)


class _Sync:
    """One run."""

    def __init__(self, work: Work, connection: SourceConnection) -> None:
        self.work, self.connection = work, connection
        self.actor = _actor(connection)
        self.done = Result()
        self.seen: set[str] = set()
        # What need not be looked at again: most of a place is as it was.
        live = Source.objects.filter(connection=connection, deleted_at=None)
        self.known = dict(live.values_list("external_id", "version"))
        self.characters = 0
        self.began = self.looked = time.monotonic()

    def result(self) -> Result | None:
        """None when the loader says that nothing is new."""
        offer = loaders.offer_of(self.connection)
        settings = loaders.settings_of(offer, self.connection)
        context = loaders.handed(self.connection.workspace, offer, settings, self.connection)
        if not self.connection.remembers:
            asyncio.run(loaders.forget(context.storage))
        self.work.progress(0, 0, "looking")
        try:
            for given in loaders.listed(self.connection.workspace, offer, context, self._look):
                self._take(kept(given))
                self._look()
        except NothingNew as error:
            if self.connection.remembers and not self.seen:
                return None
            raise ListedNothing from error
        loaders.offer_of(self.connection)
        self.work.progress(self.done.found, self.done.found, "looking")
        if self.connection.forgets:
            self._remove_vanished()
        return self.done

    def _look(self) -> None:
        """Stopped, turned off, or too slow? Asked a few times a second."""
        if time.monotonic() - self.looked < LOOK_SECONDS:
            return
        self.looked = time.monotonic()
        self.work.progress(self.done.found, 0, "looking")
        loaders.offer_of(self.connection)
        if self.looked - self.began > MOST_SECONDS:
            raise PlaceTooSlow

    def _take(self, item: Item) -> None:
        if item.id in self.seen:
            return
        self.seen.add(item.id)
        self.done.found += 1
        self.characters += len(item.text)
        if self.done.found > MOST_ITEMS or self.characters > MOST_CHARACTERS:
            raise PlaceTooLarge
        if not item.learnable:
            self.done.skipped += 1
            return
        if self.known.get(item.id) == item.version:
            return
        with transaction.atomic():
            current = _locked(self.connection)
            found = Source.objects.select_for_update(of=("self",)).select_related("base", "workspace", "job")
            source = found.filter(connection=current, external_id=item.id, removing=False).first()
            if source is None:
                self._add(current, item)
            elif source.deleted_at is None or not source.version:
                self._update(source, item)

    def _add(self, connection: SourceConnection, item: Item) -> None:
        if item.id in connection.left_out:
            return
        check_room(connection.base)
        source = Source(
            workspace=connection.workspace,
            base=connection.base,
            kind=Source.Kind.EXTERNAL,
            connection=connection,
            external_id=item.id,
        )
        _fill(source, item)
        source.save()
        jobs.start_learning(source)
        self.done.added += 1

    def _update(self, source: Source, item: Item) -> None:
        """What went and came back is brought back under its old id."""
        if source.deleted_at is not None:
            source = deletion.bring_back_source(self.actor, source.uuid)
        if source.version == item.version:
            return
        same = source.body == item.text and source.media_type == item.media_type and source.name == item.name
        _fill(source, item)
        if same:
            source.save()
            return
        learn_again(source)
        self.done.changed += 1

    def _remove_vanished(self) -> None:
        """One that an owner brought back after it vanished has no version, and stays."""
        gone = Source.objects.filter(connection=self.connection, deleted_at=None).exclude(version="")
        vanished = [pk for pk, id_ in gone.values_list("pk", "external_id") if id_ not in self.seen]
        if vanished and not self.seen:
            raise ListedNothing
        for pk in vanished:
            self.work.checkpoint()
            with transaction.atomic():
                _locked(self.connection)
                source = Source.objects.select_related("base", "workspace").filter(pk=pk, deleted_at=None).first()
                if source is not None:
                    deletion.delete_source(self.actor, source)
                    Source.objects.filter(pk=pk).update(version="")
                    self.done.removed += 1


def _locked(connection: SourceConnection) -> SourceConnection:
    """Raises JobCancelled when it was disconnected or its base deleted meanwhile."""
    rows = SourceConnection.objects.select_for_update(of=("self",)).select_related("base", "workspace")
    current = rows.filter(pk=connection.pk, leaving=False, base__deleted_at=None).first()
    if current is None:
        raise JobCancelled
    return current


def _fill(source: Source, item: Item) -> None:
    source.name, source.body, source.url = item.name, item.text, item.url
    source.media_type, source.version = item.media_type, item.version
    source.size = len(item.text.encode())


def leave(connection: SourceConnection, *, keep: bool, checkpoint: Callable[[], None]) -> None:
    """Disconnect for good. What was learned stays as ordinary sources, or is deleted and can be brought back."""
    while not keep:
        source = Source.objects.select_related("base", "workspace").filter(connection=connection, deleted_at=None).first()
        if source is None:
            break
        checkpoint()
        deletion.delete_source(_actor(connection), source)
    try:
        offer = loaders.offer_of(connection)
        storage = loaders.handed(connection.workspace, offer, loaders.settings_of(offer, connection), connection).storage
        asyncio.run(loaders.forget(storage))
    except FrontdeskError:
        logger.info("what the loader of connection %s remembers stays with its plugin", connection.pk)
    connection.delete()
