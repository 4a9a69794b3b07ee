"""For every id that an address or a body may name: how to make a row that has it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from frontdesk.core.scoping import scope
from frontdesk.knowledge import indexing

from .rows import make_row


def _make(model: str, attribute: str, **given: Any) -> Callable[[Any], str]:
    def make(workspace: Any) -> str:
        with scope(workspace=workspace):
            return str(getattr(make_row(apps.get_model(model), workspace, **given), attribute))

    return make


def _live_agent(workspace: Any) -> str:
    """An agent that customers can talk to."""
    from frontdesk.agents.content import AgentContent

    content = AgentContent(name="Foreign").model_dump(mode="json")
    return _make("agents.Agent", "uuid", name="Foreign", content=content, live=True)(workspace)


def _widget(workspace: Any) -> str:
    """A chat of a live agent."""
    with scope(workspace=workspace):
        agent = apps.get_model("agents.Agent").objects.get(uuid=_live_agent(workspace))
        key = f"pk_{uuid4().hex}"
        made = make_row(apps.get_model("frontdesk_channels.Channel"), workspace, agent=agent, kind="widget", public_key=key)
        return str(made.uuid)


def _answered(workspace: Any) -> str:
    """A run that gave an answer."""
    said = [[1, "message.completed", {"message": None, "text": "Our secret.", "sources": [], "stopped": False}]]
    with scope(workspace=workspace):
        run = make_row(apps.get_model("runs.Run"), workspace)
        apps.get_model("runs.JournalSegment").objects.create(run=run, first_seq=1, last_seq=1, events=said)
        return str(run.uuid)


def _session(workspace: Any) -> str:
    """A conversation, as the support document names it."""
    return "msg_" + _make("conversations.Conversation", "uuid")(workspace).replace("-", "")


def _place(workspace: Any) -> str:
    """A connected place of a knowledge base."""
    with scope(workspace=workspace):
        base = make_row(apps.get_model("knowledge.KnowledgeBase"), workspace)
        place = make_row(apps.get_model("knowledge.SourceConnection"), workspace, base=base, loader="feed", leaving=False)
        return str(place.uuid)


def _file(attribute: str) -> Callable[[Any], str]:
    """A file in a knowledge base, with its content."""

    def make(workspace: Any) -> str:
        stored = default_storage.save(f"{workspace.uuid}/knowledge/{uuid4().hex}/prices.txt", ContentFile(b"Our prices."))
        return _make("knowledge.Source", attribute, kind="file", name=f"prices-{uuid4().hex}.txt", file=stored)(workspace)

    return make


def _task(workspace: Any) -> str:
    """Indexing that goes on."""
    return str(apps.get_model("core.Job").objects.create(kind=indexing.KIND, workspace=workspace).uuid)


def _attachment(workspace: Any) -> str:
    """A customer's file that is here."""
    with scope(workspace=workspace):
        row = make_row(apps.get_model("conversations.Attachment"), workspace, state="ready", media_type="text/plain")
        row.file.save("secret.txt", ContentFile(b"Our secret."))
        return str(row.uuid)


def _card(kept: str) -> Callable[[Any], str]:
    """A card on a board, or one that was taken away."""

    def make(workspace: Any) -> str:
        card = {"id": uuid4().hex, "widget": "feedback", "settings": {}, "place": 0}
        boards = apps.get_model("insights.Board").objects
        with scope(workspace=workspace):
            board, _made = boards.get_or_create(workspace=workspace)
            setattr(board, kept, [*getattr(board, kept), card])
            board.save()
        return card["id"]

    return make


def _foreseen(workspace: Any) -> str:
    """What a change would alter, found out in the background."""
    job = apps.get_model("core.Job").objects.create(workspace=workspace, kind="insights.foresee", state="done")
    return str(job.uuid)


def _merge(workspace: Any) -> str:
    """Two contacts that were merged."""
    from frontdesk.conversations.merging import merge
    from frontdesk.workspaces.permissions import Actor

    with scope(workspace=workspace):
        kept, merged = (make_row(apps.get_model("conversations.Contact"), workspace) for _number in range(2))
        return str(merge(Actor.system(workspace), kept, merged).uuid)


# By the parameter's name in the API, and the same name in bodies.
BY_NAME: dict[str, Callable[[Any], str]] = {
    "member_id": _make("workspaces.Membership", "pk"),
    "invitation_id": _make("workspaces.Invitation", "pk"),
    "api_key_id": _make("workspaces.ApiKey", "pk"),
    "agent_id": _live_agent,
    "model": _live_agent,
    "attachment_id": _attachment,
    "conversation_id": _make("conversations.Conversation", "uuid"),
    "contact_id": _make("conversations.Contact", "uuid"),
    "other_id": _make("conversations.Contact", "uuid"),
    "deleted_contact_id": _make("conversations.Contact", "uuid", deleted_at=timezone.now()),
    "merge_id": _merge,
    "tag_id": _make("conversations.Tag", "uuid"),
    "reply_id": _make("conversations.CannedReply", "uuid"),
    "view_id": _make("conversations.View", "uuid", shared=True),
    "kb_uuid": _make("knowledge.KnowledgeBase", "uuid"),
    "kb_id": _make("knowledge.KnowledgeBase", "pk"),
    "assistant_id": _live_agent,
    "file_id": _file("pk"),
    "excel_id": _make("knowledge.Source", "pk", kind="excel"),
    "data_excel_id": _make("knowledge.Source", "pk", kind="data_excel"),
    "link_id": _make("knowledge.Source", "pk", kind="link", url="https://example.com/"),
    "filename": _file("name"),
    "task_id": _task,
    "connection_id": _place,
    "passage_id": _make("knowledge.Chunk", "pk"),
    "channel_id": _widget,
    "source_id": _file("pk"),
    "finding_id": _make("knowledge.Finding", "uuid", kind="unused"),
    "question_id": _make("insights.QuestionGroup", "uuid"),
    "tool_id": _make("tools.HttpTool", "pk", endpoint_url="https://example.com/"),
    "approval_id": _make("tools.Approval", "uuid"),
    "session_id": _session,
    "webhook_id": _make("webhooks.Endpoint", "uuid"),
    "delivery_id": _make("webhooks.Delivery", "uuid"),
}
# By the word of a Studio address that stands before the parameter.
IN_STUDIO: dict[str, Callable[[Any], str]] = {
    "agents": _live_agent,
    "versions": lambda workspace: "1",
    "try": _make("runs.Run", "uuid"),
    "answers": _make("runs.Run", "uuid"),
    "listen": _answered,
    "attachments": _attachment,
    "contacts": _make("conversations.Contact", "uuid"),
    "deleted": _make("conversations.Contact", "uuid", deleted_at=timezone.now()),
    "merges": _merge,
    "tags": _make("conversations.Tag", "uuid"),
    "tag": _make("conversations.Tag", "uuid", deleted_at=timezone.now()),
    "replies": _make("conversations.CannedReply", "uuid"),
    "reply": _make("conversations.CannedReply", "uuid", deleted_at=timezone.now()),
    "conversations": _make("conversations.Conversation", "uuid"),
    "views": _make("conversations.View", "uuid", name="Theirs", shared=True),
    "suggestions": _make("runs.Run", "uuid"),
    "knowledge": _make("knowledge.KnowledgeBase", "uuid"),
    "foreseen": _foreseen,
    "questions": _make("insights.QuestionGroup", "uuid"),
    "add": lambda workspace: "text",
    "sources": _make("knowledge.Source", "uuid"),
    "places": _place,
    "connect": lambda workspace: "feed",
    "base": _make("knowledge.KnowledgeBase", "uuid", deleted_at=timezone.now()),
    "source": _make("knowledge.Source", "uuid", deleted_at=timezone.now()),
    "passages": _make("knowledge.Chunk", "pk"),
    "cards": _card("cards"),
    "removed": _card("removed"),
    "channels": _widget,
    "sent": _make("frontdesk_channels.RehearsedFile", "uuid"),
    "requests": _make("frontdesk_channels.Arrival", "uuid", state="dead"),
    "messages": _make("conversations.Message", "uuid"),
    "members": _make("workspaces.Membership", "uuid"),
    "invitations": _make("workspaces.Invitation", "uuid", expires_at=timezone.now() + timedelta(days=7)),
    "keys": _make("workspaces.ApiKey", "uuid"),
    "tools": _make("tools.HttpTool", "uuid", endpoint_url="https://example.com/"),
    "connections": _make("tools.Connection", "uuid"),
    "decide": _make("tools.Approval", "uuid", state="refused", open=False),
    "providers": _make("providers.ProviderAccount", "pk", provider="openai"),
    "webhooks": _make("webhooks.Endpoint", "uuid"),
    "deliveries": _make("webhooks.Delivery", "uuid"),
}
