"""What rooms above may listen to. Receivers run inside the transaction of the action."""

from __future__ import annotations

from django.dispatch import Signal

# Sent with `conversation`, whose row is locked, when a person says that the AI answers no more.
taken_over = Signal()

# Sent with `conversation`, whose row is locked, when the AI answers again.
given_back = Signal()

# Sent with `conversation` and `message` when the AI or a person has answered.
answered = Signal()

# Sent with `conversation` and `message` when a customer's message was kept that had not come before.
received = Signal()

# Sent with `conversation` and `what`: "opened", "status", "closed" or "reopened".
changed = Signal()
