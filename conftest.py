"""What holds for all tests, those of the plugins too: real engines of their own, and no network."""

import os

os.environ.setdefault("FRONTDESK_ENGINES_PROFILE", "test")

pytest_plugins = ["tests.ground.network", "tests.ground.database"]
