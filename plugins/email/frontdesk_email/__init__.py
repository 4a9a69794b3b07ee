"""E-mail as a channel: IMAP in, SMTP out."""

__version__ = "0.1.0"
