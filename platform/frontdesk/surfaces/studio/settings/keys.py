"""API keys: shown once, good only from the places on their list."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from frontdesk.core.errors import FrontdeskError
from frontdesk.workspaces import actions, queries
from frontdesk.workspaces.models import ApiKey

from ..accounts.forms import blame
from ..page import studio_page
from ..paging import page_of
from ..request import StudioRequest
from .forms import KeyForm, NewKeyForm
from .frame import one, show


@dataclass(frozen=True, slots=True)
class Row:
    """`works` is false for keys that ended."""

    key: ApiKey
    works: bool
    form: KeyForm


@require_http_methods(["GET", "POST"])
@studio_page("manage_keys")
def keys(request: StudioRequest) -> HttpResponse:
    """The answer to a new key shows its text, this once: only its digest is stored."""
    form, secret = NewKeyForm(request.POST or None), ""
    if form.is_valid():
        try:
            secret = actions.create_api_key(request.actor, **form.values())[1]
            form = NewKeyForm()
        except FrontdeskError as error:
            blame(form, error)
    return _page(request, form, secret=secret)


def _page(request: StudioRequest, form: NewKeyForm, *, secret: str = "", changed: Row | None = None) -> HttpResponse:
    page = page_of(request, queries.api_keys())
    rows = [changed if changed and changed.key == key else _row(key) for key in page.rows]
    status = 422 if form.errors or changed else 200
    return show(request, "keys", form=form, secret=secret, rows=rows, page=page, status=status)


def _row(key: ApiKey, form: KeyForm | None = None) -> Row:
    ended = key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= timezone.now())
    return Row(key, not ended, form or KeyForm(key=key))


@require_POST
@studio_page("manage_keys")
def change(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """Revoke a key, or change its name and its list."""
    key = one(queries.api_keys(), uuid)
    if request.POST.get("do") == "revoke":
        actions.revoke_api_key(request.actor, key)
        messages.success(request, _("“%(name)s” has ended. Calls with it are refused from now on.") % {"name": key.name})
        return redirect("studio:settings_keys")
    form = KeyForm(request.POST, key=key)
    if form.is_valid():
        try:
            actions.change_api_key(request.actor, key, **form.values())
        except FrontdeskError as error:
            blame(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("studio:settings_keys")
    return _page(request, NewKeyForm(), changed=_row(key, form))
