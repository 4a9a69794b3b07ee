"""What this plugin offers to Frontdesk."""

from __future__ import annotations

from collections.abc import Sequence

from frontdesk.sdk import Manifest, Permissions, hookimpl
from frontdesk.sdk.oauth import OAuthApp
from frontdesk.sdk.tools import Tool, ToolSource

from . import __version__
from .config import API_HOSTS, ZohoConfig
from .tools import CreateLead, FindCustomer
from .words import phrase


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        slug="zoho",
        name="Zoho CRM",
        version=__version__,
        requires_frontdesk=">=0.1,<1",
        description=phrase("Agents find a customer by e-mail or phone, and write down a lead."),
        permissions=Permissions(
            hosts=tuple(host for domain, api in API_HOSTS.items() for host in (f"accounts.{domain}", api)),
            data=("conversations", "contacts"),
            secrets=("client_secret",),
        ),
        config=ZohoConfig,
        homepage="https://www.zoho.com/crm/",
        icon="contact_page",
        oauth=OAuthApp(
            label="Zoho",
            authorize_url="https://accounts.{data_centre}/oauth/v2/auth",
            token_url="https://accounts.{data_centre}/oauth/v2/token",  # noqa: S106  (an address)
            revoke_url="https://accounts.{data_centre}/oauth/v2/token/revoke",
            scopes=(
                "ZohoCRM.modules.contacts.READ",
                "ZohoCRM.modules.leads.READ",
                "ZohoCRM.modules.leads.CREATE",
                "ZohoSearch.securesearch.READ",
            ),
            scope_separator=",",
            client_id_env="ZOHO_CLIENT_ID",
            client_secret_env="ZOHO_CLIENT_SECRET",  # noqa: S106  (the name of a variable)
            # Without these Zoho gives a refresh token the first time only, or none at all.
            extra={"access_type": "offline", "prompt": "consent"},
        ),
    )


@hookimpl
def register_tools() -> Sequence[Tool | type[ToolSource]]:
    return [FindCustomer(), CreateLead()]
