"""When a person takes over: by the agent's rules, by what the customer writes, by the agent's own wish. And what is said then.

Reasons are in the language of the team, what is said in the customer's. Nothing here asks a model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.dispatch import receiver
from django.utils import translation
from django.utils.translation import gettext as _

from frontdesk.agents.content import AgentContent
from frontdesk.conversations import actions as conversations
from frontdesk.conversations import notices, who_answers
from frontdesk.conversations.actions import Turn
from frontdesk.conversations.asking import asks_for_person, plain
from frontdesk.conversations.models import Conversation, Message
from frontdesk.conversations.mood import is_upset
from frontdesk.workspaces import hours
from frontdesk.workspaces.models import Workspace

from .events import COMPLETED, TOOL_RETURNED
from .models import JournalSegment, Run
from .signals import ended
from .task import Task

# Two questions are the same when so much of their words is; shorter ones ("ok", "and then?") say nothing.
SAME = 0.85
SHORTEST = 3
ARABIC = re.compile(r"[\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff\ufb50-\ufdff\ufe70-\ufeff]")
# How far back to look for the same question.
LOOKED_BACK = 30
# Tools whose answer is no answer to the customer.
NO_ANSWER = frozenset({"search_knowledge", "hand_over"})


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a person takes over, for the team. `told`: the customer is told that somebody will answer."""

    text: str
    told: bool = True


def before_answering(turn: Turn, content: AgentContent) -> Message | None:
    """Hand a conversation that the AI would answer over when a rule says so. Gives what the customer was told, if anything.

    The conversation is locked; its status says afterwards who answers.
    """
    if turn.conversation.status != Conversation.Status.ACTIVE:
        return None
    workspace = turn.conversation.workspace
    with translation.override(workspace.language):
        reason = _rule(workspace, turn, content)
    return pass_on(turn.conversation, content, reason) if reason is not None else None


def _rule(workspace: Workspace, turn: Turn, content: AgentContent) -> Reason | None:
    text, rules = turn.message.text, content.handover
    if why := who_answers.why_not_ai(workspace):
        return Reason(why, told=who_answers.is_left_to_people(workspace))
    if rules.asked and asks_for_person(text):
        return Reason(_("The customer asked for a person."))
    if topic := _topic(text, rules.topics):
        return Reason(_("The customer wrote about “%(topic)s”.") % {"topic": topic})
    if rules.upset and is_upset(text):
        return Reason(_("The customer sounds upset."))
    if rules.repeated and not turn.begins and _times_asked(turn) >= rules.repeated:
        return Reason(_("The customer asked the same thing %(times)s times.") % {"times": rules.repeated})
    return None


def _topic(text: str, topics: list[str]) -> str:
    """The first of the owner's words that stands in the text. A star is any ending."""
    said = plain(text)
    return next((topic for topic in topics if re.search(_as_pattern(topic), said)), "")


def _as_pattern(topic: str) -> str:
    words = re.escape(plain(topic)).replace(r"\*", r"\w*")
    return rf"(?<!\w){words}(?!\w)"


def _times_asked(turn: Turn) -> int:
    """How often the customer has asked this, this time included."""
    words = _words(turn.message.text)
    if len(words) < SHORTEST:
        return 0
    rows = turn.conversation.messages.filter(author=Message.Author.CUSTOMER, pk__lt=turn.message.pk)
    earlier = rows.order_by("-pk").values_list("text", flat=True)[:LOOKED_BACK]
    return 1 + sum(SequenceMatcher(None, words, _words(text), autojunk=False).ratio() >= SAME for text in earlier)


def _words(text: str) -> list[str]:
    return sorted(re.findall(r"\w+", plain(text[:1_000])))


def pass_on(conversation: Conversation, content: AgentContent, reason: Reason) -> Message | None:
    """A person answers from now on, also instead of the answer in the making. Gives what the customer was told."""
    handed = conversations.hand_over(conversation.pk, reason=reason.text, stop=True)
    conversation.status, conversation.status_reason = handed.status, handed.status_reason
    conversation.waiting_since = handed.waiting_since
    if not reason.told or handed.status != Conversation.Status.SUPPORT_ACTIVE:
        return None
    return _say(conversation, content)


def _say(conversation: Conversation, content: AgentContent) -> Message:
    language = language_of(conversation, content)
    said = said_at_hand_over(conversation.workspace, content, language)
    return notices.say(conversation, said, **_closed_now(conversation.workspace))


def said_at_hand_over(workspace: Workspace, content: AgentContent, language: str) -> str:
    """That a colleague will answer; outside the opening hours, when."""
    if hours.open_at(workspace):
        with translation.override(_spoken(workspace, language)):
            return content.handover.say or _("I am passing this on. A colleague will answer you here.")
    own = content.handover.say_closed
    return hours.filled_in(workspace, own, language) if own else hours.said_outside(workspace, language)


def language_of(conversation: Conversation, content: AgentContent) -> str:
    """The language in which Frontdesk itself speaks to a customer: what is known of them, else by the letters they write."""
    usual = conversation.workspace.language
    return conversation.contact.language or content.language or _by_letters(conversation, usual)


def _by_letters(conversation: Conversation, usual: str) -> str:
    rows = conversation.messages.filter(author=Message.Author.CUSTOMER).order_by("-pk")
    letters = [each for each in rows.values_list("text", flat=True).first() or "" if each.isalpha()]
    arabic = sum(bool(ARABIC.match(each)) for each in letters)
    if 2 * arabic > len(letters):
        return "ar"
    return "en" if letters and usual == "ar" else usual


def _spoken(workspace: Workspace, language: str) -> str:
    return language if translation.check_for_language(language) else workspace.language


def left_to_people(turn: Turn, content: AgentContent) -> Message | None:
    """Tell a customer whom a person will answer that it is closed and when it opens: once, until it does.

    While it is open, who begins in a chat on a page is told that somebody will answer: it looks as if it answered at once.
    """
    conversation = turn.conversation
    if not turn.new or conversation.status != Conversation.Status.SUPPORT_ACTIVE:
        return None
    workspace, closed = conversation.workspace, _closed_now(conversation.workspace)
    if closed:
        if notices.was_said(conversation, **closed):
            return None
        return notices.say(conversation, hours.said_outside(workspace, language_of(conversation, content)), **closed)
    if not turn.begins or conversation.channel_kind != "widget":
        return None
    with translation.override(_spoken(workspace, language_of(conversation, content))):
        return notices.say(conversation, _("Thank you for your message. Somebody from our team will answer you here."))


def _closed_now(workspace: Workspace) -> dict[str, str]:
    """What marks a notice of this time of being closed; nothing while it is open."""
    if hours.open_at(workspace):
        return {}
    back = hours.next_opening(workspace)
    return {"closed_until": back.isoformat() if back else "?"}


def by_agent(run: Run, content: AgentContent, reason: str) -> str:
    """The agent asks for a person. Gives what the customer is to be told, which is left to the model."""
    conversation = Conversation.objects.select_related("workspace", "contact").get(pk=run.conversation_id)
    with translation.override(conversation.workspace.language):
        said = _("The agent asked for a person: %(reason)s") % {"reason": reason}
    conversations.hand_over(conversation.pk, reason=said)
    return said_at_hand_over(conversation.workspace, content, language_of(conversation, content))


# --- after an answer ------------------------------------------------------------------------------------------------


@receiver(ended, dispatch_uid="hand over what the agent does not know")
def after_answering(sender: type[Run], run: Run, conversation: Conversation | None, how: str, **kwargs: Any) -> None:
    """The agent has found nothing for so many questions in a row that its owner wants a person."""
    if conversation is None or how != COMPLETED or conversation.status != Conversation.Status.ACTIVE:
        return
    content = Task.model_validate(run.task).content
    most = content.handover.unanswered
    if not most or not _unanswered(conversation, most):
        return
    with translation.override(conversation.workspace.language):
        reason = Reason(_("The agent found no answer %(times)s times in a row.") % {"times": most})
    pass_on(conversation, content, reason)


def _unanswered(conversation: Conversation, times: int) -> bool:
    """Whether the last answers rest on no source and no tool. Small talk counts neither way."""
    rows = conversation.messages.filter(author=Message.Author.AI).select_related("reply_to").order_by("-pk")[: 4 * times]
    questions = [row for row in rows if row.sources or (row.reply_to and len(_words(row.reply_to.text)) >= SHORTEST)]
    last = questions[:times]
    if len(last) < times or any(row.sources for row in last):
        return False
    segments = JournalSegment.objects.filter(run__uuid__in=[row.run_uuid for row in last]).values_list("events", flat=True)
    return not any(_is_tool_answer(kind, data) for events in segments for _seq, kind, data in events)


def _is_tool_answer(kind: str, data: dict[str, Any]) -> bool:
    return kind == TOOL_RETURNED and "result" in data and data.get("name") not in NO_ANSWER
