"""OpenAI, and every server that speaks its protocol, as a model provider of Frontdesk."""

__version__ = "0.1.0"
