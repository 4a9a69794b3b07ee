"""Speech without a network, for Frontdesk."""

__version__ = "0.1.0"
