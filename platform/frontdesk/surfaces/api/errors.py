"""Every error of the API in one shape, `{message, code, errors?}`; as an `event: error` where an event stream was asked for."""

from __future__ import annotations

import json
import logging
import math
from typing import ClassVar

import redis
from django.core.exceptions import (
    BadRequest,
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.core.serializers.json import DjangoJSONEncoder
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from psycopg_pool import PoolTimeout

from frontdesk.core import errors as core

logger = logging.getLogger(__name__)


class MethodNotAllowed(core.FrontdeskError):
    status: ClassVar[int] = 405
    code = "METHOD_NOT_ALLOWED"
    default_message = _("This address does not take this method. The Allow header lists those it takes.")


class Broken(core.FrontdeskError):
    """A fault of ours; its cause is in the log."""

    status: ClassVar[int] = 500
    code = "INTERNAL_ERROR"


BY_STATUS: dict[int, type[core.FrontdeskError]] = {
    error.status: error
    for error in (
        core.Malformed,
        core.NotAuthenticated,
        core.PaymentRequired,
        core.NotAllowed,
        core.NotFound,
        MethodNotAllowed,
        core.Conflict,
        core.TooLarge,
        core.WrongMediaType,
        core.Invalid,
        core.TooManyRequests,
        Broken,
        core.VendorFailed,
        core.Unavailable,
    )
}

TRANSLATIONS: list[tuple[tuple[type[Exception], ...], type[core.FrontdeskError]]] = [
    ((Http404, ObjectDoesNotExist), core.NotFound),
    ((PermissionDenied,), core.NotAllowed),
    ((RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent), core.TooLarge),
    ((BadRequest, SuspiciousOperation, MultiPartParserError, UnreadablePostError), core.Malformed),
    ((OperationalError, InterfaceError, PoolTimeout, redis.RedisError), core.Unavailable),
]


def translate(error: Exception) -> core.FrontdeskError:
    """Whatever was raised, as an error that may be shown; what is our own fault is logged."""
    if isinstance(error, core.FrontdeskError):
        return error
    if isinstance(error, ValidationError):
        return core.Invalid(errors=error.errors)
    if isinstance(error, HttpError):
        # ninja wraps what the body parser raises.
        cause = error.__cause__
        return cause if isinstance(cause, core.FrontdeskError) else BY_STATUS.get(error.status_code, core.Malformed)()
    found = next((shown() for kinds, shown in TRANSLATIONS if isinstance(error, kinds)), Broken())
    if found.status >= 500:
        logger.error("the API could not answer", exc_info=error)
    return found


def wants_events(request: HttpRequest) -> bool:
    """Whether the client asked for an event stream."""
    return "text/event-stream" in request.headers.get("Accept", "")


def respond(request: HttpRequest, error: core.FrontdeskError) -> HttpResponse:
    """The error as a response: JSON, or the first and last event of the stream that was asked for."""
    body = json.dumps(error.as_dict(), cls=DjangoJSONEncoder, ensure_ascii=False)
    if wants_events(request):
        response = HttpResponse(f"event: error\ndata: {body}\n\n", content_type="text/event-stream", status=error.status)
    else:
        response = HttpResponse(body, content_type="application/json", status=error.status)
    if isinstance(error, core.TooManyRequests):
        response["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    if error.status == 401:
        response["WWW-Authenticate"] = "Bearer, Api-Key"
    return response


def answer(request: HttpRequest, error: Exception) -> HttpResponse:
    """ninja's exception handler."""
    return respond(request, translate(error))


def install(api: NinjaAPI) -> None:
    """One handler for everything; ninja's own handlers are replaced."""
    for kind in (Exception, Http404, HttpError, ValidationError):
        api.add_exception_handler(kind, answer)
