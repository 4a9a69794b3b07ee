"""Answers that nobody asks for at this moment: the customer has been quiet for long enough, or the AI answers again."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.dispatch import receiver

from frontdesk.agents.errors import AgentNotLive
from frontdesk.conversations.models import Conversation, Message
from frontdesk.conversations.signals import given_back
from frontdesk.core.jobs import enqueue
from frontdesk.workspaces.permissions import Actor

from . import handing_over, waiting
from .actions import open_or_hand_over
from .handing_over import Reason
from .models import Run
from .waiting import Question


@transaction.atomic
def begin(message_id: int, actor: str) -> None:
    """Open the run for a question when this message is the newest of it; a newer one brings its own moment.

    While another run is open nothing is to be done: whoever ends it goes on with what came meanwhile.
    """
    message = Message.objects.get(pk=message_id)
    conversation = _locked(message.conversation_id)
    question = _what_to_answer(conversation)
    if question is None:
        return
    content = conversation.agent.read_content()
    newer = question.newest.pk > message.pk
    if not (newer and waiting.seconds_left(question, waiting.seconds_for(conversation, content))):
        _open(conversation, question, Actor.system(conversation.workspace, actor))


@receiver(given_back, dispatch_uid="answer what nobody answered")
def answer_again(sender: type[Conversation], conversation: Conversation, **kwargs: Any) -> None:
    """The AI answers again: what the customer wrote meanwhile is its to answer. A program asks again by itself."""
    question = _what_to_answer(conversation)
    if question is not None and conversation.channel_id is not None:
        _open(conversation, question, Actor.system(conversation.workspace))


def _locked(conversation_id: int) -> Conversation:
    rows = Conversation.objects.select_for_update(of=("self",)).select_related("workspace", "contact", "agent")
    return rows.get(pk=conversation_id)


def _what_to_answer(conversation: Conversation) -> Question | None:
    if conversation.status != Conversation.Status.ACTIVE:
        return None
    if Run.objects.filter(conversation=conversation, state__in=Run.OPEN).exists():
        return None
    return waiting.next_question(conversation)


def _open(conversation: Conversation, question: Question, actor: Actor) -> None:
    """Have a worker answer; a person does where the agent is away or no credits are left."""
    agent = conversation.agent
    content = agent.read_content()
    if not agent.live or agent.archived_at:
        handing_over.pass_on(conversation, content, Reason(str(AgentNotLive.default_message)))
        return
    run = open_or_hand_over(actor, conversation, question, content)
    if run is not None:
        enqueue("runs.execute", workspace=run.workspace, key=str(run.uuid), run_id=run.pk)
