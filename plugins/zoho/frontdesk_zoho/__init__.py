"""Zoho CRM for agents."""

__version__ = "0.1.0"
