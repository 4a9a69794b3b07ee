"""Who answers customers: the AI or people, when the business is open, and what happens when nobody answers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf.locale import LANG_INFO
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from frontdesk.conversations import who_answers as answering
from frontdesk.core.errors import FrontdeskError
from frontdesk.workspaces import actions, hours
from frontdesk.workspaces.hours import OpeningHours
from frontdesk.workspaces.models import Workspace

from ..accounts.forms import blame
from ..page import studio_page
from ..request import StudioRequest
from .frame import show
from .hours_rows import HoursRows

HANDLERS = (
    (Workspace.Handler.AI, gettext_lazy("The AI, and a person when it is needed")),
    (Workspace.Handler.MANUAL, gettext_lazy("A person")),
)
OUTSIDE = (
    ("as_always", gettext_lazy("As during opening hours")),
    ("ai", gettext_lazy("The AI, also where people answer by day")),
    ("person", gettext_lazy("Nobody: say when we are back, and keep it for a person")),
)
REMINDERS, SILENCES = (5, 10, 15, 30, 60, 120, 240), (10, 15, 30, 60, 120, 240, 480, 1440)
LANGUAGES = sorted((code, info["name_local"]) for code, info in LANG_INFO.items() if "name_local" in info)


class WhoAnswersForm(forms.Form):
    """Everything but the rows of hours (`HoursRows`)."""

    default_reply_handler = forms.ChoiceField(
        label=gettext_lazy("Who answers new conversations?"), choices=HANDLERS, widget=forms.RadioSelect
    )
    auto_response = forms.BooleanField(
        label=gettext_lazy("The AI may answer customers"),
        required=False,
        help_text=gettext_lazy("Turn this off to stop all AI answers at once. Messages still come in, and people answer."),
    )
    enabled = forms.BooleanField(
        label=gettext_lazy("We have opening hours"), required=False, help_text=gettext_lazy("Without them you are always open.")
    )
    outside = forms.ChoiceField(label=gettext_lazy("Who answers then?"), choices=OUTSIDE, widget=forms.RadioSelect)
    reminder_minutes = forms.TypedChoiceField(label=gettext_lazy("Remind the team"), coerce=int)
    silence_minutes = forms.TypedChoiceField(
        label=gettext_lazy("Let the AI answer again"),
        coerce=int,
        help_text=gettext_lazy("Only while the AI may answer. A closed conversation stays closed."),
    )
    new_language = forms.ChoiceField(label=gettext_lazy("In another language"), required=False, choices=[("", "—"), *LANGUAGES])
    new_text = forms.CharField(required=False, max_length=1_000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, workspace: Workspace, data: QueryDict | None = None) -> None:
        self.workspace, self.kept = workspace, hours.read(workspace)
        plain = ("default_reply_handler", "auto_response", "reminder_minutes", "silence_minutes")
        initial = {name: getattr(workspace, name) for name in plain}
        super().__init__(data, initial={**initial, "enabled": self.kept.enabled, "outside": self.kept.outside})
        self.fields["reminder_minutes"].choices = _minutes(REMINDERS, workspace.reminder_minutes)
        self.fields["silence_minutes"].choices = _minutes(SILENCES, workspace.silence_minutes)
        self.fields["new_text"].label = _("What they are told")
        self.languages = list(dict.fromkeys([workspace.language, *self.kept.texts]))
        for code in self.languages:
            self.fields[f"text_{code}"] = _text_field(workspace, code, self.kept)
        self.rows = HoursRows(self.kept, data)

    def texts(self) -> list[Any]:
        """The fields for what a customer is told, for the template."""
        return [self[f"text_{code}"] for code in self.languages]

    def changes(self) -> dict[str, Any] | None:
        """What to change in the workspace; None when something needs another look."""
        values = self.rows.values()
        if not self.is_valid():
            return None
        if values is None:
            self.add_error(None, _("Some hours need another look. They are marked below."))
            return None
        data = self.cleaned_data
        texts = {code: data[f"text_{code}"] for code in self.languages}
        if data["new_language"]:
            texts[data["new_language"]] = data["new_text"]
        opening = {**values, "enabled": data["enabled"], "outside": data["outside"], "texts": texts}
        names = ("default_reply_handler", "auto_response", "reminder_minutes", "silence_minutes")
        return {**{name: data[name] for name in names}, "opening_hours": opening}


def _text_field(workspace: Workspace, code: str, kept: OpeningHours) -> forms.CharField:
    label = LANG_INFO.get(code, {}).get("name_local", code)
    attrs = {"rows": 3, "lang": code, "dir": "rtl" if LANG_INFO.get(code, {}).get("bidi") else "auto"}
    field = forms.CharField(label=label, required=False, max_length=1_000, widget=forms.Textarea(attrs=attrs))
    field.initial = kept.texts.get(code, "")
    return field


def _minutes(choices: tuple[int, ...], now: int) -> list[tuple[int, Any]]:
    """With the one that is chosen now, wherever it came from."""
    return [(0, _("Never")), *((each, _after(each)) for each in sorted({*choices, *([now] if now else [])}))]


def _after(minutes: int) -> str:
    if minutes % 60:
        return ngettext("After %(n)s minute", "After %(n)s minutes", minutes) % {"n": minutes}
    return ngettext("After %(n)s hour", "After %(n)s hours", minutes // 60) % {"n": minutes // 60}


@require_http_methods(["GET", "HEAD", "POST"])
@studio_page("manage_workspace")
def who_answers(request: StudioRequest) -> HttpResponse:
    workspace = request.actor.workspace
    form = WhoAnswersForm(workspace, request.POST or None)
    changes = form.changes() if form.is_bound else None
    if changes is not None:
        try:
            actions.change_workspace(request.actor, **changes)
        except FrontdeskError as error:
            blame(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("studio:settings_who")
    return show(request, "who_answers", section="who", form=form, status=422 if form.errors else 200, **_now(workspace))


def _now(workspace: Workspace) -> dict[str, Any]:
    """What is so at this moment, as the page says it first."""
    now = timezone.now()
    back = hours.next_opening(workspace, now)
    return {
        "open_now": hours.open_at(workspace, now),
        "back": hours.when(back, now) if back else "",
        "first": answering.first_status(workspace, now),
        "zone": workspace.time_zone.replace("_", " "),
        "told": hours.said_outside(workspace, workspace.language, now),
    }
