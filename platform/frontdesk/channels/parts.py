"""A message in the parts in which a channel takes it: words that are short enough, then one file after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from django.utils.translation import gettext as _

from frontdesk.conversations import attachments
from frontdesk.conversations.models import Attachment, Message
from frontdesk.sdk.channel import Capabilities
from frontdesk.sdk.values import Attachment as File

from .texts import marked_portions, portions, without_sources

# A customer may look at a link days later.
LINK_SECONDS = 7 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Part:
    """One delivery. `markdown` is `text` with its marks."""

    text: str
    markdown: str = ""
    attachment: Attachment | None = None
    buttons: Sequence[dict[str, Any]] = ()
    template: dict[str, Any] | None = None


def parts_of(message: Message, files: Sequence[Attachment], can: Capabilities) -> list[Part]:
    """Choices stand under the last words, or are numbered where there are no buttons."""
    if template := message.metadata.get("template"):
        return [Part(message.text, template=template)]
    buttons = message.metadata.get("buttons") or []
    text = message.text if can.buttons or not buttons else _numbered(message.text, buttons)
    size = (can.longest_text, can.longest_bytes)
    if message.author == Message.Author.AI:
        words = [Part(plain, marked) for plain, marked in marked_portions(without_sources(text), *size)]
    else:
        words = [Part(portion) for portion in portions(text, *size)]
    if words and buttons and can.buttons:
        words[-1] = Part(words[-1].text, words[-1].markdown, buttons=buttons[: can.buttons])
    if can.together:
        return words or [Part("")]
    return [*words, *(Part("", attachment=file) for file in files)]


def _numbered(text: str, buttons: Sequence[dict[str, Any]]) -> str:
    choices = "\n".join(f"{number}. {button['label']}" for number, button in enumerate(buttons, 1))
    return f"{text}\n\n{choices}"


def can_take(file: Attachment, can: Capabilities) -> bool:
    """Whether a channel takes this file as a file."""
    return file.size <= can.largest_media and any(fnmatchcase(file.media_type, pattern) for pattern in can.media_out)


def as_value(file: Attachment) -> File:
    """As a plugin sends it. Raises AttachmentNotFound."""
    data = attachments.read(file)
    return File(file.media_type, file.name, attachments.link(file), data, size=len(data))


def as_link(file: Attachment) -> str:
    """Words for a channel that does not take it."""
    address = attachments.link(file, seconds=LINK_SECONDS)
    return _("%(name)s: %(address)s (for seven days)") % {"name": file.name, "address": address}
