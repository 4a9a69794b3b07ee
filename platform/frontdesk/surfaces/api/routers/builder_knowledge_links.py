"""The builder document's links of a knowledge base and of an assistant (8, 9, 13, 26, 27)."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from ninja import Query, Router, Schema, Status
from pydantic import StringConstraints

from frontdesk.agents.queries import agent_by_uuid
from frontdesk.knowledge import actions, deletion, queries
from frontdesk.knowledge.models import Source
from frontdesk.workspaces.permissions import require

from ..auth import ApiRequest
from .builder_knowledge import ANALYTICS, DoneMessage, Moment, OfBase, bases_of

router = Router(tags=["Knowledge (builder)"])
LINK = [Source.Kind.LINK]
Address = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, max_length=255)]


class LinkOut(Schema):
    id: int
    url: str
    title: str
    created_at: Moment
    updated_at: Moment

    @staticmethod
    def resolve_title(source: Source) -> str:
        """The one that was given, else the page's own once it is known."""
        return source.name if source.name != source.url[:255] else source.title or source.name


class LinksOut(Schema):
    links: list[LinkOut]


class LinkIn(Schema):
    kb_uuid: UUID
    url: Address
    title: Title = ""
    grabber_enabled: bool = False


class WebsiteLinkIn(Schema):
    url: Address
    title: Title = ""
    grabber_enabled: bool = False


class WebsiteLinkOut(OfBase, LinkOut):
    grabber_enabled: bool


@router.get(ANALYTICS + "/knowledgebase/links", response=LinksOut)
def list_links(request: ApiRequest, kb_uuid: Query[UUID]) -> dict[str, Any]:
    require(request.actor, "view")
    return {"links": list(queries.sources(queries.base(kb_uuid), kinds=LINK))}


@router.post(ANALYTICS + "/knowledgebase/add-link", response={201: LinkOut})
def add_link(request: ApiRequest, body: LinkIn) -> Status:
    base = queries.base(body.kb_uuid)
    return Status(201, actions.add_link(request.actor, base, body.url, title=body.title, grabber_enabled=body.grabber_enabled))


@router.delete(ANALYTICS + "/knowledgebase_delete_link/{int:link_id}", response=DoneMessage)
def delete_link(request: ApiRequest, link_id: int) -> dict[str, str]:
    deletion.delete_source(request.actor, queries.source(link_id, kinds=LINK))
    return {"message": "Link deleted"}


@router.get(ANALYTICS + "/assistant/{uuid:assistant_id}/website-links", response=list[WebsiteLinkOut])
def list_website_links(request: ApiRequest, assistant_id: UUID) -> list[Source]:
    """All links that an assistant knows, the newest first."""
    require(request.actor, "view")
    return list(queries.sources_of(bases_of(agent_by_uuid(assistant_id)), kinds=LINK))


@router.post(ANALYTICS + "/assistant/{uuid:assistant_id}/website-links", response={201: WebsiteLinkOut})
def add_website_link(request: ApiRequest, assistant_id: UUID, body: WebsiteLinkIn) -> Status:
    """Into the assistant's own base, which is made on first use."""
    agent = agent_by_uuid(assistant_id)
    base = actions.base_of_agent(request.actor, agent.pk, agent.name)
    return Status(201, actions.add_link(request.actor, base, body.url, title=body.title, grabber_enabled=body.grabber_enabled))


@router.put(ANALYTICS + "/website-link/{int:link_id}", response=WebsiteLinkOut)
def change_website_link(request: ApiRequest, link_id: int, body: WebsiteLinkIn) -> Source:
    """Another address is read at once. What is left out stays, beside the address."""
    source = queries.source(link_id, kinds=LINK)
    changes = body.dict(exclude_unset=True)
    if body.url == source.url:
        del changes["url"]
    actions.update_source(request.actor, source, **changes)
    return queries.source(link_id)


@router.delete(ANALYTICS + "/website-link/{int:link_id}", response={204: None})
def delete_website_link(request: ApiRequest, link_id: int) -> Status:
    deletion.delete_source(request.actor, queries.source(link_id, kinds=LINK))
    return Status(204, None)
