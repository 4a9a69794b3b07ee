"""What an owner fills in under Settings."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from frontdesk.workspaces.models import ApiKey, Role, Workspace

ROLES = (
    (Role.OWNER, _("Owner: everything, also the team, money and keys")),
    (Role.EDITOR, _("Editor: agents, knowledge, channels and pages")),
    (Role.TEAMMATE, _("Teammate: answers customers")),
    (Role.VIEWER, _("Viewer: looks and changes nothing")),
)
LASTS = (("30", _("30 days")), ("90", _("90 days")), ("365", _("one year")), ("", _("until I revoke it")))
ZONES = sorted(available_timezones())


class BusinessForm(forms.Form):
    """Names are those of `workspaces.actions.EDITABLE`."""

    name = forms.CharField(label=_("Name of your business"), max_length=120)
    website = forms.URLField(
        label=_("Web address"), required=False, assume_scheme="https", widget=forms.URLInput(attrs={"dir": "ltr"})
    )
    language = forms.ChoiceField(label=_("Language of your team"), choices=settings.LANGUAGES)
    # Typed with suggestions: drawing six hundred options takes a tenth of a second, and finding one takes longer.
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=[(zone, zone) for zone in ZONES],
        error_messages={"invalid_choice": _("There is no such time zone. Write it like Europe/Berlin.")},
        widget=forms.TextInput(attrs={"list": "zones", "dir": "ltr", "autocomplete": "off"}),
    )

    def __init__(self, workspace: Workspace, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={name: getattr(workspace, name) for name in self.base_fields})


class InviteForm(forms.Form):
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"placeholder": "sam@example.com", "dir": "ltr"}))
    role = forms.ChoiceField(label=_("What may they do?"), choices=ROLES, initial=Role.TEAMMATE)


class KeyForm(forms.Form):
    name = forms.CharField(
        label=_("What is it for?"), max_length=80, widget=forms.TextInput(attrs={"placeholder": _("Our web shop")})
    )
    allow_list = forms.CharField(
        label=_("From where may it be used?"),
        max_length=5_000,
        help_text=_("One host, address or network a line. A call from anywhere else is refused."),
        widget=forms.Textarea(attrs={"rows": 2, "dir": "ltr", "placeholder": "shop.example.com\n203.0.113.7"}),
    )

    def __init__(self, data: QueryDict | None = None, *, key: ApiKey | None = None) -> None:
        initial = {"name": key.name, "allow_list": "\n".join(key.allow_list)} if key else {}
        super().__init__(data, initial=initial, auto_id=f"id_{key.pk}_%s" if key else "id_%s")

    def values(self) -> dict[str, Any]:
        return {"name": self.cleaned_data["name"], "allow_list": self.cleaned_data["allow_list"].split()}


class NewKeyForm(KeyForm):
    lasts = forms.ChoiceField(label=_("How long should it last?"), choices=LASTS, required=False, initial="365")

    def values(self) -> dict[str, Any]:
        days = self.cleaned_data["lasts"]
        ends: datetime | None = timezone.now() + timedelta(days=int(days)) if days else None
        return {**super().values(), "expires_at": ends}


class AccountNameForm(forms.Form):
    account_name = forms.CharField(label=_("What do you call it?"), max_length=80, required=False)


class PageForm(forms.Form):
    """The first words of a public page."""

    title = forms.CharField(label=_("Name of your business"), max_length=200)
    headline = forms.CharField(
        label=_("Headline"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": _("Coffee, cake and time")}),
    )
    lead = forms.CharField(label=_("First words"), max_length=2_000, required=False, widget=forms.Textarea(attrs={"rows": 3}))
