"""`Idempotency-Key` on every POST: the same key and request answer the stored reply, another request 409.

Stored bodies are encrypted, since some show a secret once. A streamed reply has no body to store: the same request is let
through again, and `work_id` leads its operation to the run that is there already.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from frontdesk.core import crypto, idempotency
from frontdesk.core.threads import in_thread

from .auth import place_of

HEADER = "Idempotency-Key"
MULTIPART = "multipart/form-data"
# Stands for the body of a reply that was streamed.
FOLLOW = None


def idempotent(view: Callable[..., Any]) -> Callable[..., Any]:
    """Around an operation's function, after authentication and validation: answer a stored reply instead of working again."""
    if iscoroutinefunction(view):

        @wraps(view)
        async def view_async(request: HttpRequest, **values: Any) -> Any:
            if not _asked(request):
                return await view(request, **values)
            return await in_thread(_begin, request) or await view(request, **values)

        return view_async

    @wraps(view)
    def view_sync(request: HttpRequest, **values: Any) -> Any:
        return (_begin(request) if _asked(request) else None) or view(request, **values)

    return view_sync


def claimed(request: HttpRequest) -> bool:
    """Whether this request is the first with its key, so that its reply is to be kept."""
    return hasattr(request, "idempotency_claim")


def keep(request: HttpRequest, response: HttpResponseBase) -> None:
    """Store the reply of a claimed request."""
    owner, key = request.idempotency_claim
    if response.headers["Content-Type"].startswith("application/json"):
        body = crypto.encrypt(response.content.decode())
        idempotency.finish(owner, key, idempotency.Reply(response.status_code, body))
    elif response.status_code < 400:
        idempotency.finish(owner, key, idempotency.Reply(response.status_code, FOLLOW))
    else:
        idempotency.release(owner, key)


def work_id(request: HttpRequest) -> UUID | None:
    """The id of what this request begins, the same for the same key and request; None without a key."""
    if not _asked(request):
        return None
    said = hashlib.sha256(_fingerprint(request)).hexdigest()
    return uuid5(NAMESPACE_OID, f"{_owner(request)}\n{request.headers[HEADER]}\n{said}")


def _asked(request: HttpRequest) -> bool:
    return request.method == "POST" and HEADER in request.headers


def _begin(request: HttpRequest) -> HttpResponse | None:
    owner, key = _owner(request), request.headers[HEADER]
    reply = idempotency.begin(owner, key, _fingerprint(request))
    if reply is None:
        request.idempotency_claim = (owner, key)
        # Whatever comes of it, also when the client hangs up: afterwards nobody works on it.
        request.exit_stack.callback(idempotency.leave, owner, key)
        return None
    if reply.body is FOLLOW:
        return None
    return HttpResponse(crypto.decrypt(reply.body), status=reply.status, content_type="application/json")


def _owner(request: HttpRequest) -> str:
    if getattr(request, "actor", None) is not None:
        return request.actor.credential
    if hasattr(request, "person"):
        return f"person:{request.person.pk}"
    return f"anonymous:{place_of(request).ip}"


def _fingerprint(request: HttpRequest) -> bytes:
    """What must be the same for the same reply. Multipart bodies differ by their boundary, so their parts are taken."""
    start = f"{request.method} {request.get_full_path()} {request.headers.get('X-Workspace-ID', '')}\n".encode()
    if request.content_type != MULTIPART:
        return start + request.body
    files = []
    for name, uploads in request.FILES.lists():
        for upload in uploads:
            digest = hashlib.sha256()
            for piece in upload.chunks():
                digest.update(piece)
            upload.seek(0)
            files.append((name, upload.name, digest.hexdigest()))
    return start + json.dumps([sorted(request.POST.lists()), sorted(files)]).encode()
