"""What rooms above may listen to. Receivers run inside the transaction that notes it."""

from __future__ import annotations

from django.dispatch import Signal

# Sent with `delivery` when a part of an answer was not delivered, or perhaps was not ("unknown").
delivery_failed = Signal()
