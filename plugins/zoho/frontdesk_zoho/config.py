"""Which Zoho, whose app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr

from frontdesk.sdk import context as sdk
from frontdesk.sdk.forms import Labels

from .crm import Crm
from .words import phrase

# Where a business's Zoho is: the domain of its accounts → that of its API (www.zoho.com/crm/developer/docs/api/v8/multi-dc.html).
API_HOSTS: Mapping[str, str] = {
    "zoho.com": "www.zohoapis.com",
    "zoho.eu": "www.zohoapis.eu",
    "zoho.in": "www.zohoapis.in",
    "zoho.com.au": "www.zohoapis.com.au",
    "zoho.jp": "www.zohoapis.jp",
    "zohocloud.ca": "www.zohoapis.ca",
    "zoho.sa": "www.zohoapis.sa",
}
DataCentre = Annotated[
    Literal["zoho.com", "zoho.eu", "zoho.in", "zoho.com.au", "zoho.jp", "zohocloud.ca", "zoho.sa"],
    Labels(
        {
            "zoho.com": phrase("United States (zoho.com)"),
            "zoho.eu": phrase("Europe (zoho.eu)"),
            "zoho.in": phrase("India (zoho.in)"),
            "zoho.com.au": phrase("Australia (zoho.com.au)"),
            "zoho.jp": phrase("Japan (zoho.jp)"),
            "zohocloud.ca": phrase("Canada (zohocloud.ca)"),
            "zoho.sa": phrase("Saudi Arabia (zoho.sa)"),
        }
    ),
]


class ZohoConfig(BaseModel):
    """What an owner fills in before connecting."""

    data_centre: DataCentre = Field(
        "zoho.com",
        title=phrase("Where is your Zoho?"),
        description=phrase("As in the address that you see when you are signed in there."),
    )
    lead_source: str = Field(
        "Chat",
        max_length=120,
        title=phrase("Source of new leads"),
        description=phrase("One of the lead sources that your Zoho CRM knows."),
    )
    client_id: str = Field(
        "",
        max_length=200,
        title=phrase("Client id"),
        description=phrase("Of a server-based application at api-console.zoho.com. Empty uses the operator's, if there is one."),
    )
    client_secret: SecretStr = Field(SecretStr(""), title=phrase("Client secret"))

    async def check(self, context: sdk.Context) -> str:
        """Ask for somebody who is not there: whoever may ask that is connected."""
        await Crm(API_HOSTS[self.data_centre], context).find("Contacts", email="nobody@frontdesk.invalid")
        return "It works: Zoho CRM answers."
