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
from frontdesk.providers.models import ProviderAccount
from frontdesk.providers.registry import provider_class, provider_classes

from ..page import partial, studio_page
from ..request import StudioRequest
from .forms import AccountForm
from .frame import show


@require_GET
@studio_page("manage_providers")
def listing(request: StudioRequest) -> HttpResponse:
    offers = queries.offers()
    labels = {slug: cls.label for slug, cls in provider_classes().items()}
    accounts = list(queries.accounts())
    own = {account.provider for account in accounts}
    return show(
        request,
        "providers",
        rows=[(account, labels.get(account.provider, account.provider)) for account in accounts],
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
    form = AccountForm(slug, request.POST or None, account=account)
    if form.is_valid():
        try:
            actions.save_account(request.actor, slug, form.values(), account=account, name=form.cleaned_data["account_name"])
        except FrontdeskError as error:
            _blame(form, error)
        else:
            messages.success(request, _("%(label)s is ready to answer.") % {"label": label})
            return redirect("studio:settings_providers")
    test_url = reverse("studio:provider_test", args=[account.pk]) if account else reverse("studio:provider_test_new", args=[slug])
    context = {"form": form, "label": label, "account": account, "test_url": test_url}
    return show(request, "provider", section="providers", **context, status=422 if form.errors else 200)


def _blame(form: AccountForm, error: FrontdeskError) -> None:
    form.blame(error.errors)
    if not error.errors:
        form.add_error(None, str(error.message))


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
    form = AccountForm(slug, request.POST, account=account)
    found, problem = 0, ""
    if not form.is_valid():
        problem = " ".join(f"{form.fields[name].label}: {' '.join(texts)}" for name, texts in form.errors.items())
    else:
        try:
            found = actions.test_connection(request.actor, slug, form.values(), account=account)
        except FrontdeskError as error:
            problem = " ".join([str(error.message), *(each["message"] for each in error.errors)])
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
