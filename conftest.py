"""What holds for all tests, those of the plugins too: real engines of their own (`core.engines.for_tests`), and no network."""

pytest_plugins = ["tests.ground.browser", "tests.ground.network", "tests.ground.database", "tests.ground.live", "tests.ground.plugins"]
