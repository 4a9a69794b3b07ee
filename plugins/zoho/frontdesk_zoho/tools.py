"""What agents may do in Zoho CRM."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from frontdesk.sdk import context as sdk
from frontdesk.sdk.errors import ToolError
from frontdesk.sdk.tools import Tool, ToolAnswer

from .config import API_HOSTS, ZohoConfig
from .crm import Crm
from .words import phrase

# In Zoho's order of a customer's life: a lead becomes a contact.
MODULES = ("Contacts", "Leads")
SHOWN: Mapping[str, str] = {
    "Email": "e-mail",
    "Phone": "phone",
    "Mobile": "mobile",
    "Company": "company",
    "Account_Name": "company",
    "Lead_Status": "status",
    "Description": "notes",
}
LONGEST_VALUE = 500


def crm(context: sdk.Context) -> Crm:
    settings = context.settings
    if not isinstance(settings, ZohoConfig):
        raise ToolError("Zoho CRM is not set up.")
    return Crm(API_HOSTS[settings.data_centre], context)


class FindArguments(BaseModel):
    model_config = ConfigDict(extra="forbid")
    email: str = Field("", max_length=200, description="The customer's e-mail address, as they gave it")
    phone: str = Field("", max_length=40, description="Their phone number, where there is no e-mail address")

    @model_validator(mode="after")
    def one_of_them(self) -> Self:
        if not self.email.strip() and not self.phone.strip():
            raise ValueError("Give an e-mail address or a phone number.")
        return self


class FindCustomer(Tool):
    """A person is asked first: whoever types an address must not be told whose it is."""

    name = "zoho_find_customer"
    label = phrase("Find a customer in Zoho CRM")
    description = "Look a customer up in the CRM by e-mail address or phone number. Never tell one customer about another."
    arguments = FindArguments
    approval = True

    async def call(self, arguments: FindArguments, context: sdk.Context) -> ToolAnswer:
        by = {"email": arguments.email.strip()} if arguments.email.strip() else {"phone": arguments.phone.strip()}
        client = crm(context)
        found = [_said(module, row) for module in MODULES for row in await client.find(module, **by)]
        if not found:
            return ToolAnswer("Nobody with this e-mail address or phone number is in the CRM.")
        return ToolAnswer("\n".join(found), title="Zoho CRM")


def _said(module: str, row: Mapping[str, Any]) -> str:
    """ "Contact: Mira Haddad; e-mail mira@example.org; company Haddad & Co"."""
    parts = [f"{module.removesuffix('s')}: {_text(row.get('Full_Name')) or 'without a name'}"]
    parts += [f"{label} {value}" for field, label in SHOWN.items() if (value := _text(row.get(field)))]
    return "; ".join(parts)


def _text(value: Any) -> str:
    """A field's value. A lookup is {"name": …, "id": …}."""
    value = value.get("name") if isinstance(value, dict) else value
    return "" if value is None else str(value)[:LONGEST_VALUE]


class LeadArguments(BaseModel):
    model_config = ConfigDict(extra="forbid")
    last_name: str = Field(min_length=1, max_length=80, description="The family name, or the only name they gave")
    first_name: str = Field("", max_length=40, description="The given name")
    email: str = Field("", max_length=100, description="Their e-mail address; this or a phone number is needed")
    phone: str = Field("", max_length=30, description="Their phone number")
    company: str = Field("", max_length=100, description="Their business, where they named one")
    about: str = Field("", max_length=2_000, description="What they want, in a few sentences")


class CreateLead(Tool):
    name = "zoho_create_lead"
    label = phrase("Write down a lead in Zoho CRM")
    description = "Keep somebody's name, how to reach them and what they want, once they have agreed to be contacted."
    arguments = LeadArguments

    async def call(self, arguments: LeadArguments, context: sdk.Context) -> ToolAnswer:
        if not arguments.email.strip() and not arguments.phone.strip():
            raise ToolError("Ask for an e-mail address or a phone number first: without one nobody can be contacted.")
        await crm(context).create("Leads", dict(_lead(arguments, context.settings)))
        return ToolAnswer("It is written down. Somebody will be in touch.")


def _lead(arguments: LeadArguments, settings: Any) -> Iterable[tuple[str, str]]:
    fields = {
        "Last_Name": arguments.last_name,
        "First_Name": arguments.first_name,
        "Email": arguments.email,
        "Phone": arguments.phone,
        "Company": arguments.company,
        "Description": arguments.about,
        "Lead_Source": settings.lead_source,
    }
    return ((name, value.strip()) for name, value in fields.items() if value.strip())
