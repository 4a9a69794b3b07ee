"""Every change to a workspace's provider accounts. Secrets go in and never come out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from asgiref.sync import async_to_sync
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from frontdesk.core.errors import Invalid
from frontdesk.core.events import emit
from frontdesk.plugins.config import split
from frontdesk.sdk.errors import ProviderError
from frontdesk.workspaces import audit
from frontdesk.workspaces.permissions import Actor, require

from . import catalogue, remembered
from .models import ProviderAccount
from .registry import provider_class


@transaction.atomic
def save_account(
    actor: Actor, provider: str, values: dict[str, Any], *, account: ProviderAccount | None = None, name: str = ""
) -> ProviderAccount:
    """Add or change an account. A secret that is left empty keeps its stored value. Raises Invalid with one entry a field."""
    require(actor, "manage_providers")
    row = _filled(actor, provider, values, account)
    row.name = name.strip()[:80] or row.name or provider_class(provider).label
    if row.pk is None:
        row.position = ProviderAccount.objects.count()
    row.save()
    audit.record(actor, "provider.saved", row, provider=provider)
    emit(actor.workspace.uuid, "provider.changed", provider=provider)
    return row


def test_connection(actor: Actor, provider: str, values: dict[str, Any], *, account: ProviderAccount | None = None) -> int:
    """Reach the vendor with these values before they are saved; gives how many models it offers.

    Raises Invalid with the vendor's own reason in words.
    """
    require(actor, "manage_providers")
    row = _filled(actor, provider, values, account)
    try:
        found, problem = async_to_sync(catalogue.ask)(provider, row), ""
    except (ProviderError, TimeoutError) as error:
        found, problem = [], error.cause if isinstance(error, ProviderError) else _("It did not answer within 20 seconds.")
    if account is not None:
        ProviderAccount.objects.filter(pk=account.pk).update(checked_at=timezone.now(), problem=problem[:300])
    if problem:
        raise Invalid(problem, code="CONNECTION_FAILED")
    catalogue.keep(actor.workspace, provider, found)
    return len(found)


@transaction.atomic
def set_order(actor: Actor, ids: Sequence[int]) -> None:
    """In which order the accounts are tried."""
    require(actor, "manage_providers")
    for position, pk in enumerate(ids):
        ProviderAccount.objects.filter(pk=pk).update(position=position)
    remembered.forget(actor.workspace.pk)
    audit.record(actor, "provider.ordered", "", ids=list(ids))


@transaction.atomic
def set_enabled(actor: Actor, account: ProviderAccount, *, enabled: bool) -> None:
    require(actor, "manage_providers")
    account.enabled = enabled
    account.save(update_fields=["enabled", "updated_at"])
    audit.record(actor, "provider.enabled" if enabled else "provider.disabled", account)


@transaction.atomic
def delete_account(actor: Actor, account: ProviderAccount) -> None:
    require(actor, "manage_providers")
    audit.record(actor, "provider.deleted", account, provider=account.provider)
    account.delete()


def _filled(actor: Actor, provider: str, values: dict[str, Any], account: ProviderAccount | None) -> ProviderAccount:
    """The account with these values, checked by the provider's own model, not saved."""
    cls = provider_class(provider)
    row = account or ProviderAccount(workspace=actor.workspace, provider=provider)
    row.settings, row.secrets = split(cls.config_model, values, kept=row.secrets, before=row.settings)
    return row
