"""Tools from an OpenAPI document: look into it, choose, fill in the keys."""

from __future__ import annotations

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from frontdesk.core.errors import FrontdeskError
from frontdesk.tools import actions, openapi

from ..page import render, studio_page
from ..request import StudioRequest
from .forms import ImportForm
from .views import back


@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters()
@studio_page("manage_tools")
def import_page(request: StudioRequest) -> HttpResponse:
    """First the document, then what to take from it; the second page carries the document along."""
    form = ImportForm(request.POST if request.method == "POST" else None)
    service = None
    if form.is_valid():
        try:
            service = _service(form)
            chosen = request.POST.getlist("operation")
            if chosen:
                keys = {key.header: _filled(key, request.POST.get(f"key-{key.header}", "")) for key in service.keys}
                made = actions.import_operations(request.actor, service, chosen, keys)
                said = ngettext("%(n)s tool is ready.", "%(n)s tools are ready.", len(made)) % {"n": len(made)}
                messages.success(request, said)
                return redirect("studio:tools")
            if request.POST.get("do") == "take":
                form.add_error(None, _("Choose at least one."))
        except FrontdeskError as error:
            form.add_error(None, error.errors[0]["message"] if error.errors else str(error.message))
    title = _("Tools from an OpenAPI document")
    status = 422 if form.errors else 200
    return render(
        request,
        "studio/tools/import.html",
        title=title,
        back=back(),
        form=form,
        service=service,
        chosen=request.POST.getlist("operation"),
        status=status,
    )


def _service(form: ImportForm) -> openapi.Service:
    data = form.cleaned_data
    text, address = data["document"], data["url"].strip()
    if not text.strip():
        text = async_to_sync(openapi.fetch)(address)
        form.data = form.data.copy()
        form.data["document"] = text
    return openapi.read(text, address=address)


def _filled(key: openapi.Key, typed: str) -> str:
    typed = typed.strip()
    return f"{key.prefix}{typed}" if typed and not typed.startswith(key.prefix or " ") else typed
