"""Accounts that owners connect: sent to the vendor, taken back, kept fresh, given up.

What comes back from the vendor is believed only when it is what was sent out: for this person, this workspace, this plugin,
once, within ten minutes. The code is worth nothing without the verifier (PKCE), which never leaves the host.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from asgiref.sync import async_to_sync
from django.conf import settings as django_settings
from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from pydantic import ValidationError

from frontdesk.core.crypto import same
from frontdesk.core.errors import Conflict, FrontdeskError
from frontdesk.core.events import emit
from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.sdk.errors import NotConnected
from frontdesk.sdk.manifest import Manifest
from frontdesk.sdk.vendor import HttpFactory
from frontdesk.workspaces import audit, credentials
from frontdesk.workspaces.models import User, Workspace
from frontdesk.workspaces.permissions import Actor, require

from . import config
from .errors import ConnectionRefused, UnknownPlugin
from .models import Account, Activation
from .oauth_client import OAuthClient, Refused, Tokens, Unreachable

SALT = "frontdesk.plugins.oauth"
STATE_SECONDS = 600


def callback_url(plugin: str) -> str:
    """What an owner enters at the vendor as the place to come back to."""
    return f"{django_settings.BASE_URL}/oauth/{plugin}"


def start(actor: Actor, manifest: Manifest, http: HttpFactory) -> str:
    """The address at the vendor where this owner may agree. Raises Conflict when the app's id is missing."""
    require(actor, "manage_plugins")
    assert actor.user is not None, "only a person can agree"
    client = _client(actor.workspace, manifest, http)
    if not all(client.credentials):
        raise Conflict(_("Fill in the app's id and secret first, and save."))
    nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    with transaction.atomic():
        row = _locked(actor.workspace, manifest.slug)
        row.waiting = {"nonce": nonce, "verifier": verifier}
        row.save()
    said = {"user": actor.user.pk, "workspace": str(actor.workspace.uuid), "plugin": manifest.slug, "nonce": nonce}
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    return client.address(state=signing.dumps(said, salt=SALT), challenge=challenge)


def finish(user: User, manifest: Manifest, http: HttpFactory, *, state: str, code: str, error: str = "") -> Workspace:
    """Take somebody back from the vendor; gives the workspace that is connected now. Raises ConnectionRefused."""
    actor, nonce = _sender(user, manifest.slug, state)
    with scope(workspace=actor.workspace):
        verifier = _used(actor.workspace, manifest.slug, nonce)
        if error or not code:
            raise ConnectionRefused("denied", _("You did not agree, so nothing is connected."))
        client = _client(actor.workspace, manifest, http)
        try:
            tokens = async_to_sync(client.exchange)(code, verifier)
        except (Refused, Unreachable) as failed:
            raise ConnectionRefused("failed", str(failed)) from failed
        with transaction.atomic():
            row = _locked(actor.workspace, manifest.slug)
            row.connected_at = timezone.now()
            _keep(row, tokens)
            audit.record(actor, "plugin.connected", manifest.slug)
            emit(actor.workspace.uuid, "plugin.changed", plugin=manifest.slug)
    return actor.workspace


def disconnect(actor: Actor, manifest: Manifest, http: HttpFactory) -> bool:
    """Forget the tokens here and ask the vendor to; gives whether the vendor says it did."""
    require(actor, "manage_plugins")
    with transaction.atomic():
        row = Account.objects.select_for_update(of=("self",)).filter(plugin=manifest.slug).first()
        if row is None:
            return True
        token = row.tokens.get("refresh") or row.tokens.get("access", "")
        row.delete()
        audit.record(actor, "plugin.disconnected", manifest.slug)
        emit(actor.workspace.uuid, "plugin.changed", plugin=manifest.slug)
    return not token or async_to_sync(_client(actor.workspace, manifest, http).revoke)(token)


async def access_token(workspace: Workspace, manifest: Manifest, http: HttpFactory) -> str:
    """A token that is good for the next minute at least. Raises NotConnected."""
    return await in_thread(_token, workspace, manifest, http)


def _token(workspace: Workspace, manifest: Manifest, http: HttpFactory) -> str:
    with scope(workspace=workspace):
        row = Account.objects.filter(plugin=manifest.slug).first()
        if row is not None and _good(row):
            return row.tokens["access"]
        return _refreshed(workspace, manifest, http)


def _refreshed(workspace: Workspace, manifest: Manifest, http: HttpFactory) -> str:
    """Behind the row's lock: a vendor may take back all tokens when one refresh token is used twice."""
    with transaction.atomic():
        row = Account.objects.select_for_update(of=("self",)).filter(plugin=manifest.slug).first()
        if row is None or not row.tokens or row.problem:
            raise NotConnected(_("%(plugin)s is not connected. Connect it under Plugins.") % {"plugin": manifest.name})
        if _good(row):
            return row.tokens["access"]
        try:
            if not row.tokens.get("refresh"):
                raise Refused(_("The connection has ended."))
            _keep(row, async_to_sync(_client(workspace, manifest, http).refresh)(row.tokens["refresh"]))
            return row.tokens["access"]
        except Unreachable as failed:
            raise NotConnected(str(failed)) from failed
        except Refused as failed:
            row.problem = str(failed)[:300]
            row.save()
            emit(workspace.uuid, "plugin.changed", plugin=manifest.slug)
    raise NotConnected(_("%(plugin)s must be connected again, under Plugins.") % {"plugin": manifest.name})


def _sender(user: User, plugin: str, state: str) -> tuple[Actor, str]:
    """Who sent this out, and the nonce that went along. Raises ConnectionRefused unless it is who comes back."""
    try:
        said: dict[str, Any] = signing.loads(state, salt=SALT, max_age=STATE_SECONDS)
    except signing.SignatureExpired:
        raise ConnectionRefused("expired", _("That took longer than ten minutes. Please connect again.")) from None
    except signing.BadSignature:
        raise ConnectionRefused("invalid") from None
    if said["user"] != user.pk or said["plugin"] != plugin:
        raise ConnectionRefused("invalid")
    try:
        actor = credentials.member(user, said["workspace"])
        require(actor, "manage_plugins")
    except FrontdeskError as refused:
        raise ConnectionRefused("invalid", refused.message) from refused
    return actor, said["nonce"]


def _used(workspace: Workspace, plugin: str, nonce: str) -> str:
    """The verifier that waits for this nonce, which then waits no more."""
    with transaction.atomic():
        row = _locked(workspace, plugin)
        waiting, row.waiting = row.waiting, {}
        if not waiting or not same(waiting["nonce"], nonce):
            raise ConnectionRefused("expired", _("This page was used already. Please connect again."))
        row.save()
        return waiting["verifier"]


def _locked(workspace: Workspace, plugin: str) -> Account:
    Account.objects.get_or_create(workspace=workspace, plugin=plugin)
    return Account.objects.select_for_update(of=("self",)).get(plugin=plugin)


def _keep(row: Account, tokens: Tokens) -> None:
    row.tokens = {"access": tokens.access, "refresh": tokens.refresh}
    row.expires_at = timezone.now() + timedelta(seconds=tokens.seconds) if tokens.seconds else None
    row.problem = ""
    row.save()


def _good(row: Account) -> bool:
    ends: datetime | None = row.expires_at
    return bool(row.tokens) and not row.problem and (ends is None or ends > timezone.now())


def _client(workspace: Workspace, manifest: Manifest, http: HttpFactory) -> OAuthClient:
    if manifest.oauth is None:
        raise UnknownPlugin
    row = Activation.objects.filter(plugin=manifest.slug).first()
    try:
        filled = manifest.config.model_validate({**row.settings, **row.secrets} if row else {})
    except ValidationError as error:
        raise config.invalid(error) from error
    return OAuthClient(manifest.oauth, filled, http, callback_url(manifest.slug))
