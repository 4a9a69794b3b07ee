"""Reading provider accounts, for forms and lists; never their secrets."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from .calls import OFFLINE
from .errors import AccountNotFound
from .models import ProviderAccount
from .registry import provider_classes, shared_config


def accounts() -> QuerySet[ProviderAccount]:
    """In the order in which they are tried."""
    return ProviderAccount.objects.order_by("position", "id")


def account_by_id(pk: int) -> ProviderAccount:
    """Raises AccountNotFound."""
    found = accounts().filter(pk=pk).first()
    if found is None:
        raise AccountNotFound()
    return found


@dataclass(frozen=True, slots=True)
class Offer:
    """A provider that may be set up."""

    slug: str
    label: str
    shared: bool


def offers() -> list[Offer]:
    """Every installed provider that needs an account, and whether the operator shares one."""
    return [
        Offer(slug, cls.label, shared_config(slug) is not None) for slug, cls in provider_classes().items() if slug != OFFLINE
    ]
