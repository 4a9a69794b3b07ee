"""Files of messages: what is taken, where it lies, and an address of it for somebody who cannot sign in.

What a file is, its content says: names and announced types are the sender's word.
"""

from __future__ import annotations

import hashlib
import mimetypes
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from io import BytesIO
from pathlib import PurePath
from typing import Any
from uuid import UUID

import filetype
from django.conf import settings
from django.core import signing
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from frontdesk.core.scoping import unscoped
from frontdesk.sdk.values import Attachment as File
from frontdesk.sdk.web import looks_like_html

from .errors import AttachmentNotFound, AttachmentRefused
from .models import Attachment, Message

SALT = "frontdesk.attachment"
LINK_SECONDS = 3600.0
MOST_FILES = 10
UNKNOWN = "application/octet-stream"
# One name for each, and the one that browsers know.
SAME = {"audio/x-wav": "audio/wav", "audio/x-flac": "audio/flac", "video/x-m4v": "video/mp4", "audio/x-m4a": "audio/mp4"}
# Containers in which a sender may have put sound alone.
SOUND_OR_PICTURES = frozenset({"mp4", "webm", "3gpp", "ogg"})
TEXT_TYPES = frozenset({"text/csv", "text/vcard", "text/x-vcard", "text/calendar", "text/markdown", "application/json"})
CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
MARKUP = re.compile(r"\s*(<\?xml|<svg|<!DOCTYPE|<script)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody sends along. `media_type` is what they say that it is."""

    name: str
    data: bytes
    media_type: str = ""


def media_type_of(data: bytes, name: str = "", announced: str = "") -> str:
    """What a file is. The announced type tells sound from film where both come in one container, and kinds of text apart."""
    kind = filetype.guess_mime(data[:8192])
    if kind is None:
        return _text_type(data, name, announced)
    kind = SAME.get(kind, kind)
    main, _slash, container = kind.partition("/")
    if main == "video" and container in SOUND_OR_PICTURES and announced.startswith("audio/"):
        return f"audio/{container}"
    return kind


def _text_type(data: bytes, name: str, announced: str) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return UNKNOWN
    if not text or CONTROLS.search(text):
        return UNKNOWN
    if looks_like_html(text):
        return "text/html"
    if MARKUP.match(text):
        return "application/xml"
    named = (mimetypes.guess_type(name)[0] or announced.partition(";")[0]).lower()
    return named if named in TEXT_TYPES else "text/plain"


def refusal(size: int, media_type: str) -> str:
    """Why a file of this size and type is not taken, for whoever sends it; empty when it is."""
    if size > settings.ATTACHMENT_MAX_BYTES:
        limit = settings.ATTACHMENT_MAX_BYTES // 2**20
        return _("It is larger than %(limit)s MiB.") % {"limit": limit}
    if not any(fnmatchcase(media_type, pattern) for pattern in settings.ATTACHMENT_TYPES):
        return _("Files of this type are not taken here.")
    return ""


@transaction.atomic
def attach(message: Message, uploads: Sequence[Upload]) -> list[Attachment]:
    """Keep files with a message that is being written. Raises AttachmentRefused for the first one that is not taken."""
    _check_number(uploads)
    rows = []
    for upload in uploads:
        row = Attachment(workspace_id=message.workspace_id, message=message, name=plain_name(upload.name))
        row.media_type = upload.media_type[:100] or UNKNOWN
        if problem := fill(row, upload.data):
            raise AttachmentRefused(f"{row.name}: {problem}" if row.name else problem)
        row.save()
        rows.append(row)
    return rows


def as_sent(uploads: Sequence[Upload]) -> list[File]:
    """Files as a customer's message brings them. Raises AttachmentRefused for the first one that is not taken."""
    _check_number(uploads)
    files = []
    for upload in uploads:
        name = plain_name(upload.name)
        kind = media_type_of(upload.data, name, upload.media_type)[:100]
        problem = refusal(len(upload.data), kind) if upload.data else _("It is empty.")
        if problem:
            raise AttachmentRefused(f"{name}: {problem}" if name else problem)
        files.append(File(kind, name, data=upload.data, size=len(upload.data)))
    return files


def _check_number(uploads: Sequence[Upload]) -> None:
    if len(uploads) > MOST_FILES:
        raise AttachmentRefused(_("Send %(most)s files at most.") % {"most": MOST_FILES})


def expect(message: Message, files: Sequence[File]) -> None:
    """Rows for a customer's files, to be fetched and looked at later. What came along is put away at once."""
    if files:
        Attachment.objects.bulk_create(_expected(message, file) for file in files[:MOST_FILES])


def _expected(message: Message, file: File) -> Attachment:
    row = Attachment(
        workspace_id=message.workspace_id,
        message=message,
        media_type=(file.media_type or UNKNOWN)[:100],
        name=plain_name(file.name),
        size=max(0, file.size),
        reference=file.reference,
        url=file.url,
    )
    if file.data and not fill(row, file.data):
        row.state = Attachment.State.PENDING
    return row


def on_their_way(messages: Sequence[Message]) -> bool:
    """Whether files of these are still being fetched: the answer waits for them."""
    with_files = [message for message in messages if message.metadata.get("files")]
    return bool(with_files) and Attachment.objects.filter(message__in=with_files, state=Attachment.State.PENDING).exists()


def fill(attachment: Attachment, data: bytes) -> str:
    """Put the content into a row, which the caller saves. Gives why it is not taken, and then the row is refused."""
    attachment.size = len(data)
    attachment.media_type = media_type_of(data, attachment.name, attachment.media_type)[:100]
    problem = refusal(attachment.size, attachment.media_type) if data else _("It is empty.")
    if problem:
        attachment.state, attachment.problem = Attachment.State.REFUSED, problem
        return problem
    attachment.name = attachment.name or _made_up_name(attachment.media_type)
    attachment.sha256 = hashlib.sha256(data).hexdigest()
    attachment.width, attachment.height = _measures(data) if attachment.is_picture else (None, None)
    attachment.file.save(attachment.name, ContentFile(data), save=False)
    attachment.state, attachment.problem = Attachment.State.READY, ""
    return ""


def _measures(data: bytes) -> tuple[int | None, int | None]:
    """Width and height from the head of a picture; nothing is unpacked."""
    try:
        with Image.open(BytesIO(data)) as picture:
            return picture.size
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None, None


def plain_name(name: str) -> str:
    """A file's name without folders and without what cannot be shown; its end stays when it is too long."""
    shown = " ".join(CONTROLS.sub("", PurePath(name.replace("\\", "/")).name).split())
    path = PurePath(shown)
    return shown if len(shown) <= 200 else path.stem[: 200 - len(path.suffix[:20])] + path.suffix[:20]


def _made_up_name(media_type: str) -> str:
    return f"{media_type.partition('/')[0]}{mimetypes.guess_extension(media_type) or ''}"


def read(attachment: Attachment) -> bytes:
    """The content. Raises AttachmentNotFound while it is not here, and when the storage has lost it."""
    if attachment.state != Attachment.State.READY:
        raise AttachmentNotFound()
    try:
        with attachment.file.open("rb") as stored:
            return bytes(stored.read())
    except OSError as error:
        raise AttachmentNotFound() from error


def link(attachment: Attachment, *, seconds: float = LINK_SECONDS) -> str:
    """An address that gives the file to whoever has it, for so long."""
    token = signing.dumps([attachment.uuid.hex, int(time.time() + seconds)], salt=SALT)
    return f"{settings.BASE_URL}/files/{token}"


def by_link(token: str) -> Attachment:
    """The file that an address stands for. Raises AttachmentNotFound also for one that is forged or over."""
    try:
        uuid, until = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        raise AttachmentNotFound() from None
    if until < time.time():
        raise AttachmentNotFound()
    with unscoped():
        found = Attachment.objects.filter(uuid=UUID(uuid)).first()
    if found is None:
        raise AttachmentNotFound()
    return found


def attachment_by_uuid(uuid: UUID) -> Attachment:
    """Of the workspace in scope. Raises AttachmentNotFound."""
    found = Attachment.objects.filter(uuid=uuid).first()
    if found is None:
        raise AttachmentNotFound()
    return found


def said_without_words(files: Sequence[Attachment | File]) -> str:
    """What stands for a message that is nothing but files."""
    words = {"image": _("(sent a picture)"), "audio": _("(sent a voice message)"), "video": _("(sent a video)")}
    file = _("(sent a file: %(name)s)")
    said = [words.get(each.media_type.partition("/")[0], file % {"name": each.name}) for each in files]
    return "\n".join(dict.fromkeys(said))


@receiver(post_delete, sender=Attachment, dispatch_uid="delete the file of an attachment")
def _delete_file(sender: type[Attachment], instance: Attachment, **kwargs: Any) -> None:
    if instance.file:
        storage, name = instance.file.storage, instance.file.name
        # Where the storage is down, `leftovers` takes it away later.
        transaction.on_commit(lambda: storage.delete(name), robust=True)
