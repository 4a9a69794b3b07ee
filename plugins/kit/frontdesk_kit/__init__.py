"""Small tools that many agents need."""

__version__ = "0.1.0"
