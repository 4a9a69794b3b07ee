"""Connections to servers that offer tools: a plugin's source with an owner's settings."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from frontdesk.core.errors import FrontdeskError, Malformed
from frontdesk.plugins.activation import is_on
from frontdesk.plugins.host import host
from frontdesk.sdk.tools import ToolSource
from frontdesk.tools import actions, queries
from frontdesk.tools.errors import UnknownToolSource
from frontdesk.tools.models import Connection

from ..page import render, studio_page
from ..request import StudioRequest
from ..schema_forms import SchemaForm
from .views import back


class NameForm(forms.Form):
    connection_name = forms.CharField(label=gettext_lazy("What do you call it?"), max_length=80, required=False)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@studio_page("manage_tools")
def new(request: StudioRequest, source: str) -> HttpResponse:
    return _page(request, source, None)


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@studio_page("manage_tools")
def connection(request: StudioRequest, uuid: UUID) -> HttpResponse:
    found = queries.connection(uuid)
    try:
        return _page(request, found.source, found)
    except UnknownToolSource as error:
        # It can be looked at and deleted though its plugin is off.
        context = {"connection": found, "problem": error.message, "back": back()}
        return render(request, "studio/tools/connection.html", title=found.name, **context)


def _page(request: StudioRequest, slug: str, found: Connection | None) -> HttpResponse:
    source = _source(request, slug)
    data = request.POST if request.method == "POST" else None
    kept = [name for name, value in found.secrets.items() if value] if found else ()
    settings = found.settings if found else None
    form = SchemaForm(source.config_model, data, workspace=request.actor.workspace, initial=settings, kept_secrets=kept)
    name = NameForm(data, initial={"connection_name": found.name if found else source.label})
    if form.is_valid() and name.is_valid():
        try:
            saved = actions.save_connection(
                request.actor, slug, form.values, name=name.cleaned_data["connection_name"], connection=found
            )
        except FrontdeskError as error:
            form.add_errors(error)
        else:
            messages.success(request, _("Connected. It offers %(n)s tools.") % {"n": len(saved.tools)})
            return redirect("studio:tool_connection", saved.uuid)
    return render(
        request,
        "studio/tools/connection.html",
        title=found.name if found else source.label,
        back=back(),
        form=form,
        name_form=name,
        source=source,
        connection=queries.connection(found.uuid) if found else None,
        status=422 if form.errors or name.errors else 200,
    )


def _source(request: StudioRequest, slug: str) -> type[ToolSource]:
    offer = host().offers("tool_sources").get(slug)
    if offer is None or not is_on(request.actor.workspace, offer.plugin):
        raise UnknownToolSource()
    source: type[ToolSource] = offer.item
    return source


@require_POST
@studio_page("manage_tools")
def change(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """One of the small changes, named by the button `do`."""
    found = queries.connection(uuid)
    match request.POST.get("do", ""):
        case "refresh":
            actions.refresh_connection(request.actor, found)
            messages.success(request, _("It offers %(n)s tools.") % {"n": len(found.tools)})
        case "agree":
            actions.agree_to_changes(request.actor, found)
            messages.success(request, _("Agents use the changed tools from now on."))
        case "on" | "off" as do:
            actions.set_connection_enabled(request.actor, found, enabled=do == "on")
        case "delete":
            actions.delete_connection(request.actor, found)
            messages.success(request, _("“%(name)s” is deleted.") % {"name": found.name})
            return redirect("studio:tools")
        case _unknown:
            raise Malformed
    return redirect("studio:tool_connection", uuid)
