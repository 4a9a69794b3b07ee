"""Reading provider accounts, for forms and lists; never their secrets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from django.db.models import QuerySet
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from frontdesk.plugins.config import secret_fields

from .calls import OFFLINE
from .errors import AccountNotFound
from .models import ProviderAccount
from .registry import provider_class, provider_classes, shared_config


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


@dataclass(frozen=True, slots=True)
class ConfigField:
    """One field of a provider's form. `value` is empty for secrets; `filled` says whether one is stored."""

    name: str
    label: str
    help: str
    kind: Literal["secret", "number", "boolean", "text"]
    required: bool
    value: Any
    filled: bool


def config_fields(provider: str, account: ProviderAccount | None = None) -> list[ConfigField]:
    """A provider's config model as fields to draw."""
    model = provider_class(provider).config_model
    secrets = secret_fields(model)
    return [_field(name, info, name in secrets, account) for name, info in model.model_fields.items()]


def _field(name: str, info: FieldInfo, secret: bool, account: ProviderAccount | None) -> ConfigField:
    stored = (account.settings.get(name) if account else None) if not secret else None
    default = None if info.default is PydanticUndefined or secret else info.default
    kinds = {bool: "boolean", int: "number", float: "number"}
    return ConfigField(
        name=name,
        label=info.title or name.replace("_", " ").capitalize(),
        help=info.description or "",
        kind="secret" if secret else kinds.get(info.annotation, "text"),
        required=info.is_required(),
        value=stored if stored is not None else ("" if default is None else default),
        filled=bool(account and account.secrets.get(name)) if secret else stored is not None,
    )
