"""Writing one line into a chat, the way each of them takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from frontdesk.sdk.context import Context
from frontdesk.sdk.errors import ToolError

if TYPE_CHECKING:
    from .config import NotifyConfig

SECONDS = 8.0


async def post(context: Context, config: NotifyConfig, text: str) -> None:
    """Raises ToolError with a sentence for the owner; the address is never in it."""
    try:
        async with context.http(timeout=SECONDS) as client:
            response = await client.post(config.address.get_secret_value(), **_body(config.app, text))
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ToolError("Your chat could not be reached. Check the address.") from error
    if response.status_code >= 300:
        raise ToolError(
            f"Your chat refused the message ({response.status_code}). Make a new webhook there and paste its address."
        )


def _body(app: str, text: str) -> dict[str, object]:
    """As api.slack.com/messaging/webhooks, discord.com/developers/docs/resources/webhook and docs.ntfy.sh/publish have it."""
    if app == "ntfy":
        return {"content": text.encode(), "headers": {"Title": "Frontdesk"}}
    return {"json": {"content" if app == "discord" else "text": text}}
