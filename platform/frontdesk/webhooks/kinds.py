"""What an endpoint can be told, by name. Names and the shape of their data stay as they are; `VERSION` is that of the shape."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

VERSION = 1
TEST = "webhook.test"
KINDS: dict[str, Any] = {
    "message.received": _("A customer wrote"),
    "message.answered": _("The AI or a person answered"),
    "conversation.opened": _("A conversation began"),
    "conversation.status": _("Somebody else answers from now on"),
    "conversation.closed": _("A conversation was closed"),
    "delivery.failed": _("An answer could not be delivered"),
    "run.completed": _("The AI finished an answer"),
    "run.failed": _("The AI could not answer"),
    "contact.changed": _("What is known of a customer changed"),
}
