"""Whether a workspace has a provider that can be asked at all. Asks no vendor."""

from __future__ import annotations

from pydantic import ValidationError

from frontdesk.workspaces.models import Workspace

from . import registry, remembered
from .models import ProviderAccount


def any_works(workspace: Workspace) -> bool:
    """One that is on, and set up as its plugin wants it. An account that was refused when it was tested last does not count."""
    usable = remembered.usable_now(workspace)
    installed = [slug for slug in registry.provider_classes() if slug not in usable.off]
    own = {account.provider for account in usable.accounts}
    if any(account.provider in installed and _is_set_up(account) for account in usable.accounts):
        return True
    return any(registry.shared_config(slug) is not None for slug in installed if slug not in own)


def _is_set_up(account: ProviderAccount) -> bool:
    if account.problem:
        return False
    try:
        registry.provider_class(account.provider).config_model.model_validate({**account.settings, **account.secrets})
    except ValidationError:
        return False
    return True
