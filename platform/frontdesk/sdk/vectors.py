"""Vectors as the host wants them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .values import Vectors


def unit_rows(rows: ArrayLike) -> Vectors:
    """Rows of numbers, shape (texts, dimensions), each brought to length 1. A row of zeros stays one."""
    vectors = np.asarray(rows, dtype=np.float32)
    if vectors.size == 0:
        return np.zeros((len(vectors), 0), dtype=np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, np.finfo(np.float32).tiny)
