"""Where vendors of channels post: /hooks/<token>. Who may is decided by the channel's plugin (`channels.intake`)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt

from frontdesk.channels.errors import ChannelResting, RequestTooLarge
from frontdesk.channels.intake import MOST_BYTES, take_in_soon
from frontdesk.core.errors import FrontdeskError, Malformed
from frontdesk.sdk.values import WebRequest

from ..api.errors import MethodNotAllowed

METHODS = ("GET", "POST")


@csrf_exempt
async def webhook(request: HttpRequest, token: str) -> HttpResponse:
    """200 when the request is kept for good; whatever else is to be sent again or was not meant for us."""
    try:
        if request.method not in METHODS:
            raise MethodNotAllowed
        answer = await take_in_soon(token, _as_value(request))
    except FrontdeskError as error:
        refusal = JsonResponse(error.as_dict(), status=error.status)
        if isinstance(error, ChannelResting):
            refusal["Retry-After"] = str(error.retry_after)
        if isinstance(error, MethodNotAllowed):
            refusal["Allow"] = ", ".join(METHODS)
        return refusal
    return HttpResponse(answer.body, status=answer.status, content_type=f"{answer.media_type}; charset=utf-8")


def _as_value(request: HttpRequest) -> WebRequest:
    """Raises RequestTooLarge, Malformed."""
    length = request.headers.get("Content-Length", "0")
    if length.isdecimal() and int(length) > MOST_BYTES:
        raise RequestTooLarge()
    try:
        body = request.read(MOST_BYTES + 1)
    except UnreadablePostError as error:
        raise Malformed() from error
    headers = {name.lower(): value for name, value in request.headers.items()}
    return WebRequest(request.method or "", request.path, headers, request.GET.dict(), body)
