"""Tells a team's chat what happens at the front desk."""

__version__ = "0.1.0"
