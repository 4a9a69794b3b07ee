"""What can be wrong with a conversation, in sentences."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from frontdesk.core.errors import Conflict, Invalid, NotFound


class ConversationNotFound(NotFound):
    code = "CONVERSATION_NOT_FOUND"
    default_message = _("There is no such conversation.")


class MessageNotFound(NotFound):
    code = "MESSAGE_NOT_FOUND"
    default_message = _("There is no such message.")


class ConversationOfAnotherAgent(Conflict):
    code = "CONVERSATION_OF_ANOTHER_AGENT"
    default_message = _("This conversation belongs to another agent. Start a new one.")


class AttachmentNotFound(NotFound):
    code = "ATTACHMENT_NOT_FOUND"
    default_message = _("There is no such file, or it is not here any more.")


class AttachmentRefused(Invalid):
    code = "ATTACHMENT_REFUSED"
    default_message = _("This file is not taken here.")


class ContactNotFound(NotFound):
    code = "CONTACT_NOT_FOUND"
    default_message = _("There is no such customer.")


class ContactBlocked(Conflict):
    code = "CONTACT_BLOCKED"
    default_message = _("This customer is blocked, so nothing is sent. Unblock the customer first.")


class TagNotFound(NotFound):
    code = "TAG_NOT_FOUND"
    default_message = _("There is no such tag.")


class CannedReplyNotFound(NotFound):
    code = "CANNED_REPLY_NOT_FOUND"
    default_message = _("There is no such canned reply.")


class ViewNotFound(NotFound):
    code = "VIEW_NOT_FOUND"
    default_message = _("There is no such view.")


class MergeNotPossible(Conflict):
    code = "MERGE_NOT_POSSIBLE"
    default_message = _("These two customers cannot be merged.")


class MergeNotFound(NotFound):
    code = "MERGE_NOT_FOUND"
    default_message = _("There is no such merge, or it is too long ago to be undone.")
