"""Tags, notes, whose a conversation is, how urgent, and putting it off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from frontdesk.conversations import activities, assigning, notes, queries, reading, snoozing, tagging, threads
from frontdesk.conversations.actions import reply_as_person, save_answer, set_status
from frontdesk.conversations.models import Activity, Conversation, Message, Tag
from frontdesk.core.errors import Conflict, Invalid, NotAllowed
from frontdesk.workspaces.actions import remove_member
from frontdesk.workspaces.models import AuditEntry, Membership

pytestmark = pytest.mark.django_db


def lines(conversation) -> list[str]:
    return [activities.sentence(row) for row in Activity.objects.filter(conversation=conversation).order_by("id")]


def test_tags_go_on_and_off_with_a_line_each(owner, conversation) -> None:
    wedding, urgent = tagging.create_tag(owner, "Wedding", "pink"), tagging.create_tag(owner, "Tonight")
    tagging.set_tags(owner, conversation, [wedding, urgent])
    tagging.set_tags(owner, conversation, [urgent])
    tagging.add_tag(owner, conversation, urgent)
    assert [tag.name for tag in conversation.tags.all()] == ["Tonight"]
    assert lines(conversation) == [
        "Alice added the tag Wedding.",
        "Alice added the tag Tonight.",
        "Alice took the tag Wedding away.",
    ]
    assert AuditEntry.objects.filter(verb="conversation.tagged").count() == 2


def test_a_deleted_tag_comes_back_where_it_was(owner, conversation) -> None:
    tag = tagging.create_tag(owner, "Wedding")
    tagging.add_tag(owner, conversation, tag)
    tagging.delete_tag(owner, tag)
    assert not tagging.tags().exists()
    tagging.bring_back_tag(owner, tag.uuid)
    assert tagging.tags_with_counts().get().conversation_count == 1


def test_a_tag_of_the_same_name_stands_in_the_way_of_bringing_one_back(owner, in_workspace) -> None:
    tag = tagging.create_tag(owner, "Wedding")
    tagging.delete_tag(owner, tag)
    tagging.create_tag(owner, "WEDDING")
    with pytest.raises(Conflict):
        tagging.bring_back_tag(owner, tag.uuid)
    with pytest.raises(Conflict):
        tagging.create_tag(owner, "wedding")


@pytest.mark.parametrize(("name", "colour"), [("", "red"), ("  \x00 ", "red"), ("x" * 41, "red"), ("Fine", "mauve")])
def test_tags_that_make_no_sense_are_refused(owner, in_workspace, name, colour) -> None:
    with pytest.raises(Invalid):
        tagging.create_tag(owner, name, colour)
    assert not Tag.objects.exists()


def test_a_note_is_for_teammates_only(owner, bob, charlie, conversation) -> None:
    question = conversation.messages.get()
    note = notes.add_note(owner, conversation, "She is the mayor.", mentions=[bob, charlie])
    assert list(note.mentions.all()) == [bob]
    said = queries.history(conversation, question=question, limit=10)
    assert "mayor" not in str(said)
    assert conversation.messages.count() == 1
    assert [(entry.kind, str(entry.item)) for entry in threads.entries(conversation)][-1] == ("note", "She is the mayor.")


@pytest.mark.parametrize("text", ["", "  \x00 ", "x" * 10_001])
def test_notes_that_make_no_sense_are_refused(owner, conversation, text) -> None:
    with pytest.raises(Invalid):
        notes.add_note(owner, conversation, text)


def test_a_conversation_is_given_to_a_teammate_and_back(owner, editor, conversation) -> None:
    assigning.assign(owner, conversation, editor.user)
    assigning.assign(editor, conversation, None)
    assigning.assign(editor, conversation, editor.user)
    assert lines(conversation) == ["Alice gave this to Bob.", "Bob took this from Bob.", "Bob took this on."]


def test_only_who_may_answer_can_have_a_conversation(owner, charlie, member, conversation) -> None:
    for user in (charlie, member("viewer").user):
        with pytest.raises(Invalid):
            assigning.assign(owner, conversation, user)


def test_who_leaves_the_team_has_no_conversations(owner, editor, conversation) -> None:
    assigning.assign(owner, conversation, editor.user)
    remove_member(owner, Membership.objects.get(user=editor.user))
    conversation.refresh_from_db()
    assert conversation.assignee is None


def test_priority(owner, conversation) -> None:
    assigning.set_priority(owner, conversation, "urgent")
    assigning.set_priority(owner, conversation, "urgent")
    assert lines(conversation) == ["Alice set the priority to Urgent."]
    with pytest.raises(Invalid):
        assigning.set_priority(owner, conversation, "very")


def test_what_was_put_off_comes_back_at_its_time(owner, conversation) -> None:
    snoozing.snooze(owner, conversation, timezone.now() + timedelta(hours=1))
    snoozing.wake_due()
    conversation.refresh_from_db()
    assert conversation.snoozed_until is not None
    Conversation.objects.update(snoozed_until=timezone.now() - timedelta(seconds=1))
    snoozing.wake_due()
    snoozing.wake_due()
    conversation.refresh_from_db()
    assert conversation.snoozed_until is None
    assert lines(conversation)[1:] == ["Back, for the time has come."]


def test_what_was_put_off_comes_back_when_the_customer_writes(owner, write, conversation) -> None:
    snoozing.snooze(owner, conversation, timezone.now() + timedelta(days=1))
    assert write("Hello?", conversation=conversation).snoozed_until is None
    assert lines(conversation)[1:] == ["Back, because the customer wrote."]


@pytest.mark.parametrize("days", [-1, 400])
def test_a_moment_that_is_over_or_too_far_is_refused(owner, conversation, days) -> None:
    with pytest.raises(Invalid):
        snoozing.snooze(owner, conversation, timezone.now() + timedelta(days=days))


def test_choices_of_a_snooze_lie_ahead(owner) -> None:
    owner.workspace.time_zone = "Pacific/Auckland"
    found = [choice.until for choice in snoozing.choices(owner.workspace)]
    assert all(until > timezone.now() for until in found)


def test_waiting_ends_with_the_answer_to_the_last_question(write, conversation) -> None:
    first = conversation.messages.get()
    since = conversation.waiting_since
    conversation = write("And with a view?", conversation=conversation)
    assert conversation.waiting_since == since is not None
    second = conversation.messages.last()
    answer = {"text": "Yes.", "sources": [], "metadata": {}}
    save_answer(conversation, question=first, run_uuid=first.uuid, **answer)
    assert Conversation.objects.get().waiting_since == since
    save_answer(conversation, question=second, run_uuid=second.uuid, **answer)
    assert Conversation.objects.get().waiting_since is None


def test_nobody_waits_after_a_person_answered_or_closed(owner, write, conversation) -> None:
    reply_as_person(owner, conversation, "Yes, we do.")
    assert Conversation.objects.get().waiting_since is None
    write("Thank you", conversation=conversation)
    set_status(owner, conversation, "closed", reason="Solved.")
    assert Conversation.objects.get().waiting_since is None
    assert lines(conversation) == ["Alice closed this. Solved."]


def test_what_is_read_is_each_ones_own(owner, editor, conversation) -> None:
    from frontdesk.conversations.filtering import Filters
    from frontdesk.conversations.inbox import page

    def unread(actor) -> list[int]:
        return [row.unread for row in page(actor, Filters(unread=True)).rows]

    assert unread(owner) == unread(editor) == [1]
    last = conversation.messages.get().created_at
    reading.mark_seen(owner, conversation, last)
    reading.mark_seen(owner, conversation, last - timedelta(days=1))
    assert (unread(owner), unread(editor)) == ([], [1])
    reading.mark_unread(owner, conversation)
    assert unread(owner) == [1]


def test_a_viewer_changes_nothing(member, conversation) -> None:
    viewer = member("viewer")
    tag = Tag.objects.create(workspace=viewer.workspace, name="Wedding")
    later = timezone.now() + timedelta(hours=1)
    for change in (
        lambda: tagging.add_tag(viewer, conversation, tag),
        lambda: tagging.create_tag(viewer, "New"),
        lambda: notes.add_note(viewer, conversation, "Hm."),
        lambda: assigning.assign(viewer, conversation, viewer.user),
        lambda: assigning.set_priority(viewer, conversation, "low"),
        lambda: snoozing.snooze(viewer, conversation, later),
        lambda: reply_as_person(viewer, conversation, "Hello"),
    ):
        with pytest.raises(NotAllowed):
            change()
    assert not Activity.objects.exists()
    assert Message.objects.count() == 1


def test_the_thread_is_in_the_order_of_time(owner, write, conversation) -> None:
    notes.add_note(owner, conversation, "A regular.")
    assigning.set_priority(owner, conversation, "high")
    reply_as_person(owner, conversation, "Yes!")
    found = threads.entries(conversation)
    assert [entry.kind for entry in found] == ["message", "note", "activity", "message"]
    assert [entry.kind for entry in threads.entries(conversation, limit=2)] == ["activity", "message"]
    assert [entry.kind for entry in threads.entries(conversation, after=found[1].at)] == ["activity", "message"]
    assert [entry.kind for entry in threads.entries(conversation, before=found[1].at)] == ["message"]
