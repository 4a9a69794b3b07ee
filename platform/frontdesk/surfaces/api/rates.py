"""How often one credential may read and search. Chat and embeddings, which cost credits, have a limit of their own."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest

from frontdesk.core import limits
from frontdesk.core.threads import in_thread


def limited(view: Callable[..., Any]) -> Callable[..., Any]:
    """Around an operation's function, after authentication: count reads and searches, refuse what is too many."""
    if iscoroutinefunction(view):

        @wraps(view)
        async def view_async(request: HttpRequest, **values: Any) -> Any:
            await in_thread(_count, request)
            return await view(request, **values)

        return view_async

    @wraps(view)
    def view_sync(request: HttpRequest, **values: Any) -> Any:
        _count(request)
        return view(request, **values)

    return view_sync


def _count(request: HttpRequest) -> None:
    actor = getattr(request, "actor", None)
    if actor is None:
        return
    if request.path.rstrip("/").endswith("/search"):
        limits.check(f"searches:{actor.credential}", allowed=settings.API_SEARCHES_PER_MINUTE, seconds=60)
    elif request.method == "GET":
        limits.check(f"reads:{actor.credential}", allowed=settings.API_READS_PER_MINUTE, seconds=60)
