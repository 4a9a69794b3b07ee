"""Tags of a workspace, and putting them on conversations."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Count, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from frontdesk.core.errors import Conflict, Invalid
from frontdesk.core.events import emit
from frontdesk.workspaces import audit
from frontdesk.workspaces.permissions import Actor, require

from . import activities, bin
from .errors import TagNotFound
from .models import Activity, Conversation, Tag, Tagging

LIMIT = 200
LIMIT_ON_ONE = 20


def tags() -> QuerySet[Tag]:
    """All tags of the workspace by name."""
    return Tag.objects.filter(deleted_at=None)


def tags_with_counts() -> QuerySet[Tag]:
    """`conversation_count`: on how many conversations."""
    return tags().annotate(conversation_count=Count("taggings")).order_by(Lower("name"), "id")


def tag_by_uuid(uuid: UUID) -> Tag:
    """Raises TagNotFound."""
    found = tags().filter(uuid=uuid).first()
    if found is None:
        raise TagNotFound()
    return found


def tags_by_uuid(uuids: Iterable[UUID]) -> list[Tag]:
    """Raises Invalid unless all are there."""
    wanted = set(uuids)
    found = list(tags().filter(uuid__in=wanted))
    if len(found) != len(wanted):
        raise Invalid.field("tags", str(TagNotFound.default_message))
    return found


def create_tag(actor: Actor, name: str, colour: str = Tag.Colour.GRAY) -> Tag:
    """Raises Conflict for a name that there is already."""
    require(actor, "answer")
    if tags().count() >= LIMIT:
        raise Invalid.field("name", _("There are %(limit)s tags already. Delete one that nobody needs.") % {"limit": LIMIT})
    tag = Tag(workspace=actor.workspace, name=_name(name), colour=_colour(colour))
    _save(tag)
    audit.record(actor, "tag.created", tag)
    _tell(actor)
    return tag


@transaction.atomic
def update_tag(actor: Actor, tag: Tag, *, name: str | None = None, colour: str | None = None) -> Tag:
    require(actor, "answer")
    if name is not None:
        tag.name = _name(name)
    if colour is not None:
        tag.colour = _colour(colour)
    _save(tag)
    audit.record(actor, "tag.changed", tag)
    _tell(actor)
    return tag


@transaction.atomic
def delete_tag(actor: Actor, tag: Tag) -> None:
    """It disappears from all conversations, and is on them again when it is brought back."""
    require(actor, "answer")
    bin.mark(actor, tag)
    audit.record(actor, "tag.deleted", tag)
    _tell(actor)


@transaction.atomic
def bring_back_tag(actor: Actor, uuid: UUID) -> Tag:
    """Raises TagNotFound, and Conflict while another one has its name."""
    require(actor, "answer")
    tag = deleted_tags().filter(uuid=uuid).first()
    if tag is None:
        raise TagNotFound()
    bin.bring_back(actor, tag, "tag.restored")
    _tell(actor)
    return tag


def deleted_tags() -> QuerySet[Tag]:
    return Tag.objects.filter(deleted_at__isnull=False).order_by("-deleted_at")


def add_tag(actor: Actor, conversation: Conversation, tag: Tag) -> None:
    change_tags(actor, conversation, add=[tag])


def remove_tag(actor: Actor, conversation: Conversation, tag: Tag) -> None:
    change_tags(actor, conversation, remove=[tag])


def set_tags(actor: Actor, conversation: Conversation, wanted: Iterable[Tag]) -> None:
    """Exactly these."""
    change_tags(actor, conversation, add=wanted, remove=None)


@transaction.atomic
def change_tags(actor: Actor, conversation: Conversation, *, add: Iterable[Tag] = (), remove: Iterable[Tag] | None = ()) -> None:
    """Put tags on and take others away; `remove=None`: all others. Each that is new or gone gets a line in the thread."""
    require(actor, "answer")
    locked = Conversation.objects.select_for_update(of=("self",)).select_related("workspace").get(pk=conversation.pk)
    had = {tag.pk: tag for tag in locked.tags.filter(deleted_at=None)}
    wanted = {tag.pk: tag for tag in add}
    gone = {tag.pk for tag in remove} if remove is not None else had.keys() - wanted.keys()
    new, taken = [tag for pk, tag in wanted.items() if pk not in had], [tag for pk, tag in had.items() if pk in gone]
    if not new and not taken:
        return
    if len(had) + len(new) - len(taken) > LIMIT_ON_ONE:
        raise Invalid.field("tags", _("A conversation has at most %(limit)s tags.") % {"limit": LIMIT_ON_ONE})
    Tagging.objects.bulk_create(Tagging(workspace_id=locked.workspace_id, conversation=locked, tag=tag) for tag in new)
    Tagging.objects.filter(conversation=locked, tag__in=taken).delete()
    activities.note_many(locked, actor, [(Activity.Kind.TAGGED, {"tag": tag.name}) for tag in new])
    activities.note_many(locked, actor, [(Activity.Kind.UNTAGGED, {"tag": tag.name}) for tag in taken])
    audit.record(actor, "conversation.tagged", locked, added=[tag.name for tag in new], removed=[tag.name for tag in taken])
    activities.changed(locked, "tags")


def _name(text: str) -> str:
    name = " ".join(text.replace("\x00", "").split())
    if not name:
        raise Invalid.field("name", _("Give the tag a name."))
    if len(name) > Tag._meta.get_field("name").max_length:
        raise Invalid.field("name", _("The name is too long. Shorten it to 40 characters."))
    return name


def _colour(colour: str) -> str:
    if colour not in Tag.Colour.values:
        raise Invalid.field("colour", _("Choose one of: %(colours)s.") % {"colours": ", ".join(Tag.Colour.values)})
    return colour


def _save(tag: Tag) -> None:
    try:
        with transaction.atomic():
            tag.save()
    except IntegrityError:
        raise Conflict(_("There is a tag of this name already.")) from None


def _tell(actor: Actor) -> None:
    emit(actor.workspace.uuid, "tags.changed")
