"""The part of the agent editor about people: when one takes over, what is said then, and how long to wait for a question."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from frontdesk.agents.content import AgentContent

# Fields of `HandOver`; on the form they begin with this, for "handover" is what the agent is told.
PREFIX = "hand_"
RULES = ("by_agent", "asked", "upset", "unanswered", "repeated", "say", "say_closed")
TIMES = (2, 3, 4, 5)


def _times(label: Any, said: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label, coerce=int, choices=[(0, _("Never")), *((each, said % {"n": each}) for each in TIMES)]
    )


class HandingFields(forms.Form):
    hand_by_agent = forms.BooleanField(
        label=_("The agent may ask for a person by itself"),
        required=False,
        help_text=_("It decides by what you write above."),
    )
    hand_asked = forms.BooleanField(
        label=_("The customer asks for a person"),
        required=False,
        help_text=_("Understood in many languages, without any AI. It works also when no AI can be reached."),
    )
    hand_upset = forms.BooleanField(
        label=_("The customer sounds upset"),
        required=False,
        help_text=_("Judged by angry words, capitals and exclamation marks."),
    )
    hand_topics = forms.CharField(
        label=_("The customer writes about"),
        required=False,
        max_length=6_000,
        help_text=_("One word or phrase a line. A star is any ending: refund*"),
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": _("refund*\nallergic reaction")}),
    )
    hand_unanswered = _times(_("The agent finds no answer"), _("%(n)s times in a row"))
    hand_repeated = _times(_("The customer asks the same thing"), _("%(n)s times"))
    hand_say = forms.CharField(
        label=_("What the customer is told then"),
        required=False,
        max_length=1_000,
        help_text=_("Left empty, we say: “I am passing this on. A colleague will answer you here.”"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    hand_say_closed = forms.CharField(
        label=_("And outside your opening hours"),
        required=False,
        max_length=1_000,
        help_text=_("Write {back} for when you are open again. Left empty, we say what you chose under Settings, Who answers."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    together = forms.TypedChoiceField(
        label=_("When somebody writes several messages"),
        coerce=lambda value: value == "True",
        choices=[("True", _("Answer them together")), ("False", _("Answer each, one after the other"))],
        widget=forms.RadioSelect,
    )
    wait_seconds = forms.IntegerField(
        label=_("Seconds to wait for the rest of a question"),
        min_value=0,
        max_value=30,
        help_text=_(
            "On messengers, where people write in pieces. 3 is good; 0 answers at once. The chat on your website never waits."
        ),
    )


def initial(base: AgentContent) -> dict[str, Any]:
    rules = {f"{PREFIX}{name}": getattr(base.handover, name) for name in RULES}
    topics = "\n".join(base.handover.topics)
    return {**rules, "hand_topics": topics, "together": str(base.together), "wait_seconds": base.wait_seconds}


def keep_choices(form: forms.Form, base: AgentContent) -> None:
    """A number of times that a program chose stays an option."""
    for name in ("unanswered", "repeated"):
        now, field = getattr(base.handover, name), form.fields[f"{PREFIX}{name}"]
        if now not in {value for value, _said in field.choices}:
            field.choices = [*field.choices, (now, str(now))]


def values(data: dict[str, Any]) -> dict[str, Any]:
    """The fields of the content that these are."""
    topics = [part.strip() for part in re.split(r"[\n,;]+", data["hand_topics"]) if part.strip()]
    handover = {**{name: data[f"{PREFIX}{name}"] for name in RULES}, "topics": list(dict.fromkeys(topics))}
    return {"handover": handover, "together": data["together"], "wait_seconds": data["wait_seconds"]}


def field_of(parts: list[str]) -> str:
    """The form's field for the place of a mistake in the content, such as ["handover", "topics", "3"]."""
    return f"{PREFIX}{parts[1]}" if parts[0] == "handover" and len(parts) > 1 else parts[0]
