"""What a recording is, by its first bytes: names and announced types are the sender's word, and often wrong."""

from __future__ import annotations

from django.utils.translation import gettext as _

from frontdesk.core.errors import Invalid, WrongMediaType

NAMES = "WAV, MP3, Ogg, WebM, M4A, FLAC"
MPEG_SYNC = 0xE0
MPEG_LAYER = 0x06


def media_type_of(recording: bytes) -> str:
    """Raises Invalid for nothing at all, WrongMediaType for what is no audio that is taken."""
    if not recording:
        raise Invalid.field("file", _("The recording is empty. Send it again."))
    head = recording[:16]
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "audio/wav"
    if head[:4] == b"OggS":
        return "audio/ogg"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "audio/webm"
    if head[4:8] == b"ftyp":
        return "audio/mp4"
    if head[:4] == b"fLaC":
        return "audio/flac"
    # A frame of MPEG audio: eleven bits set, and a layer, which AAC's frames have not.
    if head[:3] == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & MPEG_SYNC == MPEG_SYNC and head[1] & MPEG_LAYER):
        return "audio/mpeg"
    raise WrongMediaType(_("This is not a recording that is understood here. Send one of: %(types)s.") % {"types": NAMES})
