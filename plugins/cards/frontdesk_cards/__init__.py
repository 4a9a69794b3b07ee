"""The cards that Home begins with."""

__version__ = "0.1.0"
