"""Errors that a person or program outside is told about.

FrontdeskError             sentence + UPPER_SNAKE code + HTTP status
├── Malformed              400   the request cannot be read
├── NotAuthenticated       401   no credential, or a bad one
├── PaymentRequired        402   no credits left
├── NotAllowed             403   known, but may not do this
├── NotFound               404   no such row, or a row of another workspace
├── Conflict               409   the row is in another state than the request assumes
├── TooLarge               413
├── WrongMediaType         415
├── Invalid                422   fields do not validate; `errors` lists them
├── TooManyRequests        429   `retry_after` in seconds
├── VendorFailed           502   a model or channel vendor failed
└── Unavailable            503   a part of Frontdesk itself cannot be reached

Rooms subclass these in their own `errors.py`; surfaces turn them into JSON, events or pages in one place each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.utils.translation import gettext_lazy as _


class FrontdeskError(Exception):
    """`message` is a sentence for the reader that says what to do next."""

    status: ClassVar[int] = 500
    code: str = "ERROR"
    default_message: Any = _("Something went wrong on our side. Please try again.")

    def __init__(self, message: Any = None, *, code: str | None = None, errors: Sequence[dict[str, Any]] = ()) -> None:
        self.message = message or self.default_message
        super().__init__(str(self.message))
        self.code = code or type(self).code
        self.errors = list(errors)

    def as_dict(self) -> dict[str, Any]:
        """The one error shape: `{message, code, errors?}`."""
        body: dict[str, Any] = {"message": str(self.message), "code": self.code}
        if self.errors:
            body["errors"] = self.errors
        return body


class Malformed(FrontdeskError):
    status = 400
    code = "MALFORMED"
    default_message = _("The request could not be read.")


class NotAuthenticated(FrontdeskError):
    status = 401
    code = "NOT_AUTHENTICATED"
    default_message = _("Send a valid credential: a Bearer token or an Api-Key.")


class PaymentRequired(FrontdeskError):
    status = 402
    code = "PAYMENT_REQUIRED"
    default_message = _("This workspace has no credits left. Add credits to go on.")


class NotAllowed(FrontdeskError):
    status = 403
    code = "NOT_ALLOWED"
    default_message = _("You may not do this. Ask an owner of the workspace.")


class NotFound(FrontdeskError):
    status = 404
    code = "NOT_FOUND"
    default_message = _("There is nothing here, or it was deleted.")


class Conflict(FrontdeskError):
    status = 409
    code = "CONFLICT"
    default_message = _("This was changed in the meantime. Reload and try again.")


class TooLarge(FrontdeskError):
    status = 413
    code = "TOO_LARGE"
    default_message = _("This is too large. Send something smaller.")


class WrongMediaType(FrontdeskError):
    status = 415
    code = "WRONG_MEDIA_TYPE"
    default_message = _("This content type is not taken here.")


class Invalid(FrontdeskError):
    status = 422
    code = "INVALID"
    default_message = _("Some fields need another value.")

    @classmethod
    def field(cls, name: str, message: Any) -> Invalid:
        """One wrong field."""
        return cls(message, errors=[{"field": name, "message": str(message)}])


class TooManyRequests(FrontdeskError):
    status = 429
    code = "TOO_MANY_REQUESTS"
    default_message = _("Too many requests. Wait a moment and try again.")

    def __init__(self, message: Any = None, *, retry_after: float = 1.0, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class VendorFailed(FrontdeskError):
    status = 502
    code = "PROVIDER_ERROR"
    default_message = _("The AI provider could not answer. Please try again in a moment.")


class Unavailable(FrontdeskError):
    status = 503
    code = "UNAVAILABLE"
    default_message = _("Frontdesk cannot reach one of its parts. Please try again in a moment.")


class StorageUnavailable(Unavailable):
    code = "STORAGE_UNAVAILABLE"
    default_message = _("The storage of files cannot be reached. Nothing was lost; please try again in a few minutes.")
