"""First contents of a new agent, so that nobody begins with an empty page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .content import AgentContent, HandOver, Section

# A section of an owner's agent beside the standard ones (`prompt.STANDARD_SECTIONS`).
HAND_OVER = "handover"
# People write a question in several messages.
WAIT_SECONDS = 3


@dataclass(frozen=True, slots=True)
class Starter:
    """A kind of agent. `rules` is how it speaks and what it does first, one rule a line."""

    key: str
    title: Any
    description: Any
    rules: tuple[Any, ...]
    suggestions: tuple[Any, ...]


STARTERS = (
    Starter(
        "answers",
        gettext_lazy("Answers questions"),
        gettext_lazy("Opening hours, prices, what you offer, how things work."),
        (
            gettext_lazy("Be warm and short: two or three sentences are enough."),
            gettext_lazy("Give the exact price, time or place when you know it."),
        ),
        (gettext_lazy("When are you open?"), gettext_lazy("Where can I find you?")),
    ),
    Starter(
        "orders",
        gettext_lazy("Helps people choose and order"),
        gettext_lazy("Knows your products, compares them, says what is needed to order."),
        (
            gettext_lazy("Ask one question at a time to find out what the customer needs."),
            gettext_lazy("Recommend at most three things, with their prices, and say why."),
            gettext_lazy("Never promise that something is in stock."),
        ),
        (gettext_lazy("What do you recommend?"), gettext_lazy("How much does it cost?")),
    ),
    Starter(
        "bookings",
        gettext_lazy("Takes requests for appointments"),
        gettext_lazy("Explains what you do, asks what is needed, and hands over to your team."),
        (
            gettext_lazy("Ask for a name, a wish for a day and time, and how to reach the customer."),
            gettext_lazy("Never confirm an appointment yourself: a person will."),
        ),
        (gettext_lazy("I would like to come by"), gettext_lazy("What do I need to bring?")),
    ),
    Starter(
        "support",
        gettext_lazy("Solves problems"),
        gettext_lazy("Walks customers through a solution, step by step."),
        (
            gettext_lazy("Find out first what exactly happens."),
            gettext_lazy("Explain one step at a time and ask whether it helped."),
            gettext_lazy("Stay calm and kind when the customer is upset."),
        ),
        (gettext_lazy("Something does not work"), gettext_lazy("I want to return something")),
    ),
)


def hand_over_section() -> Section:
    text = _("Offer to get a person when the customer asks for one, is upset, or when you do not know the answer.")
    return Section(key=HAND_OVER, title=_("Getting a person"), text=text)


def start_content(
    name: str,
    *,
    starter: str = "answers",
    about: str = "",
    organisation: str = "",
    knowledge: Sequence[UUID] = (),
    language: str = "",
) -> AgentContent:
    """What a new agent of that kind is told. An unknown kind is the first one."""
    kind = next((each for each in STARTERS if each.key == starter), STARTERS[0])
    return AgentContent(
        name=name,
        organisation_name=organisation,
        goal=about,
        greeting=_("Hello! How can I help you?"),
        suggestions=[str(text) for text in kind.suggestions],
        language=language,
        knowledge=list(knowledge),
        handover=HandOver(upset=True, unanswered=3, repeated=3),
        wait_seconds=WAIT_SECONDS,
        sections=[
            Section(key="instructions", title=_("Instructions"), text="\n".join(map(str, kind.rules))),
            hand_over_section(),
        ],
    )
