"""What channels that speak HTTP have in common: what an answer, or none, says about a message that was sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from .errors import DeliveryFailed, DeliveryUnknown
from .values import Attachment
from .vendor import retry_after, sentence

if TYPE_CHECKING:
    from .context import Context

# Trying again may help. All other 4xx stay as they are.
PASSING = frozenset({408, 425, 429})


@contextmanager
def sending(vendor: str) -> Iterator[None]:
    """Around a request that sends a message: a connection that never stood is told from one that broke after it was used."""
    import httpx

    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise DeliveryFailed(sentence(f"{vendor} could not be reached", str(error)), permanent=False) from error
    except httpx.InvalidURL as error:
        raise DeliveryFailed(sentence(f"The address of {vendor} is not one", str(error)), permanent=True) from error
    except httpx.HTTPError as error:
        raise DeliveryUnknown(f"{vendor} did not say whether it took the message.") from error


def check_status(vendor: str, status: int, headers: Mapping[str, str], message: str = "") -> None:
    """Raises what an HTTP status other than 2xx means for a message. `message` is the vendor's own and may be empty."""
    if 200 <= status < 300:
        return
    if status == 504:
        raise DeliveryUnknown(f"{vendor} did not say in time whether it took the message (504).")
    permanent = status < 500 and status not in PASSING
    said = "refused the message" if permanent else "asks to slow down" if status == 429 else "is not available"
    raise DeliveryFailed(sentence(f"{vendor} {said} ({status})", message), permanent=permanent, retry_after=retry_after(headers))


async def download(
    vendor: str, attachment: Attachment, context: Context, *, headers: Mapping[str, str] | None = None, timeout: float = 20.0
) -> Attachment:
    """The attachment with what is at its `url`, for `Channel.fetch`. Raises DeliveryFailed.

    Redirects are followed to hosts in the manifest; `headers` go to the first one only. Frontdesk stops what is too large.
    """
    import httpx

    given = dict(headers or {})
    try:
        async with context.http(timeout=timeout) as client:
            address = httpx.URL(attachment.url)
            for _hop in range(5):
                response = await client.get(address, headers=given)
                if response.next_request is None:
                    break
                elsewhere = response.next_request.url.host != address.host
                address, given = response.next_request.url, {} if elsewhere else given
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise DeliveryFailed(sentence(f"{vendor} did not give the file", str(error)), permanent=False) from error
    if response.status_code != 200:
        permanent = 300 <= response.status_code < 500 and response.status_code not in PASSING
        wait = retry_after(response.headers)
        raise DeliveryFailed(f"{vendor} did not give the file ({response.status_code}).", permanent=permanent, retry_after=wait)
    announced = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return replace(attachment, data=response.content, media_type=announced or attachment.media_type)
