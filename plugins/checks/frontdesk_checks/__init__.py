"""Checks of an answer that need no model."""

__version__ = "0.1.0"
