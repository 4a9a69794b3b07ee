"""AI providers: which accounts are asked, in which order, and setting one up."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from frontdesk.core.errors import FrontdeskError, Malformed
from frontdesk.providers import actions, queries
from frontdesk.providers.calls import OFFLINE
from frontdesk.providers.models import ProviderAccount
from frontdesk.providers.registry import provider_class, provider_classes
from frontdesk.providers.remembered import providers_off

from ..page import partial, studio_page
from ..request import StudioRequest
from ..schema_forms import SchemaForm, in_one_line
from .forms import AccountNameForm
from .frame import show


@require_GET
@studio_page("manage_providers")
def listing(request: StudioRequest) -> HttpResponse:
    off = providers_off(request.actor.workspace)
    offers = [offer for offer in queries.offers() if offer.slug not in off]
    labels = {slug: cls.label for slug, cls in provider_classes().items()}
    accounts = list(queries.accounts())
    own = {account.provider for account in accounts}
    return show(
        request,
        "providers",
        rows=[(account, labels.get(account.provider, account.provider), account.provider in off) for account in accounts],
        quotes=OFFLINE not in off,
        offers=offers,
        shared=[offer for offer in offers if offer.shared and offer.slug not in own],
    )


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
@studio_page("manage_providers")
def new(request: StudioRequest, slug: str) -> HttpResponse:
    return _form_page(request, slug, None)


@require_http_methods(["GET", "POST"])
@sensitive_post_parameters()
@studio_page("manage_providers")
def edit(request: StudioRequest, pk: int) -> HttpResponse:
    account = queries.account_by_id(pk)
    return _form_page(request, account.provider, account)


def _form_page(request: StudioRequest, slug: str, account: ProviderAccount | None) -> HttpResponse:
    label = provider_class(slug).label
    form = _form(request, slug, account)
    name = AccountNameForm(request.POST or None, initial={"account_name": account.name if account else ""})
    if form.is_valid() and name.is_valid():
        try:
            actions.save_account(request.actor, slug, form.values, account=account, name=name.cleaned_data["account_name"])
        except FrontdeskError as error:
            form.add_errors(error)
        else:
            messages.success(request, _("%(label)s is ready to answer.") % {"label": label})
            return redirect("studio:settings_providers")
    test_url = reverse("studio:provider_test", args=[account.pk]) if account else reverse("studio:provider_test_new", args=[slug])
    context = {"form": form, "name_form": name, "label": label, "account": account, "test_url": test_url}
    status = 422 if form.errors or name.errors else 200
    return show(request, "provider", section="providers", **context, status=status)


def _form(request: StudioRequest, slug: str, account: ProviderAccount | None) -> SchemaForm:
    return SchemaForm(
        provider_class(slug).config_model,
        request.POST or None,
        workspace=request.actor.workspace,
        initial=account.settings if account else None,
        kept_secrets=[name for name, value in account.secrets.items() if value] if account else (),
    )


@require_POST
@sensitive_post_parameters()
@studio_page("manage_providers")
def test_new(request: StudioRequest, slug: str) -> HttpResponse:
    provider_class(slug)
    return _test(request, slug, None)


@require_POST
@sensitive_post_parameters()
@studio_page("manage_providers")
def test(request: StudioRequest, pk: int) -> HttpResponse:
    account = queries.account_by_id(pk)
    return _test(request, account.provider, account)


def _test(request: StudioRequest, slug: str, account: ProviderAccount | None) -> HttpResponse:
    """Reach the vendor with what stands in the form, saved or not."""
    form = _form(request, slug, account)
    found, problem = 0, ""
    if form.is_valid():
        try:
            found = actions.test_connection(request.actor, slug, form.values, account=account)
        except FrontdeskError as error:
            form.add_errors(error)
    if form.errors:
        problem = in_one_line(form)
    said = ngettext("It works: %(n)s model can be used.", "It works: %(n)s models can be used.", found) % {"n": found}
    return partial(request, "studio/settings/tested.html", said=problem or said, kind="bad" if problem else "good")


@require_POST
@studio_page("manage_providers")
def change(request: StudioRequest, pk: int) -> HttpResponse:
    """Up, down, on, off, delete."""
    account = queries.account_by_id(pk)
    match request.POST.get("do"):
        case "up":
            _move(request, account, -1)
        case "down":
            _move(request, account, 1)
        case "on" | "off" as do:
            actions.set_enabled(request.actor, account, enabled=do == "on")
        case "delete":
            actions.delete_account(request.actor, account)
            messages.success(request, _("“%(name)s” is deleted, and its key with it.") % {"name": account.name})
        case _:
            raise Malformed
    return redirect("studio:settings_providers")


def _move(request: StudioRequest, account: ProviderAccount, step: int) -> None:
    order = list(queries.accounts().values_list("pk", flat=True))
    at = order.index(account.pk)
    to = min(max(0, at + step), len(order) - 1)
    order.insert(to, order.pop(at))
    actions.set_order(request.actor, order)
