"""What the browser may load on pages in Unfold's shell (Studio, Ops), beyond the strict policy of the settings.

Alpine, in which Unfold's shell is written, evaluates the expressions in its attributes: script-src needs 'unsafe-eval'.
Nothing else: no inline script, no inline handler, no inline style (Unfold's <style> of colours stands in our style sheet).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from csp.decorators import csp_update

POLICY: dict[str, Any] = {
    "script-src": ["'self'", "'unsafe-eval'"],
}


def shell_csp(view: Callable[..., Any]) -> Callable[..., Any]:
    """Loosen the policy for one view, as far as Unfold's shell needs it."""
    return csp_update(POLICY)(view)
