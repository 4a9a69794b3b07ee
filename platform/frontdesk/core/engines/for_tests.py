"""Loaded by pytest before anything else (`-p`, in pyproject.toml): the tests have engines of their own.

Not those of the Frontdesk that may be running from this checkout, nor what its .env names: tests empty them. A conftest comes
too late, because pytest-django reads the settings before it.
"""

import os

from .folder import CHECKOUT

os.environ.setdefault("FRONTDESK_DATA", str(CHECKOUT / ".data" / "test"))
os.environ.setdefault("FRONTDESK_ENGINES_PROFILE", "test")
os.environ.setdefault("DATABASE_URL", "")
os.environ.setdefault("REDIS_URL", "")
