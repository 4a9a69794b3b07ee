"""What is known of a customer, as a form. The room checks what is written."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from frontdesk.conversations.contacts import LONGEST
from frontdesk.conversations.models import Contact

NAMES = ("name", "email", "phone", "language", "notes")
# Empty lines for own fields, beside those that are filled.
SPARE = 2


class ContactForm(forms.Form):
    """`pairs` are the business's own fields: their names and values, as they stand on the page."""

    name = forms.CharField(label=_("Name"), max_length=LONGEST["name"], required=False)
    email = forms.CharField(
        label=_("E-mail"), max_length=254, required=False, widget=forms.EmailInput(attrs={"dir": "ltr", "autocomplete": "off"})
    )
    phone = forms.CharField(
        label=_("Phone"),
        max_length=LONGEST["phone"],
        required=False,
        widget=forms.TextInput(attrs={"dir": "ltr", "type": "tel", "autocomplete": "off"}),
    )
    language = forms.CharField(
        label=_("Language"),
        max_length=10,
        required=False,
        help_text=_("Its code, such as en or pt-BR."),
        widget=forms.TextInput(attrs={"dir": "ltr", "autocomplete": "off"}),
    )
    notes = forms.CharField(
        label=_("Notes"),
        max_length=LONGEST["notes"],
        required=False,
        help_text=_("For your team. Neither the customer nor the AI sees them."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, data: QueryDict | None = None, *, contact: Contact | None = None) -> None:
        super().__init__(data, initial={name: getattr(contact, name) for name in NAMES} if contact else {})
        if data is not None:
            self.pairs = list(zip(data.getlist("field_name"), data.getlist("field_value"), strict=False))
        else:
            self.pairs = [*(contact.fields.items() if contact else ()), *[("", "")] * SPARE]

    def values(self) -> dict[str, Any]:
        """A line without a name and a value is none; one without a name has the room say so."""
        return {**self.cleaned_data, "fields": {name: value for name, value in self.pairs if name.strip() or value.strip()}}
