"""Voice messages from messengers become words where an engine listens."""

from __future__ import annotations

import pytest

from frontdesk.channels.signals import to_write_down
from frontdesk.core.scoping import scope
from frontdesk.plugins import actions

from .conftest import wav

pytestmark = pytest.mark.django_db(transaction=True)


def said(owner, recording: bytes) -> list[str | None]:
    with scope(workspace=owner.workspace):
        return [answer for _receiver, answer in to_write_down.send(None, actor=owner, recording=recording, language="")]


def test_an_engine_writes_it_down(owner, studio) -> None:
    studio()
    assert said(owner, wav(b"\x00\x10" * 4000)) == ["Well heard."]


def test_where_nobody_listens_it_stays_a_recording(owner, in_workspace) -> None:
    actions.turn_off(owner, "offline_speech")
    assert said(owner, wav(b"\x00\x10" * 4000)) == [None]


def test_what_is_no_recording_stays_what_it_is(owner, studio) -> None:
    studio()
    assert said(owner, b"not a sound") == [None]
