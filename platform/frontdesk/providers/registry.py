"""Which providers there are, and making one ready to call."""

from __future__ import annotations

import asyncio
import logging
import os
import weakref
from functools import lru_cache
from typing import Any

import httpx
from django.conf import settings
from pydantic import BaseModel, ValidationError

from frontdesk.core.guarded import guarded_client
from frontdesk.core.http import MAX_CONNECTIONS
from frontdesk.plugins.host import host
from frontdesk.sdk.provider import HttpFactory, Provider

from .errors import ProviderMisconfigured, UnknownProvider
from .models import ProviderAccount

logger = logging.getLogger(__name__)


@lru_cache(maxsize=1)
def provider_classes() -> dict[str, type[Provider]]:
    """Slug → class of every installed provider."""
    return host().providers()


def provider_class(slug: str) -> type[Provider]:
    try:
        return provider_classes()[slug]
    except KeyError:
        raise UnknownProvider(slug) from None


def shared_config(slug: str) -> BaseModel | None:
    """The operator's account from the environment, if it is complete. Providers that need nothing are always shared."""
    cls = provider_class(slug)
    values = {field: os.environ[name] for field, name in cls.shared_config_env.items() if os.environ.get(name)}
    if cls.needs_network and not values:
        return None
    try:
        return cls.config_model.model_validate(values)
    except ValidationError:
        return None


def _open_http(*, timeout: float) -> httpx.AsyncClient:
    """The operator's own accounts may be anywhere, a model server beside Frontdesk for one."""
    return httpx.AsyncClient(timeout=timeout, limits=httpx.Limits(max_connections=MAX_CONNECTIONS))


def _safe_http(*, timeout: float) -> httpx.AsyncClient:
    """A workspace's accounts reach public hosts, and those private ones that the operator named."""
    return guarded_client(timeout=timeout, allowed_hosts=settings.PROVIDER_ALLOWED_HOSTS)


_ready: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Any, Provider]] = weakref.WeakKeyDictionary()


def ready(slug: str, account: ProviderAccount | None) -> Provider:
    """A provider to call from the running event loop; kept until the account changes."""
    kept = _ready.setdefault(asyncio.get_running_loop(), {})
    key = (slug, account.pk if account else None)
    stamp = account.updated_at if account else None
    provider = kept.get(key)
    if provider is None or getattr(provider, "_stamp", None) != stamp:
        if provider is not None:
            asyncio.get_running_loop().create_task(provider.close())
        provider = build(slug, account)
        provider._stamp = stamp  # type: ignore[attr-defined]
        kept[key] = provider
    return provider


def build(slug: str, account: ProviderAccount | None) -> Provider:
    """Make a provider from an account, or from the operator's environment. Raises ProviderMisconfigured."""
    cls = provider_class(slug)
    if account is None:
        config = shared_config(slug)
        if config is None:
            raise ProviderMisconfigured(cls.label)
        return _made(cls, config, _open_http)
    try:
        config = cls.config_model.model_validate({**account.settings, **account.secrets})
    except ValidationError as error:
        raise ProviderMisconfigured(cls.label) from error
    return _made(cls, config, _safe_http)


def _made(cls: type[Provider], config: BaseModel, http: HttpFactory) -> Provider:
    """A plugin that cannot make its provider is like one without an account: others are asked."""
    try:
        return cls(config, http=http)
    except Exception as error:
        logger.exception("the provider %s could not be made", cls.slug)
        raise ProviderMisconfigured(cls.label) from error


async def close_all() -> None:
    """Close what the running event loop opened; a loop that ends with open connections would complain."""
    kept = _ready.pop(asyncio.get_running_loop(), {})
    for provider in kept.values():
        await provider.close()
