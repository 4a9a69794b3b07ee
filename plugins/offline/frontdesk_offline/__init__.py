"""Answers and embeddings with no key and no network."""

import os

__version__ = "0.1.0"

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # onnxruntime reports its use to its vendor unless it is told not to
