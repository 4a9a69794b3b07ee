"""What holds for all tests, those of the plugins too: real engines of their own, and no network."""

import os
from pathlib import Path

# Not those of the Frontdesk that may be running from this checkout, nor what its .env names: tests empty them.
os.environ.setdefault("FRONTDESK_DATA", str(Path(__file__).parent / ".data/test"))
os.environ.setdefault("FRONTDESK_ENGINES_PROFILE", "test")
os.environ.setdefault("DATABASE_URL", "")
os.environ.setdefault("REDIS_URL", "")

pytest_plugins = ["tests.ground.browser", "tests.ground.network", "tests.ground.database", "tests.ground.live"]
