"""What happens by itself."""

from __future__ import annotations

from frontdesk.core.bell import SWEEPS, hourly

from .metering import release_forgotten

SWEEPS.append(hourly(release_forgotten))
