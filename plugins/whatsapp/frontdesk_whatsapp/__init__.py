"""WhatsApp as a channel, over Meta's Cloud API."""

__version__ = "0.1.0"
