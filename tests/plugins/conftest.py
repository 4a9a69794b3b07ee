"""An agent that answers with a scripted model, beside whatever a plugin does."""

from __future__ import annotations

from tests.runs.conftest import agent, ask, scripted  # noqa: F401 - fixtures
