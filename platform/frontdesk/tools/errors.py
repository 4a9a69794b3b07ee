"""What can be wrong with tools, in sentences."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from frontdesk.core.errors import Invalid, NotFound


class ToolNotFound(NotFound):
    code = "TOOL_NOT_FOUND"
    default_message = _("There is no such tool, or it was deleted.")


class ConnectionNotFound(NotFound):
    code = "TOOL_CONNECTION_NOT_FOUND"
    default_message = _("There is no such connection.")


class UnknownToolSource(NotFound):
    code = "UNKNOWN_TOOL_SOURCE"
    default_message = _("The plugin for this kind of connection is not installed, or is turned off.")


class SchemaRefused(Invalid):
    """A JSON Schema, or an OpenAPI document, that cannot be used; the sentence is for whoever wrote it."""

    code = "SCHEMA_REFUSED"
    default_message = _("This description cannot be read.")


class ConnectionFailed(Invalid):
    """The other side did not answer as it should; the sentence is its own or ours."""

    code = "CONNECTION_FAILED"
    default_message = _("The connection did not work. Check the settings.")
