"""What this plugin says, in its reader's language."""

from __future__ import annotations

from frontdesk.sdk.words import Words

words = Words(__package__)
phrase = words.phrase
