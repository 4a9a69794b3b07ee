"""What can be wrong with knowledge, told to an owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from frontdesk.core.errors import Conflict, Invalid, NotFound, TooLarge

if TYPE_CHECKING:
    from .models import Source


class BaseNotFound(NotFound):
    default_message = _("This knowledge base does not exist, or it was deleted.")


class SourceNotFound(NotFound):
    default_message = _("This source does not exist, or it was deleted.")


class PassageNotFound(NotFound):
    default_message = _("This passage does not exist any more. Reload the page.")


class FileTooLarge(TooLarge):
    code = "FILE_TOO_LARGE"

    def __init__(self, limit: int) -> None:
        super().__init__(_("This file is larger than %(limit)s MiB. Split it into smaller files.") % {"limit": limit // 2**20})


class EmptyFile(Invalid):
    code = "EMPTY_FILE"
    default_message = _("This file is empty. Check that you chose the right file and upload it again.")


class AlreadyHere(Conflict):
    """`twin`: the source that has the same content."""

    code = "ALREADY_HERE"

    def __init__(self, twin: Source) -> None:
        super().__init__(_("This file is here already, as “%(name)s”.") % {"name": twin.name})
        self.twin = twin


class BaseFull(Invalid):
    code = "KNOWLEDGE_BASE_FULL"

    def __init__(self, limit: int) -> None:
        super().__init__(
            _("This knowledge base holds %(limit)s pages, the most it may. Delete sources or start another one.")
            % {"limit": limit}
        )


class SourceNotReady(Conflict):
    code = "SOURCE_NOT_READY"
    default_message = _("Passages can be changed once their source is ready. Wait until it is learned, or have it read again.")


class ComesFromAPlace(Conflict):
    code = "COMES_FROM_A_PLACE"
    default_message = _("What comes from a connected place stays with that place. Nothing was moved.")


class NothingToStop(Conflict):
    default_message = _("This source is not being learned right now.")


class NameInSeveralBases(Conflict):
    code = "NAME_IN_SEVERAL_BASES"
    default_message = _("Several knowledge bases have a file of this name. Say which one with kb_uuid.")


class FindingNotFound(NotFound):
    default_message = _("There is no such finding. When what it was about changes, it goes.")
