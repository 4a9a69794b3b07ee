"""What can be wrong with an agent, in sentences."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from frontdesk.core.errors import Conflict, NotFound


class AgentNotFound(NotFound):
    code = "AGENT_NOT_FOUND"
    default_message = _("There is no such agent, or it was deleted.")


class AgentNotLive(Conflict):
    code = "AGENT_NOT_LIVE"
    default_message = _("This agent is not live yet. Open it in the Studio and choose “Put live”.")


class NobodyLive(Conflict):
    code = "NO_LIVE_AGENT"
    default_message = _("No agent is live yet. Open one in the Studio and choose “Put live”.")


class VersionNotFound(NotFound):
    code = "VERSION_NOT_FOUND"
    default_message = _("There is no such earlier version.")
