"""What workers do for the figures."""

from __future__ import annotations

from frontdesk.core.jobs import Work, job
from frontdesk.core.periodic import daily, due
from frontdesk.workspaces.everywhere import in_each

from . import days


@job("insights.count_days", lease=60)
def count_days(work: Work) -> dict[str, object]:
    """Count the days that are over in every workspace."""
    return in_each(days.count).as_json()


due("insights.count_days", daily(at=1))
