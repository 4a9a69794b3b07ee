"""Telegram as a channel, over the Bot API."""

__version__ = "0.1.0"
