"""What can be wrong with a conversation, in sentences."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from frontdesk.core.errors import Conflict, NotFound


class ConversationNotFound(NotFound):
    code = "CONVERSATION_NOT_FOUND"
    default_message = _("There is no such conversation.")


class MessageNotFound(NotFound):
    code = "MESSAGE_NOT_FOUND"
    default_message = _("There is no such message.")


class ConversationOfAnotherAgent(Conflict):
    code = "CONVERSATION_OF_ANOTHER_AGENT"
    default_message = _("This conversation belongs to another agent. Start a new one.")
