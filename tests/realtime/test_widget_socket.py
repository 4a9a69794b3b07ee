"""The widget's socket against a live web process: one exchange, and every way in which it may be interrupted."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from websockets.asyncio.client import connect

from frontdesk.billing.models import CreditAccount, LedgerEntry
from frontdesk.channels import actions as channels
from frontdesk.conversations import actions as conversations
from frontdesk.conversations.attachments import Upload
from frontdesk.conversations.models import Conversation, Message
from frontdesk.core.threads import in_thread
from tests.conversations.files import PDF, picture
from tests.ground.live import POEM, Web

from .tab import Tab, answered

pytestmark = pytest.mark.django_db(transaction=True)
OpenTab = Callable[..., Any]


async def test_a_question_is_accepted_and_answered_in_one_unbroken_chain(tab: OpenTab) -> None:
    page = await tab()
    nothing = {"conversation": None, "messages": [], "run": None, "answers": "assistant"}
    assert await page.next("ready") == {"type": "ready", **nothing}
    accepted = await page.say("Please recite", "c-1")
    await page.ending()
    frames = page.of(accepted["run"])
    assert [frames[0]["type"], frames[-2]["type"], frames[-1]["type"]] == ["start", "message", "end"]
    assert page.streamed(accepted["run"]) == POEM == frames[-2]["text"]
    question, answer = [message async for message in Message.objects.order_by("id")]
    assert (accepted["client_id"], accepted["message_id"]) == ("c-1", str(question.uuid))
    assert (answer.text, answer.reply_to_id, frames[-2]["message_id"]) == (POEM, question.pk, str(answer.uuid))


async def test_a_visitor_who_comes_back_midway_gets_the_rest(tab: OpenTab) -> None:
    page = await tab()
    run = (await page.say("Please recite"))["run"]
    while "line10" not in page.streamed(run):
        await page.next("delta")
    seen, last = page.streamed(run), page.of(run)[-1]["seq"]
    await page.close()
    again = await tab(visitor=page.visitor, run=run, after=last)
    ready = await again.next("ready")
    assert ready["run"] == {"id": run}
    assert [message["role"] for message in ready["messages"]] == ["visitor"]
    await again.ending()
    assert seen + again.streamed(run, after=last) == POEM


async def test_a_reload_midway_begins_the_answer_from_its_first_word(tab: OpenTab) -> None:
    page = await tab()
    run = (await page.say("Please recite"))["run"]
    await page.next("delta")
    await page.close()
    again = await tab(visitor=page.visitor)
    await again.ending()
    assert again.streamed(run) == POEM


async def test_a_visitor_who_comes_back_after_the_end_gets_the_stored_answer_and_its_ending(tab: OpenTab) -> None:
    page = await tab()
    run = await answered(page, "Please recite")
    last = page.of(run)[-1]["seq"]
    for after in (0, 5, last - 1, last, last + 50):
        again = await tab(visitor=page.visitor, run=run, after=after)
        ready = await again.next("ready")
        assert [message["text"] for message in ready["messages"]] == ["Please recite", POEM]
        assert (await again.ending())["type"] == "end", f"after {after}"


async def test_a_client_that_lost_a_frame_asks_for_the_run_again(tab: OpenTab) -> None:
    page = await tab()
    run = (await page.say("Please recite"))["run"]
    while "line20" not in page.streamed(run):
        await page.next("delta")
    page.frames.clear()
    await page.send("follow", run=run, after=0)
    while not page.of(run) or page.of(run)[-1]["type"] != "end":
        await page.next("end")
    while page.frames[0].get("prev") != 0:  # on its way before the server heard the wish
        page.frames.pop(0)
    assert page.frames[0]["type"] == "start"
    assert page.streamed(run) == POEM


async def test_stop_keeps_what_was_said(tab: OpenTab) -> None:
    page = await tab()
    run = (await page.say("hold on"))["run"]
    while page.streamed(run) != "One moment":
        await page.next("delta")
    await page.send("stop", run=run)
    assert (await page.ending())["type"] == "cancelled"
    assert page.of(run)[-2]["text"] == "One moment"
    stored = await Message.objects.aget(author=Message.Author.AI)
    assert (stored.text, stored.metadata) == ("One moment", {"stopped": True})
    await page.send("stop", run=run)
    await page.send("ping")
    assert (await page.next("pong", "error"))["type"] == "pong", "stopping what has ended is no error"


async def test_stop_before_the_first_word(tab: OpenTab) -> None:
    page = await tab()
    run = (await page.say("ponder"))["run"]
    await page.next("start")
    await page.send("stop", run=run)
    assert (await page.ending())["type"] == "cancelled"
    assert not await Message.objects.filter(author=Message.Author.AI).aexists()


async def test_who_waits_for_a_person_is_told_so_and_when_the_ai_answers_again(tab: OpenTab, owner: Any, workspace: Any) -> None:
    workspace.default_reply_handler = "Manual"
    await workspace.asave()
    page = await tab()
    assert (await page.next("ready"))["answers"] == "person"
    assert (await page.say("Are you there?"))["run"] is None
    told = (await page.next("message_created"))["message"]
    assert (told["role"], told["text"]) == ("notice", "Thank you for your message. Somebody from our team will answer you here.")
    assert (await page.next("status"))["answers"] == "person"
    await page.say("Hello?")
    conversation = await Conversation.objects.select_related("workspace").aget()
    await in_thread(conversations.reply_as_person, owner, conversation, "Here I am.")
    await in_thread(conversations.set_status, owner, conversation, "active")
    assert (await page.next("status"))["answers"] == "assistant"
    assert await Message.objects.filter(author="notice").acount() == 1, "once is enough"


async def test_rating_an_answer(tab: OpenTab) -> None:
    page = await tab()
    run = await answered(page, "Thanks")
    answer = page.of(run)[-2]["message_id"]
    for rating, kept in (("up", "up"), ("down", "down"), ("none", "")):
        await page.send("rate", message_id=answer, rating=rating)
        await page.send("ping")
        await page.next("pong")
        assert (await Message.objects.aget(uuid=answer)).rating == kept


@pytest.mark.parametrize(
    "options",
    [
        {"key": "pk_unknown"},
        {"key": ""},
        {"origin": "https://elsewhere.example"},
        {"origin": None},
        {"visitor": "nobody"},
    ],
)
async def test_a_wrong_key_origin_or_visitor_is_told_by_the_close_code(tab: OpenTab, options: dict[str, Any]) -> None:
    page = await tab(**options)
    assert await page.closed() == 4403
    assert page.frames == []


async def test_a_widget_that_was_turned_off_lets_nobody_in(tab: OpenTab, owner: Any, widget: Any) -> None:
    await in_thread(channels.change_widget, owner, widget, enabled=False)
    assert await (await tab()).closed() == 4403


async def test_too_many_frames_close_the_socket(tab: OpenTab) -> None:
    page = await tab()
    await page.next("ready")
    for _ in range(60):
        await page.send("ping")
    assert await page.closed() == 4029


async def test_garbage_is_ignored_and_the_socket_lives(tab: OpenTab) -> None:
    page = await tab()
    await page.next("ready")
    for garbage in ("", "{", "[]", "null", "7", '"say"', '{"type": 7}', '{"type": ["say"]}', '{"type": "dance"}', "x" * 20_000):
        await page.socket.send(garbage)
    await page.socket.send(b"\x00\xff")
    for field in ("run", "message_id"):
        await page.send("stop" if field == "run" else "rate", **{field: "no uuid"})
    await page.send("ping")
    assert (await page.next("pong", "error"))["type"] == "pong"
    refused = await page.say("")
    assert (refused["type"], refused["retry"]) == ("error", False)
    assert await Conversation.objects.acount() == 0


async def test_odd_values_in_a_message_do_no_harm(tab: OpenTab) -> None:
    page = await tab()
    await page.next("ready")
    await page.send("say", client_id="a\u0000b", text="Thanks\u0000")
    assert (await page.next("accepted", "error"))["type"] == "accepted"
    await page.ending()
    await page.send("say", client_id={"no": "text"}, text=["no", "text"])
    assert (await page.next("accepted", "error"))["type"] == "error"
    texts = [text async for text in Message.objects.order_by("id").values_list("text", flat=True)]
    assert texts == ["Thanks", "You are welcome."]


async def test_a_second_tab_sees_what_the_first_one_says(tab: OpenTab) -> None:
    first = await tab()
    second = await tab(visitor=first.visitor)
    await second.next("ready")
    run = (await first.say("Please recite"))["run"]
    message = (await second.next("message_created"))["message"]
    assert (message["role"], message["text"]) == ("visitor", "Please recite")
    await second.ending()
    assert second.streamed(run) == POEM
    await first.ending()
    assert "message_created" not in {frame["type"] for frame in first.frames}, "a tab is not told its own message"
    again = (await second.say("Thanks"))["run"]
    assert (await first.next("message_created"))["message"]["text"] == "Thanks"
    await first.ending()
    assert first.streamed(again) == "You are welcome."


async def test_a_persons_reply_arrives_with_their_name(tab: OpenTab, owner: Any) -> None:
    page = await tab()
    await answered(page, "fetch somebody")
    conversation = await Conversation.objects.select_related("workspace").aget()
    assert conversation.status == "support_active"
    accepted = await page.say("Are you there?")
    assert accepted["run"] is None, "a person answers now"
    await in_thread(conversations.reply_as_person, owner, conversation, "Here I am.")
    message = (await page.next("message_created"))["message"]
    assert (message["role"], message["text"], message["name"]) == ("person", "Here I am.", "Alice")


async def test_files_of_a_reply_come_with_addresses_that_need_no_credential(tab: OpenTab, live_web: Web, owner: Any) -> None:
    page = await tab()
    await answered(page, "fetch somebody")
    conversation = await Conversation.objects.select_related("workspace").aget()
    sent = [Upload("terrace.png", picture(size=(80, 40))), Upload("menu.pdf", PDF)]
    await in_thread(lambda: conversations.reply_as_person(owner, conversation, "", files=sent))
    message = (await page.next("message_created"))["message"]
    assert [(each["name"], each["picture"], each["width"]) for each in message["files"]] == [
        ("terrace.png", True, 80),
        ("menu.pdf", False, None),
    ]
    async with httpx.AsyncClient() as browser:
        path = urlsplit(message["files"][1]["url"]).path
        assert (await browser.get(live_web.url + path)).content == PDF
    again = await (await tab(visitor=page.visitor)).next("ready")
    assert [len(each["files"]) for each in again["messages"]][-1] == 2


async def test_who_takes_over_stops_the_answer_in_the_other_process(tab: OpenTab, owner: Any) -> None:
    page = await tab()
    run = (await page.say("Please hold on"))["run"]
    await page.next("delta")
    await in_thread(conversations.set_status, owner, await Conversation.objects.aget(), "support_active")
    ending = await page.ending()
    assert (ending["type"], ending["withdrawn"]) == ("cancelled", True)
    assert "message" not in [frame["type"] for frame in page.of(run)]
    assert (await page.say("Are you there?"))["run"] is None
    again = await tab(visitor=page.visitor)
    assert [message["role"] for message in (await again.next("ready"))["messages"]] == ["visitor", "visitor"]


async def test_what_is_said_while_an_answer_is_in_the_making_is_answered_next(tab: OpenTab) -> None:
    page = await tab()
    first = (await page.say("Please recite"))["run"]
    waiting = await page.say("Thanks", "second")
    assert (waiting["type"], waiting["run"]) == ("accepted", None)
    await page.ending()
    await page.ending()
    second = page.frames[-1]["run"]
    assert (page.streamed(first), page.streamed(second)) == (POEM, "You are welcome.")


async def test_a_message_that_waited_is_handed_over_when_no_credits_are_left(tab: OpenTab, workspace: Any) -> None:
    page = await tab()
    await page.say("Please recite")
    await page.say("Thanks")
    await CreditAccount.objects.filter(workspace=workspace).aupdate(balance=0)
    await page.ending()
    conversation = await Conversation.objects.aget()
    assert conversation.status == "support_active"
    assert await conversation.runs.acount() == 1


async def test_without_credits_a_message_is_refused_and_not_kept(tab: OpenTab, workspace: Any) -> None:
    await CreditAccount.objects.filter(workspace=workspace).aupdate(balance=0)
    page = await tab()
    refused = await page.say("Thanks", "c-1")
    assert (refused["type"], refused["client_id"]) == ("error", "c-1")
    assert await Message.objects.acount() == 0


async def test_the_same_client_id_is_kept_and_answered_once(tab: OpenTab) -> None:
    page = await tab()
    run = (await page.say("Please recite", "c-1"))["run"]
    assert (await page.say("Please recite", "c-1"))["run"] == run
    await page.ending()
    again = await page.say("Please recite", "c-1")
    assert (again["type"], again["run"]) == ("accepted", run)
    assert await Message.objects.acount() == 2
    assert await LedgerEntry.objects.filter(kind="hold").acount() == 1


async def test_a_message_sent_over_two_sockets_at_once_is_kept_once(tab: OpenTab) -> None:
    """A client that lost its socket sends again what the server may still be working on."""
    first = await tab()
    others = [first, *[await tab(visitor=first.visitor) for _ in range(3)]]
    accepted = await asyncio.gather(*(page.say("Thanks", "c-1") for page in others))
    assert {frame["type"] for frame in accepted} == {"accepted"}
    assert len({frame["message_id"] for frame in accepted}) == 1
    assert (await Conversation.objects.acount(), await Message.objects.filter(author="customer").acount()) == (1, 1)
    for page in others:
        await page.ending()


async def test_visitors_never_see_each_other(tab: OpenTab) -> None:
    alice, mallory = await tab(), await tab()
    run = (await alice.say("hold on"))["run"]
    while alice.streamed(run) != "One moment":
        await alice.next("delta")
    curious = await tab(run=run, after=0)
    assert (await curious.next("ready"))["run"] is None
    for thief in (mallory, curious):
        await thief.send("follow", run=run, after=0)
        await thief.send("stop", run=run)
        await thief.send("ping")
        await thief.next("pong")
        assert thief.of(run) == []
    await alice.send("stop", run=run)
    await alice.ending()
    answer = alice.of(run)[-2]["message_id"]
    await mallory.send("rate", message_id=answer, rating="down")
    await mallory.send("ping")
    await mallory.next("pong")
    assert (await Message.objects.aget(uuid=answer)).rating == ""
    own = (await mallory.say("Thanks"))["run"]
    await mallory.ending()
    assert {frame["run"] for frame in mallory.frames if "seq" in frame} == {own}


async def test_a_visitors_secret_opens_nothing_on_another_widget(tab: OpenTab, owner: Any, agent: Any) -> None:
    page = await tab()
    await answered(page, "Thanks")
    other = await in_thread(channels.create_widget, owner, agent.pk, name="Blog", origins=["*"])
    elsewhere = await tab(key=other.public_key, visitor=page.visitor)
    assert (await elsewhere.next("ready"))["messages"] == []


async def test_a_failure_is_a_sentence_without_its_cause(tab: OpenTab) -> None:
    page = await tab()
    await page.say("break off")
    ending = await page.ending()
    assert (ending["type"], ending["retry"]) == ("error", True)
    assert ending["message"].startswith("I cannot answer right now.")
    assert "line was cut" not in json.dumps(page.frames)


async def test_a_socket_at_an_unknown_address_is_told_so(live_web: Any) -> None:
    async with connect(f"{live_web.url.replace('http', 'ws', 1)}/ws/{uuid4()}/", proxy=None) as socket:
        assert await Tab(socket, "", 0).closed() == 4404
