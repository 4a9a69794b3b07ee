"""What a customer does to messages that were sent before: takes them back, puts an emoji on them."""

from __future__ import annotations

from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from frontdesk.core.events import emit, tell_conversation

from .models import Message


def take_back(message: Message) -> None:
    """It stays for the owner, marked; the AI is not shown it any more."""
    if message.deleted_at is not None:
        return
    message.deleted_at = timezone.now()
    message.save(update_fields=["deleted_at", "updated_at"])
    _preview(message, _("(the customer took a message back)"))
    tell_changed(message)


def files_came(message: Message, words: str) -> None:
    """The files of a message are here, or refused. `words` are what it says by them, where it says nothing else."""
    if words and words != message.text:
        message.text = words
        message.save(update_fields=["text", "updated_at"])
        _preview(message, words)
    tell_changed(message)


def _preview(message: Message, text: str) -> None:
    conversation = message.conversation
    if not conversation.messages.filter(pk__gt=message.pk).exists():
        conversation.last_message_preview = Truncator(text.replace("\n", " ")).chars(160)
        conversation.save(update_fields=["last_message_preview", "updated_at"])


def react(message: Message, emoji: str, *, sent_at: float = 0.0) -> None:
    """Put an emoji on a message; "" takes it away. `sent_at` is the sender's clock: an older one is passed over."""
    if not is_news(message, "reacted_at", sent_at):
        return
    message.reaction = emoji[:40]
    message.save(update_fields=["reaction", "metadata", "updated_at"])
    tell_changed(message)


def is_news(message: Message, kept_as: str, sent_at: float) -> bool:
    """Whether a change is not older than the last one of its kind; then its time is in `metadata`, for the caller to save."""
    if not sent_at:
        return True
    if sent_at < message.metadata.get(kept_as, 0.0):
        return False
    message.metadata = {**message.metadata, kept_as: sent_at}
    return True


def tell_changed(message: Message) -> None:
    """Tell open pages of the Studio, and the customer's own."""
    conversation = message.conversation.uuid
    emit(message.workspace.uuid, "message.changed", conversation=str(conversation), message=str(message.uuid))
    tell_conversation(conversation, "message.changed", message=str(message.uuid))
