"""How much of this machine one uploaded file may use."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds. `memory` bounds the address space of the process that parses."""

    file_size: int = 25 * MIB
    pages: int = 2_000
    seconds: float = 120.0
    memory: int = 1024 * MIB
    output: int = 64 * MIB
    members: int = 10_000
    unpacked: int = 400 * MIB
    ratio: int = 250
    # Cells of a workbook that its tables are found in.
    cells: int = 2_000_000
