"""What becomes of the pages of a site when something is done with the link that they came by."""

from __future__ import annotations

from datetime import datetime

from frontdesk.workspaces.permissions import Actor

from .. import many
from ..models import Source


def delete_pages(actor: Actor, source: Source, moment: datetime) -> None:
    """They go with it, and come back with it: `moment` is when it was deleted. Called inside a transaction."""
    if source.site_sources.filter(deleted_at=None).exists():
        _number, when = many.delete(actor, source.base, Source.objects.filter(site=source))
        source.site_sources.filter(deleted_at=when).update(deleted_at=moment)


def bring_back_pages(actor: Actor, source: Source, moment: datetime) -> None:
    if source.site_sources.filter(deleted_at=moment).exists():
        many.bring_back(actor, source.base, moment, site=source)


def delete_former_pages(actor: Actor, source: Source) -> None:
    """It leads to another site now, or is one page again, so that nothing is known of the site that they were found on."""
    former = Source.objects.filter(site=source, site_page=None, deleted_at=None)
    if former.exists():
        many.delete(actor, source.base, former)
