"""Customers' pictures as a model is shown them: the last few, small enough."""

from __future__ import annotations

import io
import logging

from PIL import Image, ImageOps

from frontdesk.conversations import attachments
from frontdesk.conversations.errors import AttachmentNotFound
from frontdesk.conversations.models import Attachment, Message
from frontdesk.conversations.told import PICTURE
from frontdesk.sdk.values import ImagePart

from .models import Run
from .task import Task

logger = logging.getLogger(__name__)
MOST = 4
# Models scale to about this anyway.
LONGEST_SIDE = 1568
MOST_PIXELS = 40_000_000
JPEG = "image/jpeg"


def told_of(task: Task) -> bool:
    """Whether there can be any; costs nothing."""
    return any(PICTURE in text for text in (task.question, *(past.text for past in task.history)))


def seen(run: Run) -> list[ImagePart]:
    """The newest pictures of the question and of what it follows upon, oldest first."""
    rows = Attachment.objects.filter(
        message__conversation=run.conversation_id,
        message__author=Message.Author.CUSTOMER,
        message__deleted_at=None,
        message__lte=run.question_id or 0,
        state=Attachment.State.READY,
    )
    pictures = [row for row in rows.order_by("-id")[: 4 * MOST] if row.is_picture][:MOST]
    return [part for row in reversed(pictures) if (part := _part(row)) is not None]


def _part(row: Attachment) -> ImagePart | None:
    """None for one that cannot be opened, or is too large to be: its line in the text stays."""
    if (row.width or 0) * (row.height or 0) > MOST_PIXELS:
        return None
    try:
        with Image.open(io.BytesIO(attachments.read(row))) as picture:
            picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            held = io.BytesIO()
            _on_paper(ImageOps.exif_transpose(picture)).save(held, "JPEG", quality=85)
    except (AttachmentNotFound, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        logger.warning("picture %s cannot be shown to a model", row.pk, exc_info=True)
        return None
    return ImagePart(held.getvalue(), JPEG)


def _on_paper(picture: Image.Image) -> Image.Image:
    """As a person sees it: what is transparent is white, or a screenshot's black letters would stand on black."""
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    paper = Image.new("RGBA", picture.size, "white")
    paper.alpha_composite(picture.convert("RGBA"))
    return paper.convert("RGB")
