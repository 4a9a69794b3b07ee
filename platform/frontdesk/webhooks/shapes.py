"""The data of each kind of event, version 1: JSON with ids as the API has them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from frontdesk.channels.models import Delivery
from frontdesk.conversations.models import Contact, Conversation, Message
from frontdesk.runs.models import Run


def of_message(conversation: Conversation, message: Message) -> dict[str, Any]:
    return {
        "message": {
            "id": message.pk,
            "uuid": str(message.uuid),
            "author": message.author,
            "text": message.text,
            "external_id": message.external_id.removeprefix(f"{conversation.channel_id}/"),
            "run_id": _id(message.run_uuid),
            "created_at": _time(message.created_at),
        },
        "conversation": of_conversation(conversation),
    }


def of_conversation(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": conversation.pk,
        "uuid": str(conversation.uuid),
        "status": conversation.status,
        "status_reason": conversation.status_reason,
        "channel": conversation.channel_kind,
        "agent_id": _id(conversation.agent.uuid if conversation.agent else None),
        "test": conversation.test,
        "contact": of_contact(conversation.contact),
        "created_at": _time(conversation.created_at),
    }


def of_contact(contact: Contact) -> dict[str, Any]:
    identities = [{"channel": each.channel_kind, "external_id": each.external_id} for each in contact.identities.all()]
    return {
        "id": contact.pk,
        "uuid": str(contact.uuid),
        "name": contact.name,
        "email": contact.email,
        "phone": contact.phone,
        "language": contact.language,
        "identities": identities,
    }


def of_run(run: Run, conversation: Conversation | None) -> dict[str, Any]:
    return {
        "run": {
            "uuid": str(run.uuid),
            "agent_id": _id(run.agent.uuid if run.agent else None),
            "cause": run.cause,
            "created_at": _time(run.created_at),
        },
        "conversation": of_conversation(conversation) if conversation else None,
    }


def of_delivery(pk: int) -> dict[str, Any]:
    related = ("message", "conversation__contact", "conversation__agent")
    delivery = Delivery.objects.select_related(*related).get(pk=pk)
    return {
        "delivery": {
            "uuid": str(delivery.uuid),
            "state": delivery.state,
            "problem": delivery.problem,
            "attempts": delivery.attempts,
            "recipient_id": delivery.recipient_id,
        },
        **of_message(delivery.conversation, delivery.message),
    }


def _id(uuid: Any) -> str | None:
    return str(uuid) if uuid else None


def _time(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
