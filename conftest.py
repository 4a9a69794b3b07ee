"""What holds for all tests, those of the plugins too: real engines of their own (`core.engines.for_tests`), and no network."""

GROUND = ("browser", "network", "migrated", "database", "live", "plugins", "service", "mcp_shop", "statics", "order", "garbage")
pytest_plugins = [f"tests.ground.{name}" for name in GROUND]
