"""Articles of a help center as sources: put in when they are published, taken out when they are not any more.

`key` names an article for good, whatever becomes of its title and address.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from frontdesk.core.scoping import unscoped
from frontdesk.workspaces.models import Workspace
from frontdesk.workspaces.permissions import Actor

from . import deletion
from .actions import add_text, changed, learn_again, lock_source
from .models import KnowledgeBase, Source


@transaction.atomic
def publish(actor: Actor, base: KnowledgeBase, key: str, *, title: str, html: str, url: str) -> Source:
    """Have an article learned, or what changed of it. One that was taken out comes back under its id.

    Raises BaseNotFound, BaseFull, and Invalid for an article without text.
    """
    source = _known(key).filter(base=base).select_related("base", "workspace").first()
    if source is None:
        source = add_text(actor, base, title, html, kind=Source.Kind.ARTICLE)
        source.external_id, source.url, source.media_type = key, url, "text/html"
        source.save(update_fields=["external_id", "url", "media_type", "updated_at"])
        return source
    if source.deleted_at is not None:
        source = deletion.bring_back_source(actor, source.uuid)
    current = lock_source(source)
    before = (current.name, current.body)
    current.name, current.body, current.url, current.size = title[:255], html, url, len(html.encode())
    if (current.name, current.body) != before:
        learn_again(current)
        changed(actor, "source.changed", current)
    current.save()
    return current


@transaction.atomic
def withdraw(key: str, *, except_for: KnowledgeBase | None = None) -> None:
    """Take an article out, wherever it is or in all bases but one. It comes back when it is published again."""
    with unscoped():
        rows = list(_known(key).filter(deleted_at=None, base__deleted_at=None).select_related("workspace"))
        for source in rows:
            if except_for is None or source.base_id != except_for.pk:
                deletion.delete_source(_actor(source.workspace), source)


def _known(key: str) -> QuerySet[Source]:
    return Source.objects.filter(kind=Source.Kind.ARTICLE, external_id=key, removing=False).order_by("id")


def _actor(workspace: Workspace) -> Actor:
    return Actor.system(workspace, "Help center")
