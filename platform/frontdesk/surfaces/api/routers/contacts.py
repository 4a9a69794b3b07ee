"""Customers: who they are, merging two into one, blocking, deleting and exporting."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from ninja import Field, Query, Router, Schema, Status

from frontdesk.conversations import contacts, deletion, exporting, merging
from frontdesk.conversations.models import Contact, ContactMerge, Identity
from frontdesk.workspaces.permissions import require

from ..auth import ApiRequest
from ..pagination import Page, Paging, page_of

router = Router(tags=["Contacts"])
CONTACT = "/api/contacts/{uuid:contact_id}"
DELETED = "/api/deleted-contacts/{uuid:deleted_contact_id}"


class IdentityOut(Schema):
    channel: str = Field(alias="channel_kind")
    id: str = Field(alias="external_id", description="Who the customer is there: an address, a number, a digest.")


class ContactDetails(Schema):
    id: int
    uuid: UUID
    name: str
    email: str
    phone: str
    language: str
    notes: str
    fields: dict[str, str]
    blocked: bool
    identities: list[IdentityOut]
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def resolve_blocked(contact: Contact) -> bool:
        return contact.blocked_at is not None

    @staticmethod
    def resolve_identities(contact: Contact) -> list[Identity]:
        return list(contact.identities.all())


class ContactIn(Schema):
    """At least a name, an e-mail address or a phone number."""

    name: Annotated[str, Field(max_length=200)] = ""
    email: Annotated[str, Field(max_length=254)] = ""
    phone: Annotated[str, Field(max_length=40)] = ""
    language: Annotated[str, Field(max_length=10)] = Field("", description="As en or pt-BR.")
    notes: Annotated[str, Field(max_length=10_000)] = ""
    fields: Annotated[dict[str, str], Field(max_length=50)] = Field({}, description='Your own: {"Company": "Rose & Sons"}.')


class ContactPatch(ContactIn):
    """Any of the fields; what is left out stays. `fields` stands for all of them."""


class DeletedContactOut(Schema):
    uuid: UUID
    name: str
    deleted_at: datetime
    deleted_by: str


class MergeOut(Schema):
    uuid: UUID
    contact_id: UUID = Field(alias="kept.uuid", description="Whom there is now.")
    merged_id: UUID = Field(alias="merged.uuid", description="Who became part of that one.")
    merged_by: str
    created_at: datetime


@router.get("/api/contacts", response=Page[ContactDetails])
def list_contacts(
    request: ApiRequest,
    paging: Query[Paging],
    search: Annotated[str, Field(max_length=200)] = "",
    blocked: bool | None = None,
) -> dict[str, Any]:
    """The newest first. `search` looks into name, e-mail, phone and notes."""
    require(request.actor, "view")
    return page_of(request, contacts.contacts(words=search, blocked=blocked).prefetch_related("identities"), paging)


@router.post("/api/contacts", response={201: ContactDetails})
def create_contact(request: ApiRequest, body: ContactIn) -> Status:
    return Status(201, contacts.create_contact(request.actor, **body.dict()))


@router.get(CONTACT, response=ContactDetails)
def read_contact(request: ApiRequest, contact_id: UUID) -> Contact:
    return contacts.contact_by_uuid(contact_id)


@router.patch(CONTACT, response=ContactDetails)
def change_contact(request: ApiRequest, contact_id: UUID, body: ContactPatch) -> Contact:
    return contacts.update_contact(request.actor, contacts.contact_by_uuid(contact_id), **body.dict(exclude_unset=True))


@router.delete(CONTACT, response={204: None})
def delete_contact(request: ApiRequest, contact_id: UUID) -> Status:
    """With all conversations. Can be brought back for 30 days, and is forgotten for good then."""
    deletion.delete_contact(request.actor, contacts.contact_by_uuid(contact_id))
    return Status(204, None)


@router.get(CONTACT + "/duplicates", response=Page[ContactDetails])
def list_duplicates(request: ApiRequest, contact_id: UUID, paging: Query[Paging]) -> dict[str, Any]:
    """Others with the same e-mail address or phone number."""
    rows = contacts.same_person(contacts.contact_by_uuid(contact_id))
    return page_of(request, rows.prefetch_related("identities"), paging)


@router.post(CONTACT + "/merge/{uuid:other_id}", response=MergeOut)
def merge_contacts(request: ApiRequest, contact_id: UUID, other_id: UUID) -> ContactMerge:
    """The other one becomes part of this one, with its channels and conversations. Can be undone for 30 days."""
    return merging.merge(request.actor, contacts.contact_by_uuid(contact_id), contacts.contact_by_uuid(other_id))


@router.post(CONTACT + "/block", response=ContactDetails)
def block_contact(request: ApiRequest, contact_id: UUID) -> Contact:
    """What they write is kept, but neither answered nor listed."""
    return contacts.block(request.actor, contacts.contact_by_uuid(contact_id))


@router.post(CONTACT + "/unblock", response=ContactDetails)
def unblock_contact(request: ApiRequest, contact_id: UUID) -> Contact:
    return contacts.unblock(request.actor, contacts.contact_by_uuid(contact_id))


@router.get(CONTACT + "/export", response=dict[str, Any])
def export_contact(request: ApiRequest, contact_id: UUID) -> dict[str, Any]:
    """All that is known of one customer: details, channels, conversations with every message and note."""
    return exporting.export_contact(request.actor, contacts.contact_by_uuid(contact_id))


@router.get("/api/contact-merges", response=Page[MergeOut])
def list_merges(request: ApiRequest, paging: Query[Paging]) -> dict[str, Any]:
    """Those that can still be undone, the last first."""
    return page_of(request, merging.undoable(), paging)


@router.post("/api/contact-merges/{uuid:merge_id}/undo", response=MergeOut)
def undo_merge(request: ApiRequest, merge_id: UUID) -> ContactMerge:
    """Make them two again: what came from the other goes back, what came since stays."""
    return merging.split(request.actor, merge_id)


@router.get("/api/deleted-contacts", response=Page[DeletedContactOut])
def list_deleted_contacts(request: ApiRequest, paging: Query[Paging]) -> dict[str, Any]:
    """Those who can be brought back, the last deleted first."""
    require(request.actor, "manage_contacts")
    return page_of(request, deletion.deleted_contacts(), paging)


@router.post(DELETED + "/restore", response=ContactDetails)
def restore_contact(request: ApiRequest, deleted_contact_id: UUID) -> Contact:
    return deletion.bring_back_contact(request.actor, deleted_contact_id)


@router.delete(DELETED, response={204: None})
def forget_contact(request: ApiRequest, deleted_contact_id: UUID) -> Status:
    """For good, at once."""
    deletion.forget_contact(request.actor, deleted_contact_id)
    return Status(204, None)
