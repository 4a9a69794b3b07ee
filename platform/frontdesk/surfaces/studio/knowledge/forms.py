"""What an owner fills in around knowledge."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from frontdesk.knowledge.models import KnowledgeBase, Source
from frontdesk.providers.registry import provider_classes
from frontdesk.sdk.provider import Provider

INTERVALS = (
    (timedelta(minutes=15), _("every quarter of an hour")),
    (timedelta(hours=1), _("every hour")),
    (timedelta(hours=6), _("four times a day")),
    (timedelta(days=1), _("every day")),
    (timedelta(days=7), _("every week")),
    (timedelta(days=30), _("every month")),
)
METHODS = (
    (KnowledgeBase.Method.HYBRID, _("By words and by meaning (best for most)")),
    (KnowledgeBase.Method.SPARSE, _("By words only (for part numbers, names and codes)")),
    (KnowledgeBase.Method.DENSE, _("By meaning only (for loosely worded questions)")),
)


class NewBaseForm(forms.Form):
    name = forms.CharField(
        label=_("What is it about?"),
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": _("Menu and prices"), "autofocus": True}),
    )
    description = forms.CharField(
        label=_("A note for your team"), max_length=2_000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class LinkForm(forms.Form):
    # A scheme is added where it is missing, so the browser must not check the address.
    url = forms.CharField(
        label=_("Web address"),
        max_length=2_000,
        widget=forms.TextInput(
            attrs={"inputmode": "url", "autocomplete": "url", "placeholder": "https://example.com/menu", "dir": "ltr"}
        ),
    )
    grabber_enabled = forms.BooleanField(
        label=_("Follow the links on this page, too"),
        required=False,
        help_text=_("Its whole site is learned, page by page, as far as the site lets programs read it."),
    )

    def clean_url(self) -> str:
        url = self.cleaned_data["url"].strip()
        return url if "://" in url else f"https://{url}"


class TextForm(forms.Form):
    title = forms.CharField(label=_("Title"), max_length=255, widget=forms.TextInput(attrs={"placeholder": _("Parking")}))
    text = forms.CharField(
        label=_("What should it know?"),
        max_length=1_000_000,
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": _("Guests park free behind the house for two hours.")}),
    )


class AnswerForm(forms.Form):
    question = forms.CharField(
        label=_("When customers ask"), max_length=255, widget=forms.TextInput(attrs={"placeholder": _("Are dogs welcome?")})
    )
    answer = forms.CharField(
        label=_("it should know"),
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": _("Yes, on a leash. There is water for them at the door.")}),
    )


class FineTuneForm(forms.Form):
    """A base's own settings. Names are those of `knowledge.actions.EDITABLE`."""

    name = forms.CharField(label=_("Name"), max_length=200)
    description = forms.CharField(
        label=_("A note for your team"), max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    update_interval = forms.ChoiceField(label=_("Read web pages again"), help_text=_("Only what changed is learned again."))
    retrieval_method = forms.ChoiceField(label=_("How should it search?"), choices=METHODS)
    sparse_weightage = forms.FloatField(
        label=_("Words or meaning?"),
        min_value=0,
        max_value=1,
        help_text=_("Which counts more: what a question means, or its very words."),
        widget=forms.NumberInput(attrs={"type": "range", "step": "0.05"}),
    )
    reranking_enabled = forms.BooleanField(
        label=_("Look twice at the best passages"),
        required=False,
        help_text=_("A provider that can compare passages with the question puts the best ones first. It takes a little longer."),
    )
    top_k = forms.IntegerField(
        label=_("How many passages to find"),
        min_value=1,
        max_value=50,
        help_text=_("What the agent reads before it answers. More is not better: it gets slower and may mix things up."),
    )
    top_k_after_reranking = forms.IntegerField(
        label=_("How many to keep after looking twice"),
        min_value=1,
        max_value=50,
        help_text=_("The best of those that were found."),
    )
    chunk_size = forms.IntegerField(
        label=_("Size of a passage"),
        min_value=32,
        max_value=8192,
        help_text=_(
            "In tokens; a token is about four letters. Small passages are found exactly, large ones keep things together."
        ),
    )
    chunk_overlap = forms.IntegerField(
        label=_("Overlap of passages"),
        min_value=0,
        max_value=4096,
        help_text=_("How much of a passage the next one repeats, so that no sentence is torn. At most half the size."),
    )
    embedding_type = forms.ChoiceField(
        label=_("Who reads for meaning?"),
        required=False,
        help_text=_("Frontdesk's own reader costs nothing and sends nothing away. Others may know more languages."),
    )

    def __init__(self, base: KnowledgeBase, data: QueryDict | None = None) -> None:
        initial = {name: getattr(base, name) for name in self.base_fields}
        initial["update_interval"] = str(int(base.update_interval.total_seconds()))
        super().__init__(data, initial=initial)
        self.fields["update_interval"].choices = _with(
            initial["update_interval"],
            [(str(int(each.total_seconds())), text) for each, text in INTERVALS],
            str(base.update_interval),
        )
        self.fields["embedding_type"].choices = _with(base.embedding_type, _readers(), base.embedding_type)

    def clean_update_interval(self) -> timedelta:
        return timedelta(seconds=int(self.cleaned_data["update_interval"]))


def _readers() -> list[tuple[str, Any]]:
    """Providers that embed; without a choice it is the offline one."""
    able = [(slug, cls) for slug, cls in provider_classes().items() if cls.embed is not Provider.embed and cls.needs_network]
    return [("", _("Frontdesk's own")), *sorted((slug, cls.label) for slug, cls in able)]


def _with(value: str, choices: list[tuple[str, Any]], label: str) -> list[tuple[str, Any]]:
    """The choices, and what is chosen now if it is none of them."""
    return choices if value in dict(choices) else [*choices, (value, label)]


class SourceForm(forms.Form):
    """Changing a source in place; a text's words and a link's address only where it has them."""

    title = forms.CharField(label=_("Name"), max_length=255)
    url = forms.CharField(
        label=_("Web address"), max_length=2_000, widget=forms.TextInput(attrs={"inputmode": "url", "dir": "ltr"}), required=False
    )
    grabber_enabled = forms.BooleanField(label=_("Follow the links on this page, too"), required=False)
    text = forms.CharField(label=_("What should it know?"), max_length=1_000_000, widget=forms.Textarea(attrs={"rows": 8}))
    metadata = forms.CharField(
        label=_("Labels"),
        required=False,
        max_length=20_000,
        help_text=_("One a line, as “season: summer”. For your own order; customers do not see them."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, source: Source, data: QueryDict | None = None) -> None:
        self.source = source
        initial = {
            "title": source.name,
            "url": source.url,
            "grabber_enabled": source.grabber_enabled,
            "text": source.body,
            "metadata": "\n".join(f"{key}: {_plain(value)}" for key, value in source.metadata.items()),
        }
        super().__init__(data, initial=initial)
        if source.kind != Source.Kind.LINK:
            del self.fields["url"], self.fields["grabber_enabled"]
        if source.url or source.file or source.connection_id:
            del self.fields["text"]
        if source.kind == Source.Kind.ANSWER:
            for name, asked in (("title", "question"), ("text", "answer")):
                self.fields[name].label = AnswerForm.base_fields[asked].label

    def clean_metadata(self) -> dict[str, Any]:
        """Values that were not touched keep their type."""
        lines = [line.partition(":") for line in self.cleaned_data["metadata"].splitlines() if line.strip()]
        labels = {key.strip(): value.strip() for key, colon, value in lines if colon and key.strip()}
        if len(labels) < len(lines):
            raise forms.ValidationError(_("Write each label on a line of its own, with a colon: “season: summer”."))
        before = self.source.metadata
        return {key: before[key] if key in before and _plain(before[key]) == text else text for key, text in labels.items()}

    def changes(self) -> dict[str, Any]:
        """What differs, for `update_source`: unchanged words are not learned again."""
        data = {name: self.cleaned_data[name] for name in self.fields}
        now = {"title": self.source.name, "url": self.source.url, "text": self.source.body, "metadata": self.source.metadata}
        now["grabber_enabled"] = self.source.grabber_enabled
        changed = {name: value for name, value in data.items() if value != now[name]}
        if "grabber_enabled" in changed:
            changed.setdefault("url", data["url"])
        return changed


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
