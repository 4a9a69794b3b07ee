"""What channels that speak HTTP have in common: what an answer, or none, says about a message that was sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from .errors import DeliveryFailed, DeliveryUnknown
from .vendor import retry_after, sentence

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
