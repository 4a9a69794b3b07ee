"""Customers: details, the same person twice, blocking, deleting and exporting."""

from __future__ import annotations

import json
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, transaction
from django.utils import timezone

from frontdesk.conversations import contacts, deletion, exporting, merging, notes, queries
from frontdesk.conversations.actions import reply_as_person, set_status
from frontdesk.conversations.errors import ContactBlocked, ContactNotFound, ConversationNotFound, MergeNotFound, MergeNotPossible
from frontdesk.conversations.filtering import Filters
from frontdesk.conversations.inbox import page
from frontdesk.conversations.models import Activity, Contact, ContactMerge, Conversation, Identity, Message
from frontdesk.core import jobs
from frontdesk.core.errors import Invalid, NotAllowed
from frontdesk.core.models import Job
from frontdesk.core.scoping import scope
from frontdesk.workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db


def shown(actor, **filters) -> list[int]:
    return [row.conversation.pk for row in page(actor, Filters(**filters)).rows]


def test_details_are_kept_and_found(owner, in_workspace) -> None:
    ana = contacts.create_contact(
        owner, name=" Ana Lima ", email="ana@example.org", phone="+351 21 123 4567", fields={"Company": "Rose & Sons"}
    )
    contacts.update_contact(owner, ana, notes="Likes the window seat.", language="pt-PT")
    for words in ("lima", "ANA@", "123 45", "021 1234567", "window"):
        assert list(contacts.contacts(words=words)) == [ana], words
    assert not contacts.contacts(words="rosa").exists()
    assert contacts.contact_by_uuid(ana.uuid).fields == {"Company": "Rose & Sons"}


@pytest.mark.parametrize(
    "details",
    [
        {},
        {"name": "   "},
        {"email": "not an address"},
        {"phone": "call me"},
        {"name": "A", "language": "English please"},
        {"name": "A" * 201},
        {"name": "A", "fields": {"": "x"}},
        {"name": "A", "fields": {"Company": "x" * 501}},
        {"name": "A", "fields": {str(number): "x" for number in range(51)}},
    ],
)
def test_details_that_make_no_sense_are_refused(owner, in_workspace, details) -> None:
    with pytest.raises(Invalid):
        contacts.create_contact(owner, **details)
    assert not Contact.objects.exists()


def test_the_same_address_or_number_is_suggested_until_somebody_says_no(owner, in_workspace) -> None:
    ana = contacts.create_contact(owner, name="Ana", email="Ana@Example.org", phone="+351 21 123 4567")
    mail = contacts.create_contact(owner, email="ana@example.ORG")
    call = contacts.create_contact(owner, phone="+351-21-1234567")
    contacts.create_contact(owner, name="Ana")
    assert list(contacts.same_person(ana)) == [call, mail]
    contacts.say_not_same(owner, ana, call)
    assert list(contacts.same_person(contacts.contact_by_uuid(ana.uuid))) == [mail]
    assert not contacts.same_person(contacts.contact_by_uuid(call.uuid)).exists()


def test_two_become_one_and_two_again(owner, write, conversation) -> None:
    other = write("It is me again.", sender="ana-at-home")
    contacts.update_contact(owner, other.contact, email="ana@example.org", notes="From home.", fields={"Seat": "window"})
    ana = conversation.contact
    row = merging.merge(owner, ana, other.contact)
    ana.refresh_from_db()
    assert (ana.name, ana.email, ana.notes, ana.fields) == ("Ana Lima", "ana@example.org", "From home.", {"Seat": "window"})
    assert set(ana.conversations.all()) == {conversation, other}
    assert write("And now?", sender="ana-at-home").contact == ana
    with pytest.raises(ContactNotFound):
        contacts.contact_by_uuid(other.contact.uuid)
    contacts.update_contact(owner, ana, notes="Regular guest.")
    merging.split(owner, row.uuid)
    ana.refresh_from_db()
    assert (ana.email, ana.notes, ana.fields) == ("", "Regular guest.", {})
    other.refresh_from_db()
    assert other.contact == contacts.contact_by_uuid(other.contact.uuid)
    assert Identity.objects.get(external_id="ana-at-home").contact == other.contact
    assert ana.conversations.count() == 2, "what came after the merge stays"
    with pytest.raises(MergeNotFound):
        merging.split(owner, row.uuid)


def test_a_merge_can_be_undone_for_thirty_days(owner, write, conversation) -> None:
    row = merging.merge(owner, conversation.contact, write("Hi", sender="home").contact)
    ContactMerge.objects.update(created_at=timezone.now() - timedelta(days=31))
    with pytest.raises(MergeNotFound):
        merging.split(owner, row.uuid)
    deletion.remove_expired()
    jobs.run(Job.objects.get(kind="conversations.remove_contact").pk)
    assert list(Contact.objects.all()) == [conversation.contact]
    assert Conversation.objects.count() == 2


def test_a_chain_of_merges_is_undone_from_its_end(owner, write) -> None:
    one, two, three = (write("Hi", sender=name).contact for name in ("one", "two", "three"))
    first = merging.merge(owner, two, one)
    second = merging.merge(owner, three, two)
    with pytest.raises(MergeNotPossible):
        merging.split(owner, first.uuid)
    merging.split(owner, second.uuid)
    merging.split(owner, first.uuid)
    found = dict(Identity.objects.values_list("external_id", "contact"))
    assert found == {"one": one.pk, "two": two.pk, "three": three.pk}


def test_nobody_is_merged_with_themselves_or_with_somebody_blocked(owner, write, conversation) -> None:
    ana, other = conversation.contact, write("Hi", sender="home").contact
    with pytest.raises(MergeNotPossible):
        merging.merge(owner, ana, ana)
    contacts.block(owner, other)
    with pytest.raises(MergeNotPossible):
        merging.merge(owner, ana, other)


@pytest.mark.django_db(transaction=True)
def test_two_who_merge_at_once_do_not_lose_a_customer(owner, write) -> None:
    """Each merges into the other: one of them wins, and everything is with whoever is left."""
    one, two = (write("Hi", sender=name).contact for name in ("one", "two"))
    begin, refused = Barrier(2), []

    def merge(kept, merged) -> None:
        begin.wait()
        try:
            with scope(workspace=owner.workspace):
                merging.merge(owner, kept, merged)
        except MergeNotPossible as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [Thread(target=merge, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    left = contacts.alive().get()
    assert left.conversations.count() == left.identities.count() == 2


def test_a_blocked_customer_is_kept_but_neither_shown_nor_answered(owner, write, conversation) -> None:
    contacts.block(owner, conversation.contact)
    conversation = write("Are you there?", conversation=conversation)
    assert (conversation.status, conversation.waiting_since) == ("closed", None)
    assert Message.objects.last().metadata == {"blocked": True}
    another = write("Hello!", sender="ana")
    assert another.status == "closed"
    assert (shown(owner), shown(owner, blocked=True)) == ([], [another.pk, conversation.pk])
    with pytest.raises(ContactBlocked):
        reply_as_person(owner, conversation, "Yes?")
    with pytest.raises(ContactBlocked):
        set_status(owner, conversation, "active")
    contacts.unblock(owner, conversation.contact)
    assert write("Please!", conversation=conversation).status == "active"
    assert shown(owner) == [conversation.pk, another.pk]
    assert {"blocked", "unblocked"} <= set(Activity.objects.values_list("kind", flat=True))


def test_a_deleted_customer_is_gone_and_can_come_back(owner, write, conversation) -> None:
    ana = conversation.contact
    deletion.delete_contact(owner, ana)
    assert shown(owner) == []
    assert not contacts.contacts().exists()
    with pytest.raises(ConversationNotFound):
        queries.conversation_by_uuid(conversation.uuid)
    with pytest.raises(ConversationNotFound), transaction.atomic():
        write("Still there?", conversation=conversation)
    stranger = write("Hello, I am new here.", sender="ana").contact
    assert stranger != ana
    deletion.bring_back_contact(owner, ana.uuid)
    assert conversation.pk in shown(owner)
    assert Identity.objects.get().contact == stranger, "who wrote meanwhile keeps the place"


def test_everything_about_a_deleted_customer_is_forgotten(owner, write, conversation) -> None:
    notes.add_note(owner, conversation, "The mayor.")
    home = write("From home.", sender="home")
    merging.merge(owner, conversation.contact, home.contact)
    contacts.update_contact(owner, conversation.contact, notes="Ana Lima likes tea.")
    deletion.delete_contact(owner, conversation.contact)
    deletion.remove_expired()
    assert Contact.objects.count() == 2, "not before its time"
    Contact.objects.filter(deleted_at__isnull=False).update(deleted_at=timezone.now() - timedelta(days=31))
    with pytest.raises(ContactNotFound):
        deletion.bring_back_contact(owner, conversation.contact.uuid)
    deletion.remove_expired()
    jobs.run(Job.objects.get(kind="conversations.remove_contact").pk)
    assert not any(model.objects.exists() for model in (Contact, Conversation, Message, Identity, Activity))
    audited = json.dumps(list(AuditEntry.objects.values_list("target", "data")))
    assert "Ana" not in audited
    assert "table for four" not in audited


def test_forgetting_does_not_wait_when_somebody_asks_for_it(owner, conversation) -> None:
    deletion.delete_contact(owner, conversation.contact)
    deletion.forget_contact(owner, conversation.contact.uuid)
    with pytest.raises(ContactNotFound):
        deletion.bring_back_contact(owner, conversation.contact.uuid)
    jobs.run(Job.objects.get(kind="conversations.remove_contact").pk)
    assert not Contact.objects.exists()


def test_an_export_holds_everything(owner, conversation) -> None:
    reply_as_person(owner, conversation, "Yes, we do.")
    notes.add_note(owner, conversation, "The mayor.")
    known = json.loads(json.dumps(exporting.export_contact(owner, conversation.contact)))
    assert (known["name"], known["channels"]) == ("Ana Lima", [{"channel": "api", "id": "ana"}])
    (talk,) = known["conversations"]
    assert [message["text"] for message in talk["messages"]] == ["Do you have a table for four?", "Yes, we do."]
    assert [note["text"] for note in talk["notes"]] == ["The mayor."]


def test_who_may_do_what_with_customers(member, conversation) -> None:
    ana = conversation.contact
    viewer, teammate = member("viewer"), member("teammate")
    for change in (
        lambda: contacts.update_contact(viewer, ana, name="X"),
        lambda: contacts.create_contact(viewer, name="X"),
        lambda: contacts.block(viewer, ana),
        lambda: merging.merge(viewer, ana, ana),
        lambda: deletion.delete_contact(teammate, ana),
        lambda: exporting.export_contact(teammate, ana),
        lambda: deletion.forget_contact(teammate, ana.uuid),
    ):
        with pytest.raises(NotAllowed):
            change()
    assert contacts.update_contact(teammate, ana, name="Ana L.").name == "Ana L."


def test_a_foreign_customer_cannot_be_merged(owner, stranger, conversation) -> None:
    with scope(workspace=stranger.workspace):
        theirs = contacts.create_contact(stranger, name="Theirs")
    with pytest.raises(ContactNotFound):
        merging.merge(owner, conversation.contact, theirs)
