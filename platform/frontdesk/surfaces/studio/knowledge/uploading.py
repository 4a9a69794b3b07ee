"""Files that are dropped or chosen: one request a file from the page's script, or all of them without it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from frontdesk.core.errors import FrontdeskError
from frontdesk.knowledge import actions, contents, queries
from frontdesk.knowledge.errors import AlreadyHere
from frontdesk.knowledge.reading.errors import sentence
from frontdesk.workspaces.models import Workspace

from ..page import studio_page
from ..request import StudioRequest


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that was not taken. `url` leads to the one that it repeats."""

    name: str
    message: str
    url: str = ""


@require_POST
@studio_page("edit_knowledge")
def files(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """Any number of files. One that is refused does not keep the others back.

    The page's script sends one at a time and reads JSON: `{"added": 1, "problems": [], "twins": []}`, where both list
    `Refused`: what cannot be taken, and what is here already.
    """
    base = queries.base(uuid)
    twins: list[Refused] = []
    problems: list[Refused] = []
    sent = request.FILES.getlist("files")
    for file in sent:
        name = file.name or _("File")
        try:
            actions.add_file(request.actor, base, name, file, once=True)
        except AlreadyHere as error:
            twins.append(Refused(name, str(error.message), reverse("studio:source", args=[error.twin.uuid])))
        except FrontdeskError as error:
            problems.append(Refused(name, str(error.message)))
    added = len(sent) - len(twins) - len(problems)
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        answer = {"added": added, "problems": list(map(asdict, problems)), "twins": list(map(asdict, twins))}
        return JsonResponse(answer, status=422 if problems else 200)
    if added:
        messages.success(request, ngettext("Learning %(n)s file…", "Learning %(n)s files…", added) % {"n": added})
    for refused in [*problems, *twins]:
        messages.error(request, f"{refused.name}: {refused.message}")
    if not sent:
        messages.error(request, _("Choose at least one file."))
    return redirect("studio:base", uuid)


def rules(workspace: Workspace) -> dict[str, Any]:
    """What the page's script tells before it sends anything: sizes in bytes, and a sentence for each ending that is refused."""
    suffixes = contents.refused_suffixes(workspace)
    return {
        "most": settings.UPLOAD_MAX_BYTES,
        "refused": {suffix: sentence("unsupported", kind) for suffix, kind in suffixes.items()},
        "too_large": _("This file is larger than %(mib)s MiB. Split it into smaller files.")
        % {"mib": settings.UPLOAD_MAX_BYTES // 2**20},
        "empty": sentence("empty"),
        "twice": _("This file is in the list twice."),
        "waiting": _("Waiting…"),
        "sending": _("Sending…"),
        "again": _("Send again"),
        "all_again": _("Send all of these again"),
        "stop": _("Stop"),
        "away": _("Take off the list"),
        "open": _("Look at it"),
        "stopped": _("Not sent."),
        "unreachable": _("It could not be sent. Check your connection and send it again."),
        "busy": _("The server is busy. Send it again in a minute."),
        "signed_out": _("You are signed out. Load the page anew, sign in, and drop the files again."),
        "progress": _("%(done)s of %(total)s files have arrived."),
        "refused_some": _("%(n)s need a look."),
        "hidden": _("%(n)s hidden files of your computer were left out."),
    }
