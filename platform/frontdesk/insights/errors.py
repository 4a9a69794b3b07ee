"""What may go wrong with cards, in the reader's words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from frontdesk.core.errors import Conflict, NotFound


class CardNotFound(NotFound):
    code = "CARD_NOT_FOUND"
    default_message = _("This card is not on the page any more.")


class BoardFull(Conflict):
    code = "BOARD_FULL"
    default_message = _("There are 24 cards already. Take one away first.")


class QuestionNotFound(NotFound):
    code = "QUESTION_NOT_FOUND"
    default_message = _("This question is not here any more. Reload the page to see what customers asked last.")
