"""What an owner fills in about a webhook."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from frontdesk.webhooks.kinds import KINDS
from frontdesk.webhooks.models import Endpoint

SINCE = (("1", _("the last hour")), ("24", _("the last day")), ("168", _("the last 7 days")), ("719", _("the last 30 days")))


class WebhookForm(forms.Form):
    url = forms.CharField(
        label=_("Address of your program"),
        max_length=2000,
        widget=forms.URLInput(attrs={"dir": "ltr", "placeholder": "https://shop.example.com/frontdesk"}),
    )
    events = forms.MultipleChoiceField(
        label=_("What should it be told?"),
        choices=[(name, words) for name, words in KINDS.items()],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one event.")},
    )
    description = forms.CharField(
        label=_("What is it for?"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": _("Our order system")}),
    )

    def __init__(self, data: QueryDict | None = None, *, endpoint: Endpoint | None = None) -> None:
        super().__init__(data, initial={name: getattr(endpoint, name) for name in self.base_fields} if endpoint else None)

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("url", "events", "description")}


class ReplayForm(forms.Form):
    hours = forms.ChoiceField(label=_("Of when?"), choices=SINCE, initial="24")
    everything = forms.BooleanField(label=_("Also what it has taken already"), required=False)

    def since(self) -> datetime:
        return timezone.now() - timedelta(hours=int(self.cleaned_data["hours"]))
