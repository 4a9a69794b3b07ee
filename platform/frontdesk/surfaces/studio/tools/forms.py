"""The form of an HTTP tool: an address, what the agent must find out first, and keys that are never shown again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from frontdesk.tools.models import HttpTool
from frontdesk.tools.values import places

MOST_ARGUMENTS = 40
KINDS = (
    ("string", gettext_lazy("Text")),
    ("number", gettext_lazy("Number")),
    ("integer", gettext_lazy("Whole number")),
    ("boolean", gettext_lazy("Yes or no")),
)
SIMPLE = frozenset(("type", "description"))


@dataclass(frozen=True, slots=True)
class Argument:
    """One thing that the agent must know before it calls. `sample` is what "Try it" sends."""

    name: str = ""
    about: str = ""
    kind: str = "string"
    needed: bool = True
    sample: str = ""


class HttpToolForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("What is it called?"),
        max_length=120,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("Find an order")}),
    )
    description = forms.CharField(
        label=gettext_lazy("What does it do, and when should it be used?"),
        max_length=2_000,
        help_text=gettext_lazy("The agent reads this to decide. Say it as you would to a new colleague."),
        widget=forms.Textarea(
            attrs={"rows": 2, "placeholder": gettext_lazy("Tells where an order is. Ask for its number first.")}
        ),
    )
    endpoint_url = forms.CharField(
        label=gettext_lazy("Which address does it call?"),
        max_length=2_000,
        help_text=gettext_lazy("Put {name} where something that the agent found out belongs."),
        widget=forms.TextInput(
            attrs={"dir": "ltr", "placeholder": "https://api.example.com/orders/{number}", "inputmode": "url"}
        ),
    )
    http_method = forms.ChoiceField(
        label=gettext_lazy("What does the call do?"),
        choices=[
            ("GET", gettext_lazy("Look something up (GET)")),
            ("POST", gettext_lazy("Make or start something (POST)")),
            ("PUT", gettext_lazy("Replace something (PUT)")),
            ("PATCH", gettext_lazy("Change something (PATCH)")),
            ("DELETE", gettext_lazy("Delete something (DELETE)")),
        ],
    )
    ask_first = forms.ChoiceField(
        label=gettext_lazy("May the agent just do it?"),
        choices=[("", gettext_lazy("Yes, just do it")), ("1", gettext_lazy("No, ask a person of my team each time"))],
        required=False,
    )
    secret_headers = forms.CharField(
        label=gettext_lazy("Keys"),
        required=False,
        max_length=20_000,
        help_text=gettext_lazy("One a line, as the service tells you. They are kept encrypted and never shown again."),
        widget=forms.Textarea(
            attrs={
                "rows": 2,
                "dir": "ltr",
                "autocomplete": "off",
                "spellcheck": "false",
                "placeholder": "Authorization: Bearer …",
            }
        ),
    )
    headers = forms.CharField(
        label=gettext_lazy("Other headers"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 2, "dir": "ltr", "placeholder": "Accept-Language: en"}),
    )
    body_schema = forms.CharField(
        label=gettext_lazy("The exact description (JSON Schema)"),
        required=False,
        max_length=70_000,
        help_text=gettext_lazy("Instead of the list above, for lists and nested values."),
        widget=forms.Textarea(attrs={"rows": 8, "dir": "ltr", "spellcheck": "false"}),
    )
    sample = forms.CharField(
        label=gettext_lazy("Try it with (JSON)"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "ltr", "spellcheck": "false"}),
    )

    def __init__(self, tool: HttpTool | None = None, data: QueryDict | None = None) -> None:
        super().__init__(data, initial=_initial(tool))
        self.tool = tool
        self.kept = sorted(tool.secrets) if tool else []
        self.forgotten = data.getlist("forget") if data is not None else []
        self.simple = data is None and (tool is None or _is_simple(tool.body_schema)) or (data is not None and "arg-name" in data)
        self.arguments = _sent(data) if data is not None else _arguments(tool)

    @property
    def kinds(self) -> Any:
        return KINDS

    def clean_headers(self) -> dict[str, str]:
        return self._lines("headers")

    def clean_secret_headers(self) -> dict[str, str]:
        return self._lines("secret_headers")

    def clean_body_schema(self) -> dict[str, Any] | None:
        return self._json("body_schema")

    def clean_sample(self) -> dict[str, Any] | None:
        return self._json("sample")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        named = {each.name for each in self.arguments if each.name}
        unknown = [name for name in places(data.get("endpoint_url", "")) if name not in named]
        if self.simple and named and unknown and not data.get("body_schema"):
            said = _("Nothing in the list below is called “%(name)s”, as the address has it. Both names must be the same.")
            self.add_error("endpoint_url", said % {"name": unknown[0]})
        return data

    def values(self) -> dict[str, Any]:
        """For the actions."""
        data = self.cleaned_data
        forgotten = {name: None for name in self.forgotten if name in self.kept and name not in data["secret_headers"]}
        return {
            "name": data["name"],
            "description": data["description"],
            "endpoint_url": data["endpoint_url"],
            "http_method": data["http_method"],
            "ask_first": bool(data["ask_first"]),
            "headers": data["headers"],
            "secret_headers": {**forgotten, **data["secret_headers"]},
            "body_schema": data["body_schema"] or _schema(self.arguments),
        }

    def ask_for_samples(self) -> None:
        """Before "Try it": a mistake for each thing that the call needs and nothing was given for."""
        given = self.samples()
        for each in self.arguments:
            if each.name and each.needed and each.name not in given and not self.cleaned_data["body_schema"]:
                self.add_error(None, _("Say with which “%(name)s” to try it.") % {"name": each.name})

    def samples(self) -> dict[str, Any]:
        """What "Try it" sends."""
        given = {each.name: _value(each.kind, each.sample) for each in self.arguments if each.name and each.sample}
        return {**given, **(self.cleaned_data["sample"] or {})}

    def _lines(self, field: str) -> dict[str, str]:
        found = {}
        for line in self.cleaned_data[field].splitlines():
            name, colon, value = line.partition(":")
            if line.strip() and not colon:
                raise forms.ValidationError(_("Write each as “Name: value”, one a line."))
            if line.strip():
                found[name.strip()] = value.strip()
        return found

    def _json(self, field: str) -> dict[str, Any] | None:
        text = self.cleaned_data[field].strip()
        if not text:
            return None
        try:
            found = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise forms.ValidationError(_("This is not JSON: %(problem)s") % {"problem": error}) from error
        if not isinstance(found, dict):
            raise forms.ValidationError(_("Write a JSON object, in curly brackets."))
        return found


def _initial(tool: HttpTool | None) -> dict[str, Any]:
    if tool is None:
        return {}
    return {
        "name": tool.name,
        "description": tool.description,
        "endpoint_url": tool.endpoint_url,
        "http_method": tool.http_method,
        "ask_first": "1" if tool.ask_first else "",
        "headers": "\n".join(f"{name}: {value}" for name, value in tool.headers.items()),
        "body_schema": ""
        if _is_simple(tool.body_schema)
        else orjson.dumps(tool.body_schema, option=orjson.OPT_INDENT_2).decode(),
    }


def _is_simple(schema: dict[str, Any]) -> bool:
    """Whether the list of arguments can say all of it."""
    kinds = {kind for kind, _label in KINDS}
    return set(schema) <= {"type", "properties", "required"} and all(
        isinstance(each, dict) and set(each) <= SIMPLE and each.get("type") in kinds for each in schema["properties"].values()
    )


def _arguments(tool: HttpTool | None) -> list[Argument]:
    if tool is None:
        return [Argument()]
    if not _is_simple(tool.body_schema):
        return []
    required = tool.body_schema.get("required", [])
    properties = tool.body_schema["properties"].items()
    return [Argument(name, each.get("description", ""), each["type"], name in required) for name, each in properties]


def _sent(data: QueryDict) -> list[Argument]:
    columns = [data.getlist(f"arg-{column}") for column in ("name", "about", "kind", "needed", "sample")]
    rows = zip(*(column[:MOST_ARGUMENTS] for column in columns), strict=False)
    return [
        Argument(name.strip(), about.strip()[:500], kind, needed == "1", sample) for name, about, kind, needed, sample in rows
    ]


def _schema(arguments: list[Argument]) -> dict[str, Any]:
    named = [each for each in arguments if each.name]
    properties = {each.name: {"type": each.kind, **({"description": each.about} if each.about else {})} for each in named}
    required = [each.name for each in named if each.needed]
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def _value(kind: str, text: str) -> Any:
    """As JSON would have it; what is no number goes as it is, and the schema says so."""
    if kind == "boolean":
        return text.strip().lower() in ("1", "true", "yes", str(_("yes")))
    if kind == "string":
        return text
    try:
        return int(text) if kind == "integer" else float(text)
    except ValueError:
        return text


class ImportForm(forms.Form):
    url = forms.CharField(
        label=gettext_lazy("Its address"),
        required=False,
        max_length=2_000,
        widget=forms.TextInput(attrs={"dir": "ltr", "placeholder": "https://api.example.com/openapi.json", "inputmode": "url"}),
    )
    document = forms.CharField(
        label=gettext_lazy("or the document itself"),
        required=False,
        max_length=2**20,
        help_text=gettext_lazy("JSON or YAML, OpenAPI 3. Paste all of it."),
        widget=forms.Textarea(attrs={"rows": 8, "dir": "ltr", "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("url") and not (data.get("document") or "").strip():
            raise forms.ValidationError(_("Give an address, or paste the document."))
        return data
