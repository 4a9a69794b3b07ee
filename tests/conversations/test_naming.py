"""Names that strangers give themselves stand in the inbox and hide or turn around nothing there."""

import pytest

from frontdesk.conversations import actions
from frontdesk.conversations.naming import as_name


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("  Ana \n Lima ", "Ana Lima"),
        ("Ana\u202eevil", "Anaevil"),
        ("\u2066Ana\u2069", "Ana"),
        ("ليلى بنت", "ليلى بنت"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d🍳", "👩\u200d🍳"),
        ("क्षि", "क्षि"),
        ("\u200b\u200d\u3164", ""),
        ("\u0301", ""),
        ("<img src=x>", "<img src=x>"),
        ("A" * 300, "A" * 200),
    ],
)
def test_what_may_stand_for_a_name(said, name) -> None:
    assert as_name(said) == name


@pytest.mark.django_db
def test_a_customer_without_a_visible_name_is_a_visitor(workspace, agent) -> None:
    inbound = actions.Inbound(text="Hello", channel_kind="telegram", sender="1", sender_name="\u3164\u202e")
    assert str(actions.receive(workspace, agent.pk, inbound).conversation.contact) == "Visitor"
