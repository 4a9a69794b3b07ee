"""What Frontdesk itself tells a customer in the thread: that a colleague will answer, that it is closed."""

from __future__ import annotations

from typing import Any

from .actions import touch
from .models import Conversation, Message
from .signals import answered


def say(conversation: Conversation, text: str, **about: Any) -> Message:
    """Keep a notice and send it to the customer. `about` is what `was_said` finds it by. The conversation is locked."""
    message = Message.objects.create(
        workspace_id=conversation.workspace_id,
        conversation=conversation,
        author=Message.Author.NOTICE,
        text=text,
        metadata=about,
    )
    touch(conversation, message)
    answered.send(Message, conversation=conversation, message=message)
    return message


def was_said(conversation: Conversation, **about: Any) -> bool:
    return conversation.messages.filter(author=Message.Author.NOTICE, metadata__contains=about).exists()
