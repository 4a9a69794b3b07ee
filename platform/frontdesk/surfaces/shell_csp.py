"""What the browser may load on pages in Unfold's shell (Studio, Ops), beyond the strict policy of the settings.

Alpine, in which Unfold's shell is written, evaluates the expressions in its attributes: script-src needs 'unsafe-eval'.
Nothing else: no inline script, no inline handler, no inline style (Unfold's <style> of colours stands in our style sheet).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from csp.decorators import csp_update

POLICY: dict[str, Any] = {
    "script-src": ["'self'", "'unsafe-eval'"],
}


def shell_csp(view: Callable[..., Any]) -> Callable[..., Any]:
    """Loosen the policy for one view, sync or async, as far as Unfold's shell needs it."""
    return _async_csp(view) if iscoroutinefunction(view) else csp_update(POLICY)(view)


def _async_csp(view: Callable[..., Any]) -> Callable[..., Any]:
    """What `csp_update` does, for a coroutine, which it does not know."""

    @wraps(view)
    async def page(*args: Any, **kwargs: Any) -> Any:
        response = await view(*args, **kwargs)
        response._csp_update = POLICY
        return response

    return page
