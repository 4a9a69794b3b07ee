"""Asking every provider whether it would still answer, before a customer finds out."""

from __future__ import annotations

from asgiref.sync import async_to_sync
from django.utils import timezone
from django.utils.translation import gettext as _

from frontdesk.core.events import emit
from frontdesk.core.jobs import Work, job
from frontdesk.core.periodic import due, every
from frontdesk.sdk.errors import ProviderError
from frontdesk.workspaces.everywhere import in_each
from frontdesk.workspaces.models import Workspace

from . import catalogue, registry
from .calls import OFFLINE
from .errors import ProviderMisconfigured
from .models import ProviderAccount


@job("providers.check", lease=120)
def check(work: Work) -> dict[str, object]:
    """The operator's shared accounts, and those of every workspace."""
    return {"shared": check_shared(), **in_each(check_accounts).as_json()}


def check_shared() -> dict[str, str]:
    """Provider → what is wrong with the operator's account, "" where it answers."""
    shared = [slug for slug in registry.provider_classes() if slug != OFFLINE and registry.shared_config(slug) is not None]
    return {slug: _ask(slug, None)[0] for slug in shared}


def check_accounts(workspace: Workspace) -> int:
    """Ask every account of the workspace in scope that is on; gives how many do not answer.

    One that refuses is noted as not working, until it answers again; one that cannot be reached just now is not: that passes.
    """
    troubled = 0
    for account in ProviderAccount.objects.filter(enabled=True):
        problem, lasting = _ask(account.provider, account)
        troubled += bool(problem)
        noted = problem if lasting else account.problem if problem else ""
        ProviderAccount.objects.filter(pk=account.pk).update(checked_at=timezone.now(), problem=noted[:300])
        if noted != account.problem:
            emit(workspace.uuid, "provider.changed", provider=account.provider)
    return troubled


def _ask(slug: str, account: ProviderAccount | None) -> tuple[str, bool]:
    """What is wrong, "" if nothing, and whether it stays so until somebody does something."""
    try:
        async_to_sync(catalogue.ask)(slug, account)
    except ProviderError as error:
        return error.cause, not error.retryable
    except ProviderMisconfigured as error:
        return str(error.message), True
    except TimeoutError:
        return _("It did not answer within 20 seconds."), False
    return "", False


due("providers.check", every(minutes=12 * 60))
