"""What works with no network must not ask for one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from frontdesk_offline.build_model import models_folder

PROGRAM = "from frontdesk_offline.embedder import Embedder; Embedder().load(); print('loaded')"


def test_the_model_keeps_no_telemetry(tmp_path: Path) -> None:
    """onnxruntime collects what it will send in its user's home."""
    environment = {**os.environ, "HOME": str(tmp_path), "FRONTDESK_OFFLINE_MODELS": str(models_folder())}
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    environment.pop("XDG_CACHE_HOME", None)

    loaded = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == "loaded"
    assert list(tmp_path.iterdir()) == []
