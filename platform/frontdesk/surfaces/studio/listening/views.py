"""“Listen”, under answers in the playground and in conversations."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from frontdesk.core.errors import NotFound
from frontdesk.core.threads import in_thread
from frontdesk.runs import events as kinds
from frontdesk.runs import journal, queries
from frontdesk.speech.choosing import Wish, choices
from frontdesk.speech.files import as_file
from frontdesk.speech.portions import readable
from frontdesk.speech.speaking import speak

from ..page import partial, studio_page
from ..request import StudioRequest

WISH = Wish(media_type="audio/mpeg")


@require_safe
@studio_page("answer")
async def player(request: StudioRequest, run: UUID) -> HttpResponse:
    """A player in place of the button. What stands in the way is said here: a player has no words of its own."""
    await choices(request.actor.workspace, await in_thread(_text, run), WISH)
    return partial(request, "studio/listening/player.html", run=run)


@require_safe
@studio_page("answer")
async def audio(request: StudioRequest, run: UUID) -> StreamingHttpResponse:
    spoken = as_file(speak(request.actor, await in_thread(_text, run), WISH))
    first = await anext(spoken)
    return StreamingHttpResponse(_rest(first, spoken), content_type=WISH.media_type)


async def _rest(first: bytes, spoken: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(spoken):
        yield first
        async for piece in spoken:
            yield piece


def _text(run: UUID) -> str:
    """What the answer of a run says. Raises NotFound before there is one."""
    events = journal.read(queries.run_by_uuid(run))
    answer = next((event.data["text"] for event in reversed(events) if event.type == kinds.MESSAGE), "")
    if not answer:
        raise NotFound
    return readable(answer)
