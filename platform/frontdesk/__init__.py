"""Frontdesk: build, test and run AI agents that answer the customers of a business."""

__version__ = "0.1.0"
