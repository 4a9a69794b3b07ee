"""What can be wrong with a webhook, in sentences."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from frontdesk.core.errors import Conflict, NotFound


class EndpointNotFound(NotFound):
    code = "WEBHOOK_NOT_FOUND"
    default_message = _("There is no such webhook.")


class DeliveryNotFound(NotFound):
    code = "WEBHOOK_DELIVERY_NOT_FOUND"
    default_message = _("There is no such delivery any more.")


class EndpointOff(Conflict):
    code = "WEBHOOK_OFF"
    default_message = _("This webhook is off. Turn it on first.")


class TooManyEndpoints(Conflict):
    code = "TOO_MANY_WEBHOOKS"
    default_message = _("A workspace can have 20 webhooks. Delete one that is not needed.")
