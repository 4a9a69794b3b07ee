"""WhatsApp's error codes in an owner's words, with what can be done.

https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
They come with the answer to a message, or later with its status.
"""

from __future__ import annotations

from collections.abc import Mapping

from frontdesk_meta.refusals import BLOCKED, LATER, NOT_ALLOWED, SLOWER, Refusal

from .words import phrase

CLOSED = Refusal(
    phrase("The customer has not written for more than 24 hours. Send one of your approved templates, or wait until they write.")
)
UNDELIVERABLE = Refusal(
    phrase(
        "WhatsApp could not deliver it: the number is not on WhatsApp, has an old version of it, or has blocked you. "
        "Try to reach the customer another way."
    )
)
NOT_A_TESTER = Refusal(
    phrase("This is a test number, and it writes only to numbers that you listed. Add the customer's under WhatsApp → API setup.")
)
PAYMENT = Refusal(
    phrase("There is a problem with paying Meta. Check the payment method of your account in WhatsApp Manager."),
    permanent=False,
    wait=600,
)
NOT_REGISTERED = Refusal(
    phrase("Your number is not registered, or not ready yet. Open WhatsApp Manager → Phone numbers, and register it there."),
    permanent=False,
    wait=600,
)
UNWANTED = Refusal(
    phrase("WhatsApp keeps it back to spare this customer too many messages of businesses. Do not send it again today.")
)
BAD_FILE = Refusal(phrase("WhatsApp does not take this file. Send another kind, a smaller one, or a link."))
BAD_TEMPLATE = Refusal(phrase("The values do not fit the template. Choose it again, and fill in every blank."))
NO_TEMPLATE = Refusal(
    phrase("WhatsApp has no such approved template any more. See WhatsApp Manager → Message templates, and choose another.")
)
STRANGER = Refusal(phrase("This customer shows WhatsApp no number, and this message needs one. Ask them for it."))

WHATSAPP: Mapping[int | tuple[int, int], Refusal] = {
    0: NOT_ALLOWED,
    33: NOT_REGISTERED,
    80007: SLOWER,
    130403: BLOCKED,
    130429: SLOWER,
    130472: UNWANTED,
    130497: Refusal(
        phrase("Meta does not let your business write to this country. Your account's page in WhatsApp Manager says why.")
    ),
    131000: LATER,
    131005: NOT_ALLOWED,
    131016: LATER,
    131021: Refusal(phrase("This is your own number. WhatsApp does not send messages to oneself.")),
    131026: UNDELIVERABLE,
    131030: NOT_A_TESTER,
    131031: BLOCKED,
    131037: Refusal(
        phrase("Meta has not approved your display name yet. See WhatsApp Manager → Phone numbers."), permanent=False, wait=600
    ),
    131042: PAYMENT,
    131045: NOT_REGISTERED,
    131047: CLOSED,
    131048: Refusal(
        phrase(
            "Too many customers have blocked or reported your messages, so WhatsApp lets you send fewer. See WhatsApp Manager."
        ),
        permanent=False,
        wait=3600,
    ),
    131049: UNWANTED,
    131050: Refusal(phrase("The customer does not want marketing messages from you any more. Do not send it again.")),
    131051: BAD_FILE,
    131052: Refusal(phrase("WhatsApp could not get the customer's file. Ask them to send it again.")),
    131053: BAD_FILE,
    131056: Refusal(
        phrase("Too many messages to this one customer in a short time. It is tried again by itself."), permanent=False, wait=6
    ),
    131057: Refusal(phrase("WhatsApp is working on your account. It is tried again by itself."), permanent=False, wait=300),
    131062: STRANGER,
    132000: BAD_TEMPLATE,
    132001: NO_TEMPLATE,
    132005: BAD_TEMPLATE,
    132007: NO_TEMPLATE,
    132012: BAD_TEMPLATE,
    132015: NO_TEMPLATE,
    132016: NO_TEMPLATE,
    132018: BAD_TEMPLATE,
    133004: LATER,
    133010: NOT_REGISTERED,
    133016: SLOWER,
    135000: LATER,
    470: CLOSED,
}
