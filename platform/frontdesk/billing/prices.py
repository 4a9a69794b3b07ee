"""What a run costs in credits."""

from __future__ import annotations

import math
from decimal import Decimal

# One credit is a tenth of a US cent of what the vendor charges.
CREDITS_PER_USD = 1000
# A run that cost the vendor nothing (offline, cached, cheap) still costs this much.
RUN_MINIMUM = 1
# Held while a run is under way; more than this can still be settled as long as there are credits.
RUN_HOLD = 20


def credits_for(cost_usd: Decimal | float | int) -> int:
    """Credits for one run: cost in US dollars × `CREDITS_PER_USD`, rounded up, at least `RUN_MINIMUM`."""
    return max(RUN_MINIMUM, math.ceil(Decimal(str(cost_usd)) * CREDITS_PER_USD))
