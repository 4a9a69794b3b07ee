"""Google's Gemini as a model provider of Frontdesk."""

__version__ = "0.1.0"
