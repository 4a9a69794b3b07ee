from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from frontdesk.core import engines


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that every account can pass through, with a space in its path; pytest's own is private."""
    folder = Path(tempfile.mkdtemp(prefix="front desk "))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def home(request: pytest.FixtureRequest, public_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The data folder of this test alone, as `FRONTDESK_DATA`; parametrize it indirectly with a path to put it elsewhere."""
    folder = public_folder / getattr(request, "param", "data")
    monkeypatch.setenv("FRONTDESK_DATA", str(folder))
    monkeypatch.setenv("FRONTDESK_ENGINES_PROFILE", "test")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    yield folder
    engines.clean(folder)
