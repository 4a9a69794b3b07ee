"""What rooms above may listen to. Receivers run inside the transaction of the action."""

from __future__ import annotations

from django.dispatch import Signal

# Sent with `workspace`.
workspace_created = Signal()
