"""The cast and the ground of all tests: real engines, no network."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest

os.environ.setdefault("FRONTDESK_ENGINES_PROFILE", "test")
