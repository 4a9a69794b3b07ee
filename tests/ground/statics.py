"""Static files are looked for once a process: every test's client builds the middleware anew, and with it a list of thousands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from whitenoise.middleware import WhiteNoiseMiddleware

from frontdesk.core.engines.folder import claim, data_home


def pytest_sessionstart() -> None:
    """WhiteNoise wants the folder, even empty; the first client is made while tests are collected."""
    claim(data_home())
    settings.STATIC_ROOT.mkdir(exist_ok=True)


@pytest.fixture(scope="session", autouse=True)
def static_files_listed_once() -> Iterator[None]:
    look, listed = WhiteNoiseMiddleware.add_files_from_finders, dict[str, Any]()

    def remember(middleware: WhiteNoiseMiddleware) -> None:
        if not listed:
            look(middleware)
            listed.update(middleware.files)
        middleware.files.update(listed)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(WhiteNoiseMiddleware, "add_files_from_finders", remember)
        yield
