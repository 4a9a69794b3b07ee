"""What rooms above may listen to. Receivers run inside the transaction that ends a run."""

from __future__ import annotations

from django.dispatch import Signal

# Sent with `run`, its locked `conversation` or None, and `how`: the type of its last event.
ended = Signal()
