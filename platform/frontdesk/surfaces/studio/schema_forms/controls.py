"""From a field of a model to a control of a form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from pydantic import AnyUrl, SecretStr

from frontdesk.sdk.forms import Drawn, Labels
from frontdesk.sdk.words import said
from frontdesk.workspaces.models import Workspace

from .pickers import Choices, agent_choices, knowledge_choices, model_choices
from .spec import Spec

MOST_LETTERS = 20_000
CODE = {"dir": "ltr", "autocomplete": "off", "spellcheck": "false"}
PICKERS: Mapping[str, Callable[[Workspace], Choices]] = {"agent": agent_choices, "knowledge": knowledge_choices}


class LinesField(forms.CharField):
    """A list of short texts, one a line."""

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str | None) else "\n".join(map(str, value))

    def clean(self, value: Any) -> list[str]:
        return [line.strip() for line in super().clean(value).splitlines() if line.strip()]


def control(spec: Spec, workspace: Workspace, *, now: Any = None, kept: bool = False) -> forms.Field:
    """The control of a field. `now` is its value as stored; `kept` says that a secret is."""
    given: dict[str, Any] = {"label": spec.title, "help_text": spec.help, "required": spec.required}
    drawn = spec.mark(Drawn)
    options = _options(spec)
    if spec.kind is SecretStr:
        return _secret(given, kept=kept)
    if drawn and drawn.control in PICKERS:
        return _choice(spec, given, PICKERS[drawn.control](workspace), str)
    if drawn and drawn.control == "model":
        return forms.ChoiceField(**given, choices=model_choices(workspace, now))
    if options is not None:
        return _choice(spec, given, [(str(value), label) for value, label in options], _back(options))
    if spec.kind is bool:
        return forms.BooleanField(**{**given, "required": False})
    if spec.many:
        help_text = spec.help or _("One a line.")
        area = forms.Textarea(attrs={"rows": 3, "dir": "auto"})
        return LinesField(**{**given, "help_text": help_text}, max_length=MOST_LETTERS, widget=area)
    if spec.kind in (int, float, Decimal):
        return _number(spec, given)
    return _text(spec, given, drawn.control if drawn else "")


def _secret(given: dict[str, Any], *, kept: bool) -> forms.Field:
    if kept:
        given |= {"help_text": _("Stored. Leave it empty to keep it."), "required": False}
    attrs = {**CODE, "autocomplete": "new-password", "placeholder": "••••••••" if kept else ""}
    return forms.CharField(**given, max_length=5_000, widget=forms.PasswordInput(attrs=attrs))


def _options(spec: Spec) -> list[tuple[Any, Any]] | None:
    """(value, label) of a Literal or an Enum; None for all else."""
    if get_origin(spec.kind) is Literal:
        values = [(value, str(value)) for value in get_args(spec.kind)]
    elif isinstance(spec.kind, type) and issubclass(spec.kind, Enum):
        values = [(member.value, getattr(member, "label", member.name.replace("_", " ").capitalize())) for member in spec.kind]
    else:
        return None
    marked = spec.mark(Labels)
    words = marked.words if marked else {}
    language = get_language() or ""
    return [(value, said(words.get(value, label), language)) for value, label in values]


def _back(options: list[tuple[Any, Any]]) -> Callable[[str], Any]:
    """From what a browser sends to the value itself: `Literal[1, 2]` holds numbers."""
    values = {str(value): value for value, _label in options}
    return lambda text: values.get(text, text)


def _choice(spec: Spec, given: dict[str, Any], choices: Choices, back: Callable[[str], Any]) -> forms.Field:
    if spec.many:
        widget = forms.CheckboxSelectMultiple
        return forms.TypedMultipleChoiceField(**given, choices=choices, coerce=back, empty_value=[], widget=widget)
    if spec.required:
        choices = [("", _("Choose…")), *choices]
    elif spec.default in ("", None) and "" not in dict(choices):
        choices = [("", _("None")), *choices]
    return forms.TypedChoiceField(**given, choices=choices, coerce=back, empty_value="")


def _number(spec: Spec, given: dict[str, Any]) -> forms.Field:
    above, below = spec.limit("gt"), spec.limit("lt")
    low, high = spec.limit("ge"), spec.limit("le")
    if spec.kind is int:
        low, high = above + 1 if above is not None else low, below - 1 if below is not None else high
        return forms.IntegerField(**given, min_value=low, max_value=high, step_size=spec.limit("multiple_of"))
    kind = forms.DecimalField if spec.kind is Decimal else forms.FloatField
    return kind(**given, min_value=low, max_value=high, step_size=spec.limit("multiple_of"))


def _text(spec: Spec, given: dict[str, Any], drawn: str) -> forms.Field:
    longest = spec.limit("max_length") or MOST_LETTERS
    if drawn == "web_address" or (isinstance(spec.kind, type) and issubclass(spec.kind, AnyUrl)):
        widget = forms.URLInput(attrs={**CODE, "placeholder": "https://"})
        return forms.URLField(**given, max_length=2_000, assume_scheme="https", widget=widget)
    match drawn:
        case "server":
            widget = forms.TextInput(attrs={**CODE, "placeholder": "mail.example.com:993"})
            return forms.CharField(**given, max_length=longest, widget=widget)
        case "long_text":
            return forms.CharField(**given, max_length=longest, widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}))
        case "email":
            return forms.EmailField(**given, widget=forms.EmailInput(attrs={**CODE, "placeholder": "sam@example.com"}))
        case "colour":
            # A browser's colour control cannot be empty.
            always = spec.required or spec.default
            widget = forms.ColorInput() if always else forms.TextInput(attrs={**CODE, "placeholder": "#2563eb"})
            return forms.CharField(**given, max_length=7, widget=widget)
    attrs = CODE if spec.limit("pattern") else {"dir": "auto", "autocomplete": "off"}
    return forms.CharField(**given, max_length=min(longest, 2_000), widget=forms.TextInput(attrs=attrs))
