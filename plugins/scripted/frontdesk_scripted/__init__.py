"""The scripted model of the testing kit as a plugin of Frontdesk."""

__version__ = "0.1.0"
