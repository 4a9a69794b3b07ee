"""Postings that questions ask for again and again, kept in memory for as long as their base does not change."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from threading import Lock

import numpy as np
from numpy.typing import NDArray

Entries = NDArray[np.uint64]
# In a base of 100,000 passages nine tenths of what questions ask for.
MOST_BYTES = 32 * 2**20
# What a term takes besides its entries.
A_TERM = 480


class Memory:
    """The entries of terms, each with the version of its base that they are of. What was asked for longest ago goes first, so
    that all bases of a process together take at most `most` bytes.
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._bytes = 0
        self._kept: OrderedDict[tuple[int, int], tuple[str, Entries]] = OrderedDict()
        self._lock = Lock()

    def known(self, versions: Mapping[int, str], terms: Iterable[int]) -> dict[tuple[int, int], Entries]:
        """Entries by base and term. A base without a version is not looked for."""
        found: dict[tuple[int, int], Entries] = {}
        with self._lock:
            for base, version in versions.items():
                for term in terms:
                    kept = self._kept.get((base, term))
                    if kept is not None and kept[0] == version:
                        self._kept.move_to_end((base, term))
                        found[base, term] = kept[1]
        return found

    def keep(self, versions: Mapping[int, str], entries: Mapping[tuple[int, int], Entries]) -> None:
        with self._lock:
            for key, of_term in entries.items():
                if version := versions[key[0]]:
                    before = self._kept.pop(key, None)
                    self._bytes += A_TERM + of_term.nbytes - (A_TERM + before[1].nbytes if before else 0)
                    self._kept[key] = (version, of_term)
            while self._bytes > self._most:
                self._bytes -= A_TERM + self._kept.popitem(last=False)[1][1].nbytes
