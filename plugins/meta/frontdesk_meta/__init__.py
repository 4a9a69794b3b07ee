"""Instagram and Messenger as channels, over Meta's Graph API; what they share with WhatsApp is here, too."""

__version__ = "0.1.0"
