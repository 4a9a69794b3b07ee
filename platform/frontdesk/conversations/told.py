"""Messages as a model is told of them: their words, a line for each file, and what they answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.utils.text import Truncator

from .models import Attachment, Message

KINDS = {"image": "picture", "audio": "recording", "video": "video"}
PICTURE = "[picture"
LONGEST_QUOTE = 300


def texts(messages: Sequence[Message]) -> list[str]:
    """One text a message, in English but for the words of people. A query for all their files, and one for what they answer."""
    files = files_of([message.pk for message in messages if message.metadata.get("files")])
    quoted = {message.reply_to_id for message in messages if message.reply_to_id and message.author == Message.Author.CUSTOMER}
    answered = dict(Message.objects.filter(pk__in=quoted).values_list("pk", "text")) if quoted else {}
    return [told(message.text, files.get(message.pk, ()), answered.get(message.reply_to_id, "")) for message in messages]


def files_of(message_ids: Sequence[int]) -> dict[int, list[Attachment]]:
    """The files of messages, by the message's id."""
    found: dict[int, list[Attachment]] = defaultdict(list)
    for row in Attachment.objects.filter(message_id__in=message_ids).order_by("id") if message_ids else ():
        found[row.message_id].append(row)
    return found


def told(text: str, files: Sequence[Attachment], answers: str = "") -> str:
    """A message's text with a line before it for what it answers, and one after it for each file."""
    before = [f"[in answer to: “{Truncator(answers).chars(LONGEST_QUOTE)}”]"] if answers else []
    return "\n".join([*before, *([text] if text else []), *(line for file in files if (line := _line(file, text)))])


def _line(file: Attachment, text: str) -> str:
    kind = KINDS.get(file.media_type.partition("/")[0], "file")
    name = f" {file.name}" if file.name else ""
    if file.state == Attachment.State.REFUSED:
        return f"[{kind}{name}: not received. {file.problem}]"
    if file.text:
        return "" if file.text in text else f"[{kind}{name}, written down: “{file.text}”]"
    known = ", ".join(filter(None, [file.media_type, f"{max(1, file.size // 1024)} KB" if file.size else ""]))
    return f"[{kind}{name}: {known}]"
