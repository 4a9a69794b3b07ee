"""A reply that the agent drafts for a teammate: the same engine, charged as an answer, and neither kept nor sent."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from frontdesk.agents.content import AgentContent
from frontdesk.conversations import queries as conversations
from frontdesk.conversations.models import Conversation
from frontdesk.core.errors import Conflict
from frontdesk.tools import catalogue
from frontdesk.workspaces.models import Workspace
from frontdesk.workspaces.permissions import Actor, require

from . import actions
from .models import Run
from .task import HistoryMessage, Task


@transaction.atomic
def open_suggestion(actor: Actor, conversation: Conversation) -> Run:
    """Open a run, outside the conversation, that answers what its customer wrote last.

    Raises Conflict when there is nothing to answer, AgentNotLive, PaymentRequired.
    """
    require(actor, "answer")
    question = conversations.unanswered(conversation.pk, after=0)
    if question is None:
        raise Conflict(_("The customer has not written yet."))
    if conversation.agent is None:
        raise Conflict(_("The agent of this conversation was deleted."))
    content = _harmless(actor.workspace, conversation.agent.read_content())
    said = conversations.history(conversation, question=question, limit=content.history_messages)
    task = Task(content=content, question=question.text, history=[HistoryMessage(**row) for row in said])
    return actions.open_single(actor, conversation.agent, task)


def _harmless(workspace: Workspace, content: AgentContent) -> AgentContent:
    """With those tools only that nobody has to be asked about: nothing happens because somebody wanted a suggestion."""
    tools = [tool.id for tool in catalogue.available(workspace, content.tools) if not tool.ask_first]
    return content.model_copy(update={"tools": tools})
