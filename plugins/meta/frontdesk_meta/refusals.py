"""Meta's error codes in an owner's words, with what can be done.

https://developers.facebook.com/docs/graph-api/guides/error-handling
https://developers.facebook.com/docs/messenger-platform/error-codes
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from frontdesk.sdk.errors import DeliveryFailed
from frontdesk.sdk.words import Phrase

from .words import phrase


@dataclass(frozen=True, slots=True)
class Refusal:
    """`permanent`: trying again by itself cannot help. `wait` is in seconds."""

    sentence: Phrase
    permanent: bool = True
    wait: float = 0.0
    error: type[DeliveryFailed] = DeliveryFailed


class WindowClosed(DeliveryFailed):
    """The customer wrote too long ago for an ordinary answer."""


BAD_TOKEN = Refusal(
    phrase("Meta does not accept the access token. Make a new one, and paste it on the page of this channel."),
    permanent=False,
    wait=300,
)
NOT_ALLOWED = Refusal(
    phrase("The access token may not do this. Make one with all the permissions that the steps of this channel name."),
    permanent=False,
    wait=300,
)
SLOWER = Refusal(phrase("Meta asks to slow down. It is tried again by itself."), permanent=False, wait=60)
LATER = Refusal(phrase("Meta has a problem of its own. It is tried again by itself."), permanent=False)
BLOCKED = Refusal(
    phrase("Meta has blocked this account for breaking its rules. See Account quality in Meta Business Suite for what to do.")
)

COMMON: Mapping[int | tuple[int, int], Refusal] = {
    1: LATER,
    2: LATER,
    3: NOT_ALLOWED,
    4: SLOWER,
    10: NOT_ALLOWED,
    17: SLOWER,
    32: SLOWER,
    102: BAD_TOKEN,
    190: BAD_TOKEN,
    200: NOT_ALLOWED,
    299: NOT_ALLOWED,
    368: BLOCKED,
    613: SLOWER,
}

CLOSED = Refusal(
    phrase(
        "The customer has not written for too long, and Meta does not let a business write first. "
        "They have to write again; after that you can answer for 24 hours."
    ),
    error=WindowClosed,
)
GONE = Refusal(phrase("The customer cannot be reached: they blocked you, or their account is gone. They have to write first."))
NO_HUMAN_AGENT = Refusal(
    phrase(
        "After 24 hours only a person may answer, for up to 7 days, and Meta has not given your app the feature Human Agent. "
        "Ask for it in the app's dashboard, or wait until the customer writes again."
    )
)
TOO_LARGE = Refusal(phrase("The file is larger than Meta takes. Send a smaller one or a link."))
BAD_FILE = Refusal(phrase("Meta does not take this file. Send a picture as JPEG or PNG, other files as PDF, or a link."))

NOT_REVIEWED = Refusal(
    phrase(
        "Until Meta has reviewed your app, it may write only to people who have a role in it. "
        "Ask for the review in the app's dashboard, or give the customer the role of a tester."
    )
)

MESSAGING: Mapping[int | tuple[int, int], Refusal] = {
    (4, 2018022): SLOWER,
    (10, 2018065): CLOSED,
    (10, 2018278): CLOSED,
    (10, 2534022): CLOSED,
    (10, 2534037): NO_HUMAN_AGENT,
    (100, 2018001): GONE,
    (100, 2018008): BAD_FILE,
    (100, 2018047): BAD_FILE,
    (100, 2018109): TOO_LARGE,
    (100, 2018276): NO_HUMAN_AGENT,
    (100, 2534014): GONE,
    (200, 1545041): GONE,
    (200, 2018028): NOT_REVIEWED,
    (200, 2018108): GONE,
    230: NOT_ALLOWED,
    551: GONE,
    1200: LATER,
    80006: SLOWER,
}
"""Messenger's and Instagram's."""
