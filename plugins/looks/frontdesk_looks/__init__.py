"""The looks that Frontdesk comes with."""

__version__ = "0.1.0"
