"""A settings model as a form: every kind of field drawn, read back as its model has it, and wrong values said beside it."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from html.parser import HTMLParser
from typing import Annotated, Any, Literal

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string
from pydantic import BaseModel, Field, HttpUrl, SecretStr, ValidationError, field_validator

from frontdesk.core.scoping import scope
from frontdesk.knowledge import actions as knowledge
from frontdesk.plugins import config
from frontdesk.sdk.forms import (
    AgentRef,
    Colour,
    Email,
    KnowledgeRef,
    Labels,
    LongText,
    ModelRef,
    ServerAddress,
    WebAddress,
    shown_when,
)
from frontdesk.surfaces.studio.schema_forms import SchemaForm, in_one_line

pytestmark = pytest.mark.django_db


class Tone(Enum):
    WARM = "warm"
    PLAIN = "plain"


class Address(BaseModel):
    street: str = Field("", title="Street", max_length=20)
    city: str = Field(title="City")


class Everything(BaseModel):
    name: str = Field(title="Name", description="As customers see it.", max_length=10)
    key: SecretStr = Field(title="Key")
    active: bool = Field(True, title="Active")
    region: Annotated[Literal["eu", "us"], Labels({"eu": "Europe", "us": "America"})] = "eu"
    size: Literal[1, 2] = 1
    tone: Tone = Tone.PLAIN
    count: int = Field(3, ge=1, le=9)
    ratio: float = Field(0.5, gt=0, lt=1, multiple_of=0.1)
    about: LongText = ""
    words: list[str] = Field(default_factory=list, max_length=3)
    days: list[Annotated[Literal["mon", "tue"], Labels({"mon": "Monday", "tue": "Tuesday"})]] = Field(default_factory=list)
    model: ModelRef = ""
    base: KnowledgeRef = ""
    bases: list[KnowledgeRef] = Field(default_factory=list)
    agent: AgentRef | None = None
    colour: Colour = "#2563eb"
    accent: Colour = ""
    site: WebAddress = ""
    feed: HttpUrl | None = None
    mail: Email = ""
    server: ServerAddress = ""
    sign_in: Literal["none", "token"] = "none"
    token: Annotated[str, shown_when("sign_in", "token")] = ""
    address: Address = Address(city="Tyre")


LEAST = {"name": "Café", "key": "s3cret", "count": "3", "address.city": "Tyre"}


class Page(HTMLParser):
    """Controls by name, what labels are for or around, and all ids."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.controls: dict[str, dict[str, str | None]] = {}
        self.labels: set[str | None] = set()
        self.ids: list[str] = []
        self.inside = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = dict(attrs)
        if at.get("id"):
            self.ids.append(str(at["id"]))
        if tag == "label":
            self.inside = True
            self.labels.add(at.get("for"))
        if tag in {"input", "select", "textarea"}:
            self.controls[str(at["name"])] = {**at, "tag": tag}
            self.labels |= {at.get("id")} if self.inside else set()

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "label"


def data(**values: Any) -> QueryDict:
    """As a browser sends it."""
    sent = QueryDict(mutable=True)
    for name, value in values.items():
        sent.setlist(f"own-{name}", value if isinstance(value, list) else [value])
    return sent


@pytest.fixture
def form(workspace) -> Callable[..., Any]:
    def make(values: dict[str, Any] | None = None, model: type[BaseModel] = Everything, **given: Any) -> SchemaForm:
        return SchemaForm(model, data(**values) if values is not None else None, workspace=workspace, **given)

    return make


def drawn(form: SchemaForm) -> str:
    return render_to_string("studio/schema/fields.html", {"form": form})


def test_every_kind_of_field_has_its_control(form) -> None:
    controls = Page(drawn(form())).controls
    kinds = {name.removeprefix("own-"): (at["tag"], at.get("type")) for name, at in controls.items()}
    assert set(kinds) == {*set(Everything.model_fields) - {"address", "bases", "days"}, "days", "address.street", "address.city"}
    assert kinds["key"] == ("input", "password")
    assert kinds["active"] == ("input", "checkbox")
    assert kinds["region"] == kinds["model"] == kinds["base"] == kinds["agent"] == ("select", None)
    assert kinds["about"] == kinds["words"] == ("textarea", None)
    assert kinds["count"] == ("input", "number")
    assert kinds["days"] == ("input", "checkbox")
    assert kinds["colour"] == ("input", "color")
    assert kinds["accent"] == ("input", "text"), "a browser's own control for colours cannot be empty"
    assert kinds["site"] == kinds["feed"] == ("input", "url")
    assert kinds["mail"] == ("input", "email")
    assert controls["own-server"]["dir"] == "ltr" and kinds["server"] == ("input", "text")


def test_numbers_know_their_range(form) -> None:
    controls = Page(drawn(form())).controls
    assert (controls["own-count"]["min"], controls["own-count"]["max"]) == ("1", "9")
    assert controls["own-ratio"]["step"] == "0.1"


def test_everything_is_labelled_and_described(form) -> None:
    page = Page(drawn(form({"name": ""})))
    for name, at in page.controls.items():
        assert at["id"] in page.labels, f"{name} has no label"
        assert set((at.get("aria-describedby") or "").split()) <= set(page.ids), f"{name} is described by nothing"
    assert page.controls["own-name"]["aria-invalid"] == "true"
    assert len(page.ids) == len(set(page.ids))


def test_choices_have_their_words(form) -> None:
    html = drawn(form())
    assert '<option value="eu" selected>Europe</option>' in html
    assert '<option value="plain" selected>Plain</option>' in html
    assert "Tuesday</label>" in html


def test_values_come_back_as_the_model_has_them(form, owner, agent) -> None:
    with scope(workspace=owner.workspace):
        base = knowledge.create_base(owner, "Menu")
        filled = form(
            {
                **LEAST,
                "active": "on",
                "region": "us",
                "size": "2",
                "tone": "warm",
                "ratio": "0.3",
                "about": "Two\nlines",
                "words": "one\n\n two \n",
                "days": ["tue"],
                "base": str(base.uuid),
                "bases": [str(base.uuid)],
                "agent": str(agent.uuid),
                "colour": "#000000",
                "site": "example.com",
                "feed": "https://example.com/feed",
                "mail": "sam@example.com",
                "sign_in": "token",
                "token": "t",
                "address.street": "Sea road",
            }
        )
        assert filled.is_valid(), filled.errors
    settings, secrets = config.split(Everything, filled.values, kept={})
    made = Everything.model_validate({**settings, **secrets})
    assert (made.size, made.tone, made.words, made.days) == (2, Tone.WARM, ["one", "two"], ["tue"])
    assert (made.site, str(made.feed), made.agent, made.bases) == (
        "https://example.com",
        "https://example.com/feed",
        str(agent.uuid),
        [str(base.uuid)],
    )
    assert made.address == Address(street="Sea road", city="Tyre")
    assert secrets == {"key": "s3cret"}
    again = form(None, initial=settings, kept_secrets=secrets)
    assert again.initial["words"] == ["one", "two"]
    assert "selected>America" in drawn(again) and "Sea road" in drawn(again)


def test_what_is_left_empty_falls_back_to_the_default(form) -> None:
    filled = form({**LEAST, "count": "3"})
    assert filled.is_valid()
    made = Everything.model_validate(filled.values)
    assert (made.region, made.ratio, made.agent, made.active) == ("eu", 0.5, None, False)


def test_a_secret_is_never_shown(form) -> None:
    html = drawn(form(None, initial={"key": "s3cret"}, kept_secrets=["key"]))
    assert "s3cret" not in html and "Stored. Leave it empty to keep it." in html
    html = drawn(form({**LEAST, "name": ""}))
    assert "s3cret" not in html and "Type it again" in html


def test_a_kept_secret_may_stay_empty_and_a_missing_one_may_not(form) -> None:
    empty = {**LEAST, "key": ""}
    assert form(empty, kept_secrets=["key"]).is_valid()
    assert set(form(empty).errors) == {"key"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "x" * 11),
        ("count", "10"),
        ("count", "1.5"),
        ("count", "many"),
        ("ratio", "0.35"),
        ("region", "mars"),
        ("size", "3"),
        ("days", ["sun"]),
        ("base", "4b5e7f9a-0000-4000-8000-000000000000"),
        ("model", "nobody:x"),
        ("site", "not an address"),
        ("mail", "sam"),
        ("address.city", ""),
        ("address.street", "x" * 21),
    ],
)
def test_a_wrong_value_is_said_beside_its_field_and_stays_typed(form, name, value) -> None:
    wrong = form({**LEAST, name: value})
    assert set(wrong.errors) == {name}
    if isinstance(value, str) and name not in {"region", "size", "base", "model"}:
        assert value in drawn(wrong)
    assert str(wrong.fields[name].label) in in_one_line(wrong)


def test_what_the_model_refuses_is_said_beside_its_field(form) -> None:
    filled = form({**LEAST, "words": "a\nb\nc\nd", "accent": "red", "ratio": "1", "server": "mail.example.com"})
    assert filled.is_valid()
    with pytest.raises(config.Invalid) as refused:
        config.split(Everything, filled.values, kept={})
    filled.add_errors(refused.value)
    assert {name: texts[0] for name, texts in filled.errors.items()} == {
        "words": "Give at most 3.",
        "accent": "This does not look right. Check how it is written.",
        "ratio": "Write a number below 1.0.",
        "server": "Write the server's name and its port, like mail.example.com:993.",
    }


class Broken(BaseModel):
    """With a validator of its own words, and one over all fields."""

    code: str = ""
    inner: Address = Address(city="Tyre")

    @field_validator("code")
    @classmethod
    def known(cls, value: str) -> str:
        if value == "old":
            raise ValueError("This code has ended. Ask for a new one.")
        return value


def test_a_validators_own_words_and_nested_ones_find_their_field(form) -> None:
    filled = form({"code": "old", "inner.city": "x"}, Broken)
    assert filled.is_valid()
    filled.add_errors(config.Invalid("no", errors=[{"field": "inner.city.0", "message": "Not there."}]))
    filled.add_errors(config.Invalid("no", errors=[{"field": "gone", "message": "About nothing here."}]))
    filled.add_errors(config.Invalid("As a whole."))
    with pytest.raises(ValidationError) as refused:
        Broken.model_validate(filled.values)
    filled.add_errors(config.invalid(refused.value))
    assert filled.errors["inner.city"] == ["Not there."]
    assert filled.errors["code"] == ["This code has ended. Ask for a new one."]
    assert filled.non_field_errors() == ["About nothing here.", "As a whole."]


class Conditional(BaseModel):
    advanced: bool = False
    limit: Annotated[int, shown_when("advanced", True)] = Field(5, ge=1)
    kind: Literal["a", "b", "c"] = "a"
    extra: Annotated[Address, shown_when("kind", "b", "c")] = Address(city="")


def test_what_is_not_shown_is_not_asked_for(form) -> None:
    hidden = form({"kind": "a", "limit": "nonsense", "extra.city": ""}, Conditional)
    assert hidden.is_valid() and hidden.values == {"advanced": False, "kind": "a"}
    shown = form({"kind": "c", "advanced": "on", "limit": "0", "extra.city": ""}, Conditional)
    assert set(shown.errors) == {"limit", "extra.city"}
    html = drawn(shown)
    assert 'data-shown-when="own-advanced" data-shown-values="[&quot;true&quot;]"' in html
    assert 'data-shown-when="own-kind" data-shown-values="[&quot;b&quot;, &quot;c&quot;]"' in html


def test_pickers_offer_only_what_is_ones_own(form, stranger, agent) -> None:
    with scope(workspace=stranger.workspace):
        foreign = knowledge.create_base(stranger, "Tyres")
    html = drawn(form())
    assert agent.name in html and "Tyres" not in html
    assert set(form({**LEAST, "base": str(foreign.uuid)}).errors) == {"base"}
    assert set(form({**LEAST, "bases": [str(foreign.uuid)]}).errors) == {"bases"}


def test_a_model_that_nobody_offers_any_more_stays_chosen(form) -> None:
    html = drawn(form(None, initial={"model": "openai:gpt-old"}))
    assert '<option value="openai:gpt-old" selected>' in html
    assert form({**LEAST, "model": "openai:gpt-old"}, initial={"model": "openai:gpt-old"}).is_valid()


def test_titles_of_plugins_are_text_and_no_html(form) -> None:
    class Hostile(BaseModel):
        name: str = Field("", title="<script>alert(1)</script>", description="<b>bold</b>")

    html = drawn(form(None, Hostile))
    assert "<script>" not in html and "<b>" not in html
