"""The rehearsal as an owner meets it: begun without an account, played on a phone, and made real later."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from frontdesk.agents import actions as agents
from frontdesk.agents.models import Agent
from frontdesk.channels.models import Channel
from frontdesk.channels.rehearsal.memory import Remembered
from frontdesk.channels.rehearsal.models import RehearsedFile
from frontdesk.conversations import actions as conversations
from frontdesk.conversations import queries
from frontdesk.conversations.models import Conversation
from frontdesk.plugins import actions as plugins
from frontdesk.plugins.capabilities import manifest_of
from frontdesk.workspaces.models import Workspace

from .conftest import HTMX
from .test_knowledge import text_of
from .test_messengers import work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def live(owner: Any, agent: Agent, in_workspace: Any) -> Agent:
    """A person answers."""
    plugins.turn_on(owner, "telegram", agreed=manifest_of("telegram").permissions)
    Workspace.objects.filter(pk=owner.workspace.pk).update(default_reply_handler="support")
    agents.put_live(owner, agent, agents.latest_content(agent))
    return Agent.objects.get(pk=agent.pk)


@pytest.fixture
def stage(studio: Client, live: Agent) -> Channel:
    """Begun by the button."""
    said = studio.post(reverse("studio:channel_rehearse", args=["telegram"]), {"agent": str(live.uuid)})
    channel = Channel.objects.get(rehearsal=True)
    assert said.url == reverse("studio:rehearsal", args=[channel.uuid])
    return channel


@pytest.fixture
def customer(stage: Channel) -> str:
    [met] = Remembered(stage).customers()
    return met.id


def act(client: Client, channel: Channel, do: str, **more: Any) -> Any:
    return client.post(reverse("studio:rehearsal_act", args=[channel.uuid]), {"do": do, **more}, headers=HTMX)


def screen(client: Client, channel: Channel, customer: str, seen: str = "") -> Any:
    return client.get(reverse("studio:rehearsal_screen", args=[channel.uuid]), {"customer": customer, "seen": seen}, headers=HTMX)


def test_the_way_in_stands_where_a_channel_is_connected(studio, live) -> None:
    page = studio.get(reverse("studio:channel_connect", args=["telegram"]))
    assert "No account yet? Rehearse first" in text_of(page)
    assert "Rehearse : Telegram" in text_of(studio.get(reverse("studio:channels")))


def test_a_rehearsal_is_marked_everywhere(studio, stage) -> None:
    assert "is a rehearsal" in text_of(studio.get(reverse("studio:rehearsal", args=[stage.uuid])))
    assert "This is a rehearsal" in text_of(studio.get(reverse("studio:channel", args=[stage.uuid])))
    assert "Rehearsal" in text_of(studio.get(reverse("studio:channels")))


def test_what_is_written_arrives_and_the_answer_comes_back(studio, owner, stage, customer) -> None:
    sent = act(studio, stage, "write", customer=customer, text="Do you have <b>oat</b> milk?")
    assert "Do you have &lt;b&gt;oat&lt;/b&gt; milk?" in sent.content.decode()
    work()
    conversation = Conversation.objects.get()
    assert conversation.last_message_preview == "Do you have <b>oat</b> milk?"
    conversations.reply_as_person(owner, conversation, "Yes, we do.")
    work()
    now = screen(studio, stage, customer)
    assert "Yes, we do." in text_of(now)
    assert "✓✓" in text_of(now)
    assert reverse("studio:conversation", args=[conversation.uuid]) in now.content.decode()
    seen = now.context["phone"].version
    assert screen(studio, stage, customer, seen).status_code == 204


def test_a_rehearsal_stands_in_the_lists_but_in_no_figure(studio, stage, customer, api) -> None:
    act(studio, stage, "write", customer=customer, text="Hello from the stage")
    work()
    assert api.get("/api/conversations/").json()["count"] == 1
    assert "Hello from the stage" in text_of(studio.get(reverse("studio:conversations")))
    numbers = queries.numbers_since(timezone.now() - timedelta(hours=1))
    assert (numbers.conversations, numbers.waiting) == (0, 0)


def test_what_a_customer_cannot_do_is_a_sentence(studio, stage, customer) -> None:
    empty = act(studio, stage, "write", customer=customer, text="  ")
    assert (empty.status_code, "message is empty" in empty["HX-Trigger"]) == (409, True)
    assert act(studio, stage, "press", customer=customer, line="1:1", button="x").status_code == 409
    assert act(studio, stage, "fly", customer=customer).status_code == 400
    assert act(studio, stage, "switch", customer=customer, vendor="angry").status_code == 400
    assert act(studio, stage, "write", customer="nobody", text="Hello").status_code == 409
    assert act(studio, stage, "write", customer="\x00", text="Hello").status_code == 409
    assert act(studio, stage, "press", customer=customer, line="\x00", button="\x00").status_code == 409


def test_the_switches_stay_as_they_are_set(studio, stage, customer) -> None:
    act(studio, stage, "switch", customer=customer, twice="on", vendor="silent", blocked="on")
    faults = Remembered(stage).faults
    assert (faults.twice, faults.mood, faults.late) == (True, "silent", 0.0)
    page = studio.get(reverse("studio:rehearsal", args=[stage.uuid])).content.decode()
    assert 'name="twice" checked' in page
    assert 'value="silent" checked' in page
    assert 'name="blocked" checked' in page
    act(studio, stage, "switch", customer=customer, vendor="")
    assert not Remembered(stage).faults.twice
    assert not Remembered(stage).customer(customer).blocked


def test_a_closed_window_is_offered_only_where_there_is_one(studio, stage, owner, live) -> None:
    for plugin, kind in (("whatsapp", "whatsapp"), ("meta", "instagram")):
        plugins.turn_on(owner, plugin, agreed=manifest_of(plugin).permissions)
        studio.post(reverse("studio:channel_rehearse", args=[kind]), {"agent": str(live.uuid)})
    phones = {kind: Channel.objects.get(kind=kind) for kind in ("telegram", "whatsapp", "instagram")}
    pages = {kind: studio.get(reverse("studio:rehearsal", args=[each.uuid])).content.decode() for kind, each in phones.items()}
    assert ['name="window_closed"' in page for page in pages.values()] == [False, True, True]
    assert "lets nobody write to them" in pages["whatsapp"]
    assert "lets only people write to them, no AI" in pages["instagram"], "Meta lets a person write for a week"


def test_somebody_else_can_be_met(studio, stage) -> None:
    act(studio, stage, "meet", name="<script>Zoë</script>")
    page = studio.get(reverse("studio:rehearsal", args=[stage.uuid]))
    assert "&lt;script&gt;Zoë&lt;/script&gt;" in page.content.decode()
    assert "<script>Zoë" not in page.content.decode()


def test_a_channel_that_is_real_has_no_rehearsal(studio, stage, live, customer) -> None:
    Channel.objects.filter(pk=stage.pk).update(rehearsal=False)
    assert studio.get(reverse("studio:rehearsal", args=[stage.uuid])).status_code == 409
    assert act(studio, stage, "write", customer=customer, text="Hello").status_code == 409


def test_a_rehearsal_may_get_another_name_without_an_account(studio, stage, live) -> None:
    where = reverse("studio:channel", args=[stage.uuid])
    studio.post(where, {"agent": str(live.uuid), "channel_name": "Our bot", "token": "", "rehearsal": "on"})
    stage.refresh_from_db()
    assert (stage.name, stage.rehearsal) == ("Our bot", True)
    refused = studio.post(where, {"agent": str(live.uuid), "channel_name": "Our bot", "token": "nonsense"})
    assert refused.status_code == 422
    stage.refresh_from_db()
    assert stage.rehearsal


def test_a_picture_is_sent_and_stands_on_the_phone(studio, stage, customer) -> None:
    picture = SimpleUploadedFile("cake.png", b"\x89PNG and what follows", content_type="image/png")
    sent = act(studio, stage, "write", customer=customer, text="Is this vegan?", file=picture)
    [line] = Remembered(stage).lines(customer)
    [file] = line.attachments
    where = reverse("studio:rehearsal_file", args=[stage.uuid, UUID(file.reference)])
    assert f'<img src="{where}"' in sent.content.decode()
    assert studio.get(where).content == b"\x89PNG and what follows"
    large = SimpleUploadedFile("film.mp4", b"x" * (20 * 2**20 + 1), content_type="video/mp4")
    assert act(studio, stage, "write", customer=customer, file=large).status_code == 409


def test_files_are_shown_only_where_that_is_harmless(studio, stage, customer, workspace) -> None:
    rows = [
        ("image/png", b"\x89PNG", "inline"),
        ("text/html", b"<script>", "attachment"),
        ("image/svg+xml", b"<svg/>", "attachment"),
    ]
    for media_type, data, shown in rows:
        kept = RehearsedFile.objects.create(workspace=workspace, channel=stage, media_type=media_type, name="a file", data=data)
        got = studio.get(reverse("studio:rehearsal_file", args=[stage.uuid, kept.uuid]))
        assert got.content == data
        assert got["Content-Disposition"].startswith(shown)
        assert "sandbox" in got["Content-Security-Policy"]
        assert (got["Content-Type"] == media_type) is (shown == "inline")


def test_who_may_not_manage_channels_may_not_rehearse(stage, customer, member) -> None:
    teammate = member("teammate")
    for name in ("rehearsal", "rehearsal_screen"):
        assert teammate.get(reverse(f"studio:{name}", args=[stage.uuid])).status_code == 403
    assert act(teammate, stage, "write", customer=customer, text="Hello").status_code == 403
    assert not Remembered(stage).lines(customer)


def test_who_comes_by_the_buttons_address_is_led_to_it(studio, live) -> None:
    assert studio.get(reverse("studio:channel_rehearse", args=["telegram"])).url == "/studio/channels/connect/telegram/#rehearse"
