"""What language a customer is taken to speak, and in which one Frontdesk speaks to them."""

from __future__ import annotations

from typing import Any

import pytest

from frontdesk.conversations import actions, contacts
from frontdesk.conversations.actions import Inbound
from frontdesk.conversations.languages import spoken


@pytest.mark.parametrize(
    ("text", "device", "code"),
    [
        ("هل أنتم مفتوحون؟", "", "ar"),
        ("هل أنتم مفتوحون؟", "en-US", "ar"),
        ("آیا باز هستید؟", "fa", "fa"),
        ("Are you open?", "en-GB,en;q=0.9", "en-GB"),
        ("Are you open?", "pt_BR", "pt-BR"),
        ("Are you open?", "ar-EG", ""),
        ("Are you open?", "", ""),
        ("ok 👍", "de", "de"),
        ("Order 17 بيتزا", "", ""),
        ("שלום לכם", "", "he"),
        ("", "<script>", ""),
        ("12345", "x" * 400, ""),
    ],
)
def test_letters_first_and_then_the_device(text: str, device: str, code: str) -> None:
    assert spoken(text, device) == code


def test_it_is_noted_once_and_a_teammates_word_stays(agent: Any, workspace: Any, owner: Any) -> None:
    def write(text: str, number: int, language: str = "") -> Any:
        inbound = Inbound(text, "widget", "leila", external_id=f"m-{number}", language=language)
        contact = actions.receive(workspace, agent.pk, inbound).conversation.contact
        contact.refresh_from_db()
        return contact

    assert write("Hello?", 1).language == ""
    assert write("هل أنتم مفتوحون؟", 2, "en").language == "ar"
    contacts.update_contact(owner, write("Are you open?", 3, "en"), language="fr")
    assert write("هل أنتم مفتوحون؟", 4).language == "fr"
