"""What this plugin says of itself, in its reader's language."""

from __future__ import annotations

from frontdesk.sdk.words import Words

phrase = Words(__package__).phrase
