"""A page of the inbox, filters, saved views, search, and canned replies."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone

from frontdesk.conversations import assigning, canned, contacts, inbox, notes, searching, snoozing, tagging, views
from frontdesk.conversations.actions import reply_as_person, set_status
from frontdesk.conversations.errors import CannedReplyNotFound, ViewNotFound
from frontdesk.conversations.filtering import Filters
from frontdesk.conversations.models import Contact, Conversation, View
from frontdesk.core.errors import Conflict, Invalid, Malformed, NotAllowed
from frontdesk.core.scoping import scope
from tests.ground.rows import make_row

pytestmark = pytest.mark.django_db


def shown(actor, order="newest", **filters) -> list[str]:
    return [row.conversation.contact.name for row in inbox.page(actor, Filters(**filters), order=order).rows]


@pytest.fixture
def three(write) -> list[Any]:
    """Ana, Ben and Cleo have written, in this order."""
    return [write(f"Hello from {name}", sender=name, sender_name=name) for name in ("Ana", "Ben", "Cleo")]


def test_filters(owner, editor, three) -> None:
    ana, ben, cleo = three
    wedding = tagging.create_tag(owner, "Wedding")
    tagging.add_tag(owner, ana, wedding)
    assigning.assign(owner, ben, owner.user)
    assigning.assign(owner, cleo, editor.user)
    assigning.set_priority(owner, cleo, "urgent")
    snoozing.snooze(owner, ana, timezone.now() + timedelta(hours=1))
    set_status(owner, ben, "closed")
    contacts.update_contact(owner, cleo.contact, language="pt")
    Conversation.objects.filter(pk=cleo.pk).update(waiting_since=timezone.now() - timedelta(hours=2))
    expected = {
        ("Cleo", "Ben"): {},
        ("Cleo",): {"status": "open"},
        ("Ben",): {"status": "closed"},
        ("Ana",): {"snoozed": "only", "tags": [wedding.uuid]},
        ("Cleo", "Ben", "Ana"): {"snoozed": "all", "channel": "api", "agent": ana.agent.uuid},
    }
    for names, filters in expected.items():
        assert shown(owner, **filters) == list(names), filters
    for filters in ({"assignee": editor.user.uuid}, {"priority": ["urgent"]}, {"waiting_minutes": 60}, {"language": "pt"}):
        assert shown(owner, **filters) == ["Cleo"], filters
    assert shown(owner, assignee="me") == shown(editor, contact=ben.contact.uuid) == ["Ben"]
    for filters in ({"assignee": "nobody"}, {"trouble": True}, {"tests": True}, {"blocked": True}, {"channel": "email"}):
        assert shown(owner, **filters) == [], filters


def test_an_address_that_makes_no_sense_is_forgiven() -> None:
    query = QueryDict("status=sleeping&tags=x&priority=high&priority=low&unread=yes&waiting_minutes=-4&agent=&page=2")
    assert Filters.from_query(query) == Filters(priority=("high", "low"), unread=True)


def test_pages_go_on_where_the_last_one_ended(owner, three, write) -> None:
    first = inbox.page(owner, Filters(), size=2)
    write("I am new", sender="Dora", sender_name="Dora")
    second = inbox.page(owner, Filters(), after=first.next, size=2)
    assert [str(row.contact) for row in (*first.rows, *second.rows)] == ["Cleo", "Ben", "Ana"]
    assert second.next == ""


@pytest.mark.parametrize("order", ["newest", "waiting", "priority"])
def test_every_order_shows_each_once(owner, three, order) -> None:
    assigning.set_priority(owner, three[1], "high")
    Conversation.objects.update(waiting_since=timezone.now(), last_message_at=timezone.now())
    names, after = [], ""
    for _page in range(3):
        page = inbox.page(owner, Filters(), order=order, size=1, after=after)
        names += [str(row.contact) for row in page.rows]
        after = page.next
    assert sorted(names) == ["Ana", "Ben", "Cleo"]
    assert (after, names[0]) == ("", {"newest": "Cleo", "waiting": "Ana", "priority": "Ben"}[order])


@pytest.mark.parametrize("after", ["x", "bnVsbA", "WzEsMl0", "WyJub3ciLDFd", "W251bGwsbnVsbF0", "é", "WyIyMDI2LTAxLTAxIiwxXQ"])
def test_a_place_that_no_page_gave_is_refused(owner, in_workspace, after) -> None:
    with pytest.raises(Malformed):
        inbox.page(owner, Filters(), after=after)


def test_a_page_takes_as_many_queries_for_one_as_for_many(owner, write, django_assert_max_num_queries) -> None:
    for number in range(12):
        one = write("Hello", sender=str(number))
        tagging.add_tag(owner, one, tagging.create_tag(owner, f"Tag {number}"))
        assigning.assign(owner, one, owner.user)
    with django_assert_max_num_queries(6):
        rows = inbox.page(owner, Filters()).rows
        assert all((row.tags, row.assignee, row.unread, str(row.contact), row.conversation.agent.name) for row in rows)
    assert len(rows) == 12


def test_a_message_that_did_not_arrive_is_marked(owner, write, three) -> None:
    message = reply_as_person(owner, three[0], "Yes!")
    from django.apps import apps

    make_row(
        apps.get_model("frontdesk_channels.Delivery"),
        owner.workspace,
        message=message,
        conversation=three[0],
        state="failed",
        give_up_at=timezone.now(),
    )
    assert [(str(row.contact), row.trouble) for row in inbox.page(owner, Filters()).rows][0] == ("Ana", True)
    assert shown(owner, trouble=True) == ["Ana"]


SAID = {
    "Ana": "We would like the vegetarian menu on Saturday",
    "Ben": "متى يصل الطلب؟ أريد استرجاع المبلغ",
    "Cleo": "我想知道订单什么时候能到，谢谢",
    "Dora": "Ist das Schließfach noch größer? Bestellung A-4711/22",
    "Eva": "ขอใบเสร็จรับเงินด้วยค่ะ",
}


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("vegetarian", "Ana"),
        ("VEGET", "Ana"),
        ("menu saturday", "Ana"),
        ("getaria", "Ana"),
        ("استرجاع", "Ben"),
        ("订单", "Cleo"),
        ("订", "Cleo"),
        ("schließ", "Dora"),
        ("A-4711", "Dora"),
        ("ใบเสร็จ", "Eva"),
        ("ben", "Ben"),
    ],
)
def test_words_find_a_conversation(owner, write, words, name) -> None:
    for sender, text in SAID.items():
        write(text, sender=sender, sender_name=sender)
    assert shown(owner, words=words) == [name]


@pytest.mark.parametrize("words", ["'", "\\", ":*", "a & b | !c", "<->", "()", "%_%", "'; DROP", "\ud7ff", "é" * 200, "* * *"])
def test_signs_in_a_search_are_only_signs(owner, three, words) -> None:
    assert shown(owner, words=words) == []


def test_the_best_match_comes_first_with_the_words_marked(owner, write) -> None:
    write("The menu, please", sender="Ana", sender_name="Ana")
    write("The menu menu menu <b>", sender="Ben", sender_name="Ben")
    quiet = write("Nothing", sender="Cleo", sender_name="Cleo")
    notes.add_note(owner, quiet, "Asked for the menu by phone.")
    rows = inbox.page(owner, Filters(words="menu")).rows
    assert {str(row.contact) for row in rows} == {"Ana", "Ben", "Cleo"}
    said = {str(row.contact): row.snippet for row in rows}
    assert said["Ben"] == "The <mark>menu</mark> <mark>menu</mark> <mark>menu</mark> &lt;b&gt;"
    assert "the <mark>menu</mark> by phone" in said["Cleo"]
    first = inbox.page(owner, Filters(words="menu"), size=2)
    rest = inbox.page(owner, Filters(words="menu"), size=2, after=first.next)
    assert (len(first.rows), len(rest.rows), rest.next) == (2, 1, "")


def test_a_snippet_begins_near_the_first_match() -> None:
    text = "word " * 100 + "needle " + "word " * 100
    found = searching.marked(text, "needle")
    assert found.startswith("…")
    assert "<mark>needle</mark>" in found
    assert len(found) < 200


def test_nothing_of_another_workspace_is_found(owner, stranger, three) -> None:
    with scope(workspace=stranger.workspace):
        assert inbox.page(stranger, Filters(words="hello")).rows == []
        assert inbox.page(stranger, Filters()).rows == []
        assert not Contact.objects.exists()


def test_views_are_ones_own_or_everybodys(owner, editor, member, three) -> None:
    teammate = member("teammate")
    mine = views.create_view(owner, "Mine", Filters(assignee="me"))
    all_open = views.create_view(owner, "Open", Filters(status="open"), shared=True)
    assert list(views.views(editor)) == [all_open]
    with pytest.raises(ViewNotFound):
        views.view_by_uuid(editor, mine.uuid)
    with pytest.raises(NotAllowed):
        views.update_view(teammate, all_open, name="Theirs")
    views.update_view(editor, all_open, name="All open")
    assigning.assign(owner, three[0], owner.user)
    set_status(owner, three[2], "closed")
    assert views.counts(owner, list(views.views(owner))) == {mine.pk: 1, all_open.pk: 2}
    views.delete_view(editor, views.view_by_uuid(editor, all_open.uuid))
    assert list(views.views(owner)) == [mine]
    with pytest.raises(Invalid):
        views.create_view(owner, "  ", Filters())


def test_all_views_are_counted_in_one_query(owner, three, django_assert_num_queries) -> None:
    shown_views = [views.create_view(owner, f"View {number}", Filters(status="open")) for number in range(5)]
    with django_assert_num_queries(1):
        assert set(views.counts(owner, shown_views).values()) == {3}


def test_a_view_of_another_version_still_shows_something(owner, in_workspace) -> None:
    view = View.objects.create(workspace=owner.workspace, name="Old", filters={"status": "open", "planet": "Mars"})
    assert views.filters_of(view) == Filters(status="open")


def test_a_canned_reply_is_found_and_filled(owner, editor, conversation) -> None:
    canned.create_reply(owner, "/thanks", "Thank you, {first_name}! {me}, {business}. {unknown} {phone}")
    often = canned.create_reply(owner, "table", "A table is ready for you.")
    own = canned.create_reply(owner, "tab-only-me", "Mine.", shared=False)
    canned.note_used(often)
    assert [reply.shortcut for reply in canned.find(owner, "/ta")] == ["table", "tab-only-me"]
    assert [reply.shortcut for reply in canned.find(editor, "ready")] == ["table"]
    assert canned.filled(canned.find(owner, "TH")[0], conversation, owner) == "Thank you, Ana! Alice, Café. {unknown}"
    with pytest.raises(CannedReplyNotFound):
        canned.reply_by_uuid(editor, own.uuid)


def test_a_shortcut_is_there_once_for_everybody_and_once_for_each(owner, editor, in_workspace) -> None:
    first = canned.create_reply(owner, "hours", "Nine to six.")
    canned.create_reply(owner, "hours", "My hours.", shared=False)
    canned.create_reply(editor, "hours", "Bob's hours.", shared=False)
    with pytest.raises(Conflict):
        canned.create_reply(editor, "HOURS", "Again.")
    canned.delete_reply(owner, first)
    canned.create_reply(editor, "hours", "Ten to six.")
    with pytest.raises(Conflict):
        canned.bring_back_reply(owner, first.uuid)


@pytest.mark.parametrize(("shortcut", "text"), [("", "x"), ("two words", "x"), ("ok", "  "), ("ok", "x" * 4001), ("a" * 41, "x")])
def test_replies_that_make_no_sense_are_refused(owner, in_workspace, shortcut, text) -> None:
    with pytest.raises(Invalid):
        canned.create_reply(owner, shortcut, text)
