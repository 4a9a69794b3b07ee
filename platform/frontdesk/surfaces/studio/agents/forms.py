"""The agent editor's form: what an owner sees of an AgentContent, and back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from frontdesk.agents.actions import parse_content
from frontdesk.agents.content import AgentContent
from frontdesk.agents.starters import STARTERS
from frontdesk.core.errors import Invalid
from frontdesk.knowledge import queries as knowledge
from frontdesk.providers import calls
from frontdesk.workspaces.models import Workspace

from ..tools import choosing
from . import handing
from .handing import HandingFields
from .models import Models, value_of
from .sections import FIELDS, SectionRow, read_rows, rows_of, sections_of

# Content fields that the form shows under the same name.
PLAIN = (
    *("name", "organisation_name", "organisation_description", "greeting", "goal", "language"),
    *("max_steps", "history_messages", "rewrite_questions"),
)
FINE = ("temperature", "max_tokens")


class NewAgentForm(forms.Form):
    name = forms.CharField(
        label=_("What is its name?"),
        max_length=120,
        widget=forms.TextInput(attrs={"placeholder": _("Café helper"), "autofocus": True}),
    )
    starter = forms.ChoiceField(
        label=_("What does it do?"), initial=STARTERS[0].key, choices=[(each.key, each.title) for each in STARTERS]
    )
    about = forms.CharField(
        label=_("Anything special?"),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(
            attrs={"rows": 2, "placeholder": _("Guests should feel at home and book the tasting on Saturdays.")}
        ),
    )

    def starters(self) -> list[dict[str, Any]]:
        """The choices with their descriptions, for the template."""
        chosen = self["starter"].value()
        return [
            {"key": each.key, "title": each.title, "description": each.description, "chosen": each.key == chosen}
            for each in STARTERS
        ]


def _long(label: Any, help_text: Any = "", *, rows: int = 3, placeholder: Any = "") -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows, "placeholder": placeholder})
    return forms.CharField(label=label, help_text=help_text, required=False, max_length=20_000, widget=widget)


class AgentForm(HandingFields):
    """`base` is what was edited last: whatever the form does not show is kept from it."""

    name = forms.CharField(label=_("Name"), max_length=120)
    organisation_name = forms.CharField(label=_("Your business"), max_length=200, required=False)
    organisation_description = _long(
        _("About your business"), _("Who you are, where, since when. The agent may tell this to anybody.")
    )
    greeting = forms.CharField(
        label=_("Greeting"),
        max_length=500,
        required=False,
        help_text=_("The first thing a customer reads."),
        widget=forms.TextInput,
    )
    suggestions = _long(_("Suggested questions"), _("One a line, at most six. Customers can tap them."), rows=2)
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("As the customer writes")), *settings.LANGUAGES]
    )
    instructions = _long(_("How should it speak, and what are its rules?"), _("Write as you would to a new colleague."), rows=5)
    goal = _long(_("What should it achieve?"), rows=2, placeholder=_("People leave with an answer, and know how to reach us."))
    knowledge = forms.MultipleChoiceField(label=_("What should it know?"), required=False, widget=forms.CheckboxSelectMultiple)
    products = _long(
        _("Products and services"),
        _("What you offer, with prices. Good for what changes often."),
        placeholder=_("Cappuccino, 3.20"),
    )
    qa = _long(
        _("Questions and answers"),
        _("What it should answer word by word."),
        placeholder=_("Q: Are dogs welcome?\nA: Yes, on a leash."),
    )
    handover = _long(_("When should a person take over?"), rows=2)
    model = forms.ChoiceField(label=_("Which AI answers?"), required=False)
    temperature = forms.FloatField(
        label=_("Freedom of wording"),
        required=False,
        min_value=0,
        max_value=2,
        help_text=_("0 is strict, 1 is free. Empty: as the model likes."),
    )
    max_tokens = forms.IntegerField(
        label=_("Longest answer, in tokens"),
        required=False,
        min_value=1,
        max_value=100_000,
        help_text=_("A token is about four letters."),
    )
    max_steps = forms.IntegerField(label=_("Steps it may take for one answer"), min_value=1, max_value=20)
    history_messages = forms.IntegerField(label=_("Earlier messages it remembers"), min_value=0, max_value=200)
    rewrite_questions = forms.BooleanField(
        label=_("Let the AI put unclear questions in full before it looks"),
        required=False,
        help_text=_(
            "“And on Sunday?” becomes “When are you open on Sunday?”, and a question in another language is asked in that of "
            "your knowledge. One short call more, only where it is needed. The offline AI searches both ways instead."
        ),
    )

    def __init__(self, workspace: Workspace, base: AgentContent, data: QueryDict | None = None) -> None:
        self.base = base
        super().__init__(data, initial=_initial(base))
        self.bases = list(knowledge.bases())
        self.fields["knowledge"].choices = [(str(each.uuid), each.name) for each in self.bases]
        self.models = Models(workspace, base.choice)
        self.fields["model"].choices = self.models.choices
        self.tools = choosing.choices(workspace, base, data)
        handing.keep_choices(self, base)
        self.rows: list[SectionRow] = read_rows(data, base) if data is not None else rows_of(base)

    def known(self) -> list[dict[str, Any]]:
        """The knowledge bases with what is in them, for the template."""
        chosen = set(map(str, self["knowledge"].value() or []))
        return [
            {
                "uuid": str(base.uuid),
                "name": base.name,
                "chosen": str(base.uuid) in chosen,
                "sources": base.files_count + base.links_count + base.excels_count + base.data_excels_count,
            }
            for base in self.bases
        ]

    def content(self) -> AgentContent | None:
        """What stands in the form, or None with `errors` filled."""
        if not self.is_valid():
            return None
        data = self.cleaned_data
        values = {
            **self.base.model_dump(mode="json"),
            **{name: data[name] for name in PLAIN},
            "suggestions": [line.strip() for line in data["suggestions"].splitlines() if line.strip()],
            "knowledge": self._kept_knowledge(data["knowledge"]),
            **choosing.values(self.base, self.tools),
            **handing.values(data),
            "choice": {**dict(zip(("provider", "model"), calls.split(data["model"]), strict=True)), **{n: data[n] for n in FINE}},
            "sections": [section.model_dump() for section in sections_of(self.rows, data)],
        }
        try:
            return parse_content(values)
        except Invalid as error:
            self._blame(error)
            return None

    def _kept_knowledge(self, chosen: list[str]) -> list[UUID]:
        """In the order in which the agent had it; new ones behind."""
        before = [str(uuid) for uuid in self.base.knowledge]
        return [UUID(text) for text in sorted(chosen, key=lambda text: before.index(text) if text in before else len(before))]

    def _blame(self, error: Invalid) -> None:
        for problem in error.errors:
            parts = problem["field"].split(".")
            name = parts[1] if parts[0] == "choice" and len(parts) > 1 else handing.field_of(parts)
            name = "model" if name == "provider" else name
            self.add_error(name if name in self.fields else None, problem["message"])


def _initial(base: AgentContent) -> dict[str, Any]:
    texts = {section.key: section.text for section in base.sections}
    return {
        **{name: getattr(base, name) for name in PLAIN},
        "model": value_of(base.choice),
        **{name: getattr(base.choice, name) for name in FINE},
        **{name: texts.get(name, "") for name in FIELDS},
        "suggestions": "\n".join(base.suggestions),
        **handing.initial(base),
        "knowledge": [str(uuid) for uuid in base.knowledge],
    }
