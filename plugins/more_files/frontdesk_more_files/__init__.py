"""Reads e-mails, subtitles and e-books."""

__version__ = "0.1.0"
