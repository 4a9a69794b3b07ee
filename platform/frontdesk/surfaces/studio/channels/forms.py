"""What an owner fills in for a chat on a website."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from frontdesk.agents import queries as agents
from frontdesk.channels import queries as channels
from frontdesk.channels.models import Channel

from .looks import looks


class WidgetForm(forms.Form):
    agent = forms.ChoiceField(label=_("Who answers?"))
    origins = forms.CharField(
        label=_("On which websites may it stand?"),
        required=False,
        max_length=5_000,
        help_text=_("One address a line. A page that is not on this list cannot show your chat. A star (*) allows every page."),
        widget=forms.Textarea(attrs={"rows": 2, "dir": "ltr", "placeholder": "https://www.example.com"}),
    )
    name = forms.CharField(label=_("What do you call this chat?"), max_length=80, required=False)

    def __init__(self, data: QueryDict | None = None, *, channel: Channel | None = None) -> None:
        super().__init__(data, initial=_initial(channel))
        self.fields["agent"].choices = agent_choices(channel)

    def values(self) -> dict[str, Any]:
        """For the actions."""
        agent = agents.agent_by_uuid(self.cleaned_data["agent"])
        return {
            "agent_id": agent.pk,
            "origins": self.cleaned_data["origins"].split(),
            "name": self.cleaned_data["name"].strip() or str(_("Chat on my website")),
        }


class ChannelForm(WidgetForm):
    """A chat that is there, with its look."""

    theme = forms.ChoiceField(label=_("How should it look?"), required=False, widget=forms.RadioSelect)

    def __init__(self, channel: Channel, data: QueryDict | None = None) -> None:
        super().__init__(data, channel=channel)
        self.channel = channel
        self.looks = looks(channel.workspace, follow=True)
        self.fields["theme"].choices = [(look.slug, look.name) for look in self.looks]

    def values(self) -> dict[str, Any]:
        settings = {**self.channel.settings, "theme": self.cleaned_data["theme"]}
        return {**super().values(), "settings": settings}


def _initial(channel: Channel | None) -> dict[str, Any]:
    if channel is None:
        return {}
    return {
        "agent": str(channel.agent.uuid),
        "origins": "\n".join(channel.origins),
        "name": channel.name,
        "theme": channel.settings.get("theme", ""),
    }


def agent_choices(channel: Channel | None) -> list[tuple[str, str]]:
    """The workspace's agents, first those who are live and answer at most places; and the channel's own though it be put away."""
    places = Counter(channels.channels().values_list("agent", flat=True))
    team = sorted(agents.agents(), key=lambda agent: (not agent.live, -places[agent.pk]))
    if channel is not None and channel.agent not in team:
        team.append(channel.agent)
    return [(str(agent.uuid), _name(agent)) for agent in team]


def _name(agent: Any) -> str:
    return agent.name if agent.live else _("%(name)s (not live yet)") % {"name": agent.name}
