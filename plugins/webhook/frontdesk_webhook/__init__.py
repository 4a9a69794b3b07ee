"""A channel for systems of one's own, over signed webhooks."""

__version__ = "0.1.0"
