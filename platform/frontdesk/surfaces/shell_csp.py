"""What the browser may load on pages in Unfold's shell (Studio, Ops), beyond the strict policy of the settings.

Alpine, which Unfold's shell is written in, evaluates the expressions in its attributes: script-src needs 'unsafe-eval'.
Unfold's own templates and SimpleBar write style attributes. No inline script and no inline event handler is allowed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from csp.decorators import csp_update

POLICY: dict[str, Any] = {
    "script-src": ["'self'", "'unsafe-eval'"],
    "style-src-attr": ["'unsafe-inline'"],
    "frame-src": ["'self'"],
}


def shell_csp(view: Callable[..., Any]) -> Callable[..., Any]:
    """Loosen the policy for one view, as far as Unfold's shell needs it."""
    return csp_update(POLICY)(view)
