"""Texts that a vendor has approved: what may be sent to a customer who has been silent for too long."""

from __future__ import annotations

import re
from collections.abc import Sequence

from asgiref.sync import async_to_sync
from django.utils.translation import gettext as _

from frontdesk.conversations.actions import reply_as_person
from frontdesk.conversations.models import Conversation, Message
from frontdesk.core.errors import Invalid
from frontdesk.plugins import calling
from frontdesk.sdk.errors import PluginError
from frontdesk.sdk.values import Template
from frontdesk.workspaces.permissions import Actor, require

from .errors import ConnectionFailed
from .kinds import capabilities_of, connected
from .models import Channel

SECONDS = 15.0
BLANK = re.compile(r"\{\{(\d{1,2})\}\}")
LONGEST_VALUE = 500


def templates(channel: Channel) -> Sequence[Template]:
    """The approved texts, asked of the vendor; none for a kind without. Raises ConnectionFailed, ChannelResting, PluginFailed."""
    if not capabilities_of(channel.kind).templates:
        return ()
    served = connected(channel)
    try:
        found: Sequence[Template] = async_to_sync(calling.call)(
            served.plugin,
            f"{served.part}, templates",
            served.kind.templates,
            served.context(),
            seconds=SECONDS,
            workspace=channel.workspace.uuid,
            answers=(list, tuple),
        )
    except PluginError as error:
        raise ConnectionFailed(str(error)) from error
    return found


def blanks(template: Template) -> int:
    """How many values it takes."""
    return max((int(number) for number in BLANK.findall(template.text)), default=0)


def send_template(actor: Actor, conversation: Conversation, name: str, language: str, values: Sequence[str]) -> Message:
    """Write to a customer with an approved text. Raises Invalid, and what `templates` raises."""
    require(actor, "answer")
    channel = conversation.channel
    found = [each for each in (templates(channel) if channel else ()) if (each.name, each.language) == (name, language)]
    if not found:
        raise Invalid.field("template", _("There is no such approved template. Choose again."))
    chosen, filled = found[0], [value.strip()[:LONGEST_VALUE] for value in values]
    if len(filled) != blanks(chosen) or not all(filled):
        raise Invalid.field("values", _("Fill in every blank of the template: %(count)s.") % {"count": blanks(chosen)})
    text = BLANK.sub(lambda blank: filled[int(blank[1]) - 1], chosen.text)
    kept = {"name": chosen.name, "language": chosen.language, "text": chosen.text, "values": filled}
    return reply_as_person(actor, conversation, text, metadata={"template": kept})
