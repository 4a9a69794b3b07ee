"""All that is known of one customer, for them or for another program."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch

from frontdesk.workspaces import audit
from frontdesk.workspaces.permissions import Actor, require

from .models import Contact, Conversation, Message, Note, Tag


def export_contact(actor: Actor, contact: Contact) -> dict[str, Any]:
    """Plain values for JSON; times in ISO 8601."""
    require(actor, "manage_contacts")
    audit.record(actor, "contact.exported", contact)
    return {
        **{name: getattr(contact, name) for name in ("name", "email", "phone", "language", "notes", "fields")},
        "uuid": str(contact.uuid),
        "created_at": contact.created_at.isoformat(),
        "blocked": contact.blocked_at is not None,
        "channels": [{"channel": row.channel_kind, "id": row.external_id} for row in contact.identities.order_by("id")],
        "conversations": [_conversation(each) for each in _conversations(contact)],
    }


def _conversations(contact: Contact) -> Any:
    rows = Conversation.objects.filter(contact=contact).select_related("agent", "assignee").order_by("id")
    return rows.prefetch_related(
        Prefetch("messages", queryset=Message.objects.order_by("id").select_related("user").prefetch_related("attachments")),
        Prefetch("notes", queryset=Note.objects.order_by("id")),
        Prefetch("tags", queryset=Tag.objects.filter(deleted_at=None)),
    ).iterator(chunk_size=50)


def _conversation(row: Conversation) -> dict[str, Any]:
    return {
        "uuid": str(row.uuid),
        "channel": row.channel_kind,
        "agent": row.agent.name if row.agent else "",
        "status": row.status,
        "priority": Conversation.Priority(row.priority).name.lower(),
        "assignee": row.assignee.get_full_name() if row.assignee else "",
        "tags": [tag.name for tag in row.tags.all()],
        "created_at": row.created_at.isoformat(),
        "messages": [_message(message) for message in row.messages.all()],
        "notes": [_note(note) for note in row.notes.all()],
    }


def _message(row: Message) -> dict[str, Any]:
    return {
        "uuid": str(row.uuid),
        "author": row.author,
        "name": row.user.get_full_name() if row.user else "",
        "text": row.text,
        "rating": row.rating,
        "files": [{"name": file.name, "type": file.media_type, "size": file.size} for file in row.attachments.all()],
        "created_at": row.created_at.isoformat(),
    }


def _note(row: Note) -> dict[str, Any]:
    return {"author": row.author_name, "text": row.text, "created_at": row.created_at.isoformat()}
