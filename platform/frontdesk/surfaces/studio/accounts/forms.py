"""What people type to get in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from frontdesk.core.errors import FrontdeskError


def _password(label: Any, *, new: bool) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password" if new else "current-password"})
    return forms.CharField(label=label, strip=False, max_length=200, widget=widget)


class SignInForm(forms.Form):
    name = forms.CharField(
        label=_("E-mail or user name"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = _password(_("Password"), new=False)


class PersonForm(forms.Form):
    """Somebody who has no account yet."""

    full_name = forms.CharField(label=_("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "email"}))
    password = _password(_("Password"), new=True)


class SignUpForm(PersonForm):
    workspace_name = forms.CharField(
        label=_("Name of your business"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "organization"})
    )
    field_order = ["workspace_name", "full_name", "email", "password"]


class WorkspaceForm(forms.Form):
    name = forms.CharField(label=_("Name of your business"), max_length=120)


class PasswordForm(forms.Form):
    old_password = _password(_("Present password"), new=False)
    new_password = _password(_("New password"), new=True)


def blame(form: forms.Form, error: FrontdeskError) -> None:
    """Put what an action refused beside the field it is about, or above the form."""
    for problem in error.errors:
        field = {"username": "email"}.get(problem["field"], problem["field"])
        form.add_error(field if field in form.fields else None, problem["message"])
    if not error.errors:
        form.add_error(None, str(error.message))
