"""What rooms above may listen to, and what they may do for channels."""

from __future__ import annotations

from django.dispatch import Signal

# Sent with `delivery` when a part of an answer was not delivered, or perhaps was not ("unknown"); inside the transaction that
# notes it.
delivery_failed = Signal()

# Sent with `actor`, `recording` (bytes) and `language` ("" when nobody knows) for a voice message. A receiver gives its words,
# None when it cannot. It may take a minute.
to_write_down = Signal()
