"""Servers of the Model Context Protocol as sources of tools."""

__version__ = "0.1.0"
