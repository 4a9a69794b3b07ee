"""Which conversations a list shows unasked."""

from __future__ import annotations

from django.db.models import Q

NO_TRIALS = Q(test=False) | Q(channel__rehearsal=True)
"""All but those in test mode. A rehearsal counts in no figure either, but is there to be watched and taken over."""
