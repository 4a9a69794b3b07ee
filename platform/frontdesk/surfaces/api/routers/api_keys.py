"""Credentials of programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema, Status
from pydantic import AwareDatetime, StringConstraints

from frontdesk.workspaces import actions, queries
from frontdesk.workspaces.models import ApiKey
from frontdesk.workspaces.permissions import require

from ..auth import ApiRequest
from ..pagination import Page, Paging, page_of

router = Router(tags=["API keys"])
KeyName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Entry = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=253)]
AllowList = Annotated[
    list[Entry],
    Field(max_length=100, description="Hosts (“shop.example.com”, “*.example.com”) and addresses (“203.0.113.0/24”)."),
]


class ApiKeyIn(Schema):
    name: KeyName
    allow_list: AllowList = []
    expires_at: AwareDatetime | None = None


class ApiKeyPatch(Schema):
    name: KeyName | None = None
    allow_list: AllowList | None = None


class ApiKeyOut(Schema):
    id: int
    name: str
    prefix: str
    allow_list: list[str]
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    created_at: datetime


class ApiKeyCreatedOut(ApiKeyOut):
    key: str = Field(description="The key itself. Shown this once.")


@router.get("/api/api-keys", response=Page[ApiKeyOut])
def list_keys(request: ApiRequest, paging: Query[Paging]) -> dict[str, object]:
    require(request.actor, "manage_keys")
    return page_of(request, queries.api_keys(), paging)


@router.post("/api/api-keys", response={201: ApiKeyCreatedOut})
def create_key(request: ApiRequest, body: ApiKeyIn) -> Status:
    """A new key. With an empty allow-list it lets nothing through yet."""
    key, raw = actions.create_api_key(request.actor, body.name, body.allow_list, body.expires_at)
    return Status(201, {**ApiKeyOut.from_orm(key).model_dump(), "key": raw})


@router.patch("/api/api-keys/{int:api_key_id}", response=ApiKeyOut)
def change_key(request: ApiRequest, api_key_id: int, body: ApiKeyPatch) -> ApiKey:
    key = get_object_or_404(ApiKey, pk=api_key_id)
    return actions.change_api_key(request.actor, key, name=body.name, allow_list=body.allow_list)


@router.delete("/api/api-keys/{int:api_key_id}", response={204: None})
def revoke_key(request: ApiRequest, api_key_id: int) -> Status:
    """End a key now and for good; its line stays in the list."""
    actions.revoke_api_key(request.actor, get_object_or_404(ApiKey, pk=api_key_id))
    return Status(204, None)
