"""Every change to a plugin in a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings as django_settings
from django.db import transaction
from django.utils.translation import gettext as _

from frontdesk.core.errors import Invalid
from frontdesk.core.events import emit
from frontdesk.sdk.errors import PluginError
from frontdesk.sdk.manifest import Permissions
from frontdesk.workspaces import audit
from frontdesk.workspaces.models import User, Workspace
from frontdesk.workspaces.permissions import Actor, require

from . import calling, config, oauth
from .capabilities import client, context, manifest_of
from .errors import ConsentOutdated
from .host import host
from .models import Account, Activation, Incident, StoredValue

TEST_SECONDS = 20.0


@transaction.atomic
def turn_on(actor: Actor, plugin: str, *, agreed: Permissions) -> Activation:
    """`agreed` is what the owner was shown; raises ConsentOutdated when the plugin asks for more by now."""
    require(actor, "manage_plugins")
    manifest = manifest_of(plugin)
    if manifest.permissions.beyond(agreed):
        raise ConsentOutdated
    row = _row(actor.workspace, plugin)
    row.enabled, row.agreed, row.agreed_version = True, manifest.permissions.as_json(), manifest.version
    row.save()
    _done(actor, "plugin.turned_on", plugin, version=manifest.version, agreed=row.agreed)
    return row


def turn_off(actor: Actor, plugin: str, *, forget: bool | None = None) -> None:
    """Settings, secrets, stored values and a connected account stay, unless `forget` (or, when it is None, the plugin's own
    policy) says otherwise."""
    require(actor, "manage_plugins")
    manifest = host().manifests.get(plugin)
    forgets = forget if forget is not None else bool(manifest and manifest.uninstall == "forget")
    if forgets and manifest and manifest.oauth:
        disconnect(actor, plugin)
    with transaction.atomic():
        row = _row(actor.workspace, plugin)
        if forgets:
            row.settings, row.secrets = {}, {}
            StoredValue.objects.filter(plugin=plugin).delete()
            Account.objects.filter(plugin=plugin).delete()
        row.enabled = False
        row.save()
        _done(actor, "plugin.turned_off", plugin)


@transaction.atomic
def configure(actor: Actor, plugin: str, values: Mapping[str, Any]) -> Activation:
    """Save the plugin's own settings; a secret that is left empty stays. Raises Invalid with one entry a field."""
    require(actor, "manage_plugins")
    manifest = manifest_of(plugin)
    row = _row(actor.workspace, plugin)
    row.settings, row.secrets = config.split(manifest.config, values, kept=row.secrets, before=row.settings)
    row.save()
    _done(actor, "plugin.configured", plugin)
    return row


def test_setup(actor: Actor, plugin: str, values: Mapping[str, Any]) -> str:
    """Try the values before they are saved, where the plugin's config has an async method `check(context)`.

    Gives the sentence that it answers. Raises Invalid with the plugin's own reason.
    """
    require(actor, "manage_plugins")
    manifest = manifest_of(plugin)
    row = Activation.objects.filter(plugin=plugin).first()
    settings, secrets = config.split(
        manifest.config, values, kept=row.secrets if row else {}, before=row.settings if row else None
    )
    filled = manifest.config.model_validate({**settings, **secrets})
    check = getattr(filled, "check", None)
    if check is None:
        return _("This plugin has nothing to test.")
    handed = context(actor.workspace, plugin, filled)
    try:
        answer = async_to_sync(calling.call)(plugin, "check", check, handed, seconds=TEST_SECONDS, answers=str)
    except PluginError as error:
        raise Invalid(str(error), code="CONNECTION_FAILED") from error
    return answer[:300]


def connect(actor: Actor, plugin: str) -> str:
    """The address at the vendor where this owner may connect an account. Raises Conflict when something is missing first."""
    manifest = manifest_of(plugin)
    return oauth.start(actor, manifest, partial(client, manifest))


def connected(user: User, plugin: str, *, state: str, code: str, error: str = "") -> Workspace:
    """Somebody comes back from the vendor. Gives the workspace whose account is connected now; raises ConnectionRefused."""
    manifest = manifest_of(plugin)
    return oauth.finish(user, manifest, partial(client, manifest), state=state, code=code, error=error)


def disconnect(actor: Actor, plugin: str) -> bool:
    """Forget the account; gives whether the vendor was told and agreed."""
    manifest = manifest_of(plugin)
    return oauth.disconnect(actor, manifest, partial(client, manifest))


@transaction.atomic
def forget_incidents(actor: Actor, plugin: str) -> None:
    """The owner has seen them; the plugin gets another chance at once."""
    require(actor, "manage_plugins")
    Incident.objects.filter(plugin=plugin).delete()
    calling.forget(plugin)
    _done(actor, "plugin.tried_again", plugin)


def _row(workspace: Workspace, plugin: str) -> Activation:
    """The workspace's row, locked; a new one begins as the plugin is now, on where the operator turned it on."""
    at_first = {"enabled": plugin in django_settings.PLUGINS_ON_AT_FIRST}
    Activation.objects.get_or_create(workspace=workspace, plugin=plugin, defaults=at_first)
    return Activation.objects.select_for_update(of=("self",)).get(plugin=plugin)


def _done(actor: Actor, verb: str, plugin: str, **data: Any) -> None:
    audit.record(actor, verb, plugin, **data)
    emit(actor.workspace.uuid, "plugin.changed", plugin=plugin)
