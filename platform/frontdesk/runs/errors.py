"""What can be wrong with a run, in sentences."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from frontdesk.core.errors import Conflict, NotFound, VendorFailed


class RunNotFound(NotFound):
    code = "RUN_NOT_FOUND"
    default_message = _("There is no such answer in the making.")


class RunInProgress(Conflict):
    """Another message of this conversation is being answered; `run` is its uuid."""

    code = "RUN_IN_PROGRESS"
    default_message = _("The last message is still being answered. Wait for the answer, or stop it.")

    def __init__(self, run: UUID) -> None:
        super().__init__()
        self.run = run


class AnswerTooLong(VendorFailed):
    """The model does not stop talking."""

    code = "ANSWER_TOO_LONG"
    default_message = _("This answer became too long. Please ask for one thing at a time.")


class StepLimitReached(Exception):
    """The model kept calling tools instead of answering."""


class ApprovalNotFound(NotFound):
    code = "APPROVAL_NOT_FOUND"
    default_message = _("There is nothing to decide here any more.")


class AlreadyDecided(Conflict):
    code = "ALREADY_DECIDED"
    default_message = _("Somebody else has decided this already.")


class PersonAnswers(Conflict):
    code = "PERSON_ANSWERS"
    default_message = _("A person answers this conversation now. Give it back to the AI first, then allow this.")
