"""Loaded by pytest before anything else (`-p`, in pyproject.toml): the tests have engines of their own.

Not those of the Frontdesk that may be running from this checkout, nor what its .env names: tests empty them. A conftest comes
too late, because pytest-django reads the settings before it.
"""

import os

from .folder import CHECKOUT

os.environ.setdefault("FRONTDESK_DATA", str(CHECKOUT / ".data" / "test"))
# Tests that run beside each other (pytest-xdist) have engines each: they empty limits, kill servers and count what is there.
# A worker inherits the environment of the process that started it, which came by here before.
if worker := os.getenv("PYTEST_XDIST_WORKER"):
    os.environ["FRONTDESK_DATA"] = f"{os.environ['FRONTDESK_DATA'].rstrip('/')}-{worker}"
os.environ.setdefault("FRONTDESK_ENGINES_PROFILE", "test")
os.environ.setdefault("DATABASE_URL", "")
os.environ.setdefault("REDIS_URL", "")
os.environ.setdefault("MEDIA_ROOT", "")
