"""Run events → protocols. Each is a pure function and an allow-list: what is not named does not go out."""
