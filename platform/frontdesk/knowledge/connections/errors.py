"""What can be wrong with a connected place, told to an owner."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from frontdesk.core.errors import Conflict, Invalid, NotFound


class ConnectionNotFound(NotFound):
    default_message = _("This place is not connected any more.")


class UnknownLoader(Invalid):
    code = "UNKNOWN_LOADER"
    default_message = _("No plugin that is on offers this kind of place. Look under Plugins.")

    def __init__(self) -> None:
        super().__init__(errors=[{"field": "loader", "message": str(self.default_message)}])


class LoaderGone(Conflict):
    code = "LOADER_GONE"
    default_message = _("The plugin that reads this place is not installed any more. What was learned stays.")


class LoaderOff(Conflict):
    code = "LOADER_OFF"
    default_message = _("The plugin that reads this place is off. What was learned stays. Turn it on under Plugins to go on.")


class LoaderUnset(Invalid):
    code = "LOADER_UNSET"
    default_message = _("The plugin that reads this place needs other settings by now. Open the settings and save them again.")


class CannotLook(Invalid):
    """The place could not be looked at; the message is the loader's own reason."""

    code = "PLACE_UNREADABLE"


class AlreadyAtRest(Conflict):
    default_message = _("This place is not being looked at right now.")


class TooManyPlaces(Conflict):
    code = "TOO_MANY_PLACES"
    default_message = _("A knowledge base can have 50 places. Disconnect one first, or start another base.")


class PlaceTooLarge(Invalid):
    """It was listed up to a limit. What came before was learned, and nothing was taken away."""

    code = "PLACE_TOO_LARGE"
    default_message = _(
        "There is more than can be learned from one place. What came first was learned; connect smaller parts of it."
    )


class PlaceTooSlow(Invalid):
    code = "PLACE_TOO_SLOW"
    default_message = _("This place took too long. What came first was learned, and nothing was taken away.")


class ListedNothing(Invalid):
    code = "LISTED_NOTHING"
    default_message = _("There was nothing this time, which may be a fault there. What was learned stays.")


class BadItem(Invalid):
    """A loader gave something that cannot be kept, which is its mistake."""

    code = "BAD_ITEM"
    default_message = _("The plugin that reads this place gave something without an id. Tell its author. What was learned stays.")
