"""No word lost, none doubled: reload, sleep, lost frames, a server that restarts (docs/protocols/widget.md §4)."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Page, expect

from .desk import Desk
from .visitor import answer, ask, visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]


def messages(page: Page) -> Locator:
    return page.locator(".items .item .body")


async def test_reload_in_the_middle_of_an_answer(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    run = await ask(page, desk, "Tell me")
    await run.emit("start")
    await run.write("One, ", "two, ")
    await expect(page.locator(".streaming")).to_contain_text("One, two,")
    await page.reload()
    await expect(page.locator(".streaming")).to_contain_text("One, two,")
    await run.write("three.")
    await run.finish("One, two, three.")
    await expect(messages(page)).to_have_text(["Tell me", "One, two, three."])
    assert desk.connections[1]["run"] == run.id
    assert desk.connections[1]["after"] == "0"
    assert desk.connections[0]["visitor"] == desk.connections[1]["visitor"]


async def test_a_broken_connection_continues_after_the_last_word(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    run = await ask(page, desk, "Tell me")
    await run.emit("start")
    await run.emit("hidden")
    await run.write("One, ")
    await expect(page.locator(".streaming")).to_contain_text("One,")
    await desk.cut()
    await run.emit("hidden")
    await run.write("two, ")
    await expect(page.locator(".streaming")).to_contain_text("One, two,")
    await run.finish("One, two, three.")
    await expect(messages(page)).to_have_text(["Tell me", "One, two, three."])
    assert desk.connections[1]["after"] == "3"


async def test_an_answer_that_was_finished_meanwhile_comes_once(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    run = await ask(page, desk, "Tell me")
    await run.emit("start")
    await run.write("One, ")
    await expect(page.locator(".streaming")).to_contain_text("One,")
    await desk.cut()
    await run.write("two, ", "three.")
    await run.finish("One, two, three.")
    await expect(messages(page)).to_have_text(["Tell me", "One, two, three."])
    await expect(page.get_by_role("button", name="Send")).to_be_visible()
    await page.reload()
    await expect(messages(page)).to_have_text(["Tell me", "One, two, three."])


async def test_a_question_asked_while_the_server_is_down_is_sent_once(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    await desk.joined()
    await desk.stop()
    await expect(page.locator(".banner")).to_have_text("Reconnecting…")
    await page.get_by_role("textbox").fill("Hello?")
    await page.get_by_role("textbox").press("Enter")
    await expect(page.locator(".visitor.sending")).to_contain_text("Hello?")
    await desk.start()
    run = await desk.next_question()
    await run.finish("Hello!")
    await expect(messages(page)).to_have_text(["Hello?", "Hello!"])
    await expect(page.locator(".banner")).to_be_hidden()
    assert len(desk.talk.messages) == 2


async def test_a_question_that_got_lost_on_the_way_is_asked_again(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    await answer(page, desk, "First.")
    desk.silent = True
    await page.get_by_role("textbox").fill("Second question")
    await page.get_by_role("textbox").press("Enter")
    await wait_for_say(desk, "Second question")
    desk.silent = False
    await page.reload()
    run = await desk.next_question()
    await run.finish("Second.")
    await expect(messages(page)).to_have_text(["Are you open on Sunday?", "First.", "Second question", "Second."])
    says = [frame["client_id"] for frame in desk.frames if frame.get("text") == "Second question"]
    assert len(says) == 2
    assert len(set(says)) == 1


async def test_a_question_whose_receipt_was_lost_is_not_asked_again(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    desk.losing_receipts = True
    run = await ask(page, desk, "Tell me")
    await expect(page.locator(".visitor.sending")).to_contain_text("Tell me")
    desk.losing_receipts = False
    await desk.cut()
    await run.finish("One.")
    await expect(messages(page)).to_have_text(["Tell me", "One."])
    await expect(page.locator(".sending")).to_have_count(0)
    assert desk.count("say") == 1


async def wait_for_say(desk: Desk, text: str) -> None:
    while (await desk.next_frame("say"))["text"] != text:
        pass


async def test_a_lost_frame_is_asked_for_and_a_double_one_dropped(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    run = await ask(page, desk, "Tell me")
    await run.emit("start")
    await run.write("One, ")
    await expect(page.locator(".streaming")).to_contain_text("One,")
    sockets, run.talk.sockets = run.talk.sockets, set()
    await run.write("two, ")
    run.talk.sockets = sockets
    await run.write("three.")
    assert (await desk.next_frame("follow"))["after"] == 2
    await expect(page.locator(".streaming")).to_contain_text("One, two, three.")
    await run.talk.tell(run.journal[-1])
    await run.write(" Go!")
    await expect(page.locator(".streaming .body")).to_have_text("One, two, three. Go!")
    assert desk.count("follow") == 1


async def test_joined_words_that_overlap_are_not_doubled(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    run = await ask(page, desk, "Tell me")
    await run.emit("start")
    await run.write("One, ")
    await expect(page.locator(".streaming")).to_contain_text("One,")
    run.talk.sockets, sockets = set(), run.talk.sockets
    await run.write("two, ")
    run.talk.sockets = sockets
    await run.talk.tell({"type": "delta", "run": run.id, "prev": 1, "seq": 3, "text": "One, two, "})
    assert (await desk.next_frame("follow"))["after"] == 2
    await expect(page.locator(".streaming .body")).to_have_text("One, two,")


async def test_a_run_that_begins_anew_drops_its_old_words(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    run = await ask(page, desk, "Tell me")
    await run.emit("start")
    await run.write("Wrong ")
    await expect(page.locator(".streaming")).to_contain_text("Wrong")
    await run.emit("start")
    await run.write("Right")
    await expect(page.locator(".streaming .body")).to_have_text("Right")
    await run.emit("text", text="Right so far")
    await expect(page.locator(".streaming .body")).to_have_text("Right so far")


async def test_a_run_that_the_server_forgot_ends_as_failed(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    run = await ask(page, desk, "Tell me")
    await run.emit("start")
    await run.write("One, ")
    await expect(page.locator(".streaming")).to_contain_text("One,")
    run.talk.runs.clear()
    await desk.cut()
    await expect(page.get_by_text("This answer could not be finished.").first).to_be_visible()
    await expect(page.get_by_role("button", name="Send")).to_be_visible()
    await expect(page.locator(".items .agent")).to_contain_text("One,")


async def test_a_failure_is_still_shown_after_a_new_connection_and_a_reload(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    run = await ask(page, desk, "Tell me")
    await run.emit("error", message="No answer today.", retry=False)
    failure = page.locator(".failure")
    await expect(failure).to_have_text("No answer today.")
    await desk.cut()
    await answer(page, desk, "Yes.")
    await expect(messages(page)).to_have_text(["Tell me", "", "Are you open on Sunday?", "Yes."])
    await page.reload()
    await expect(messages(page)).to_have_text(["Tell me", "Are you open on Sunday?", "Yes."])


async def test_words_not_yet_sent_survive_a_reload(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    await page.get_by_role("textbox").fill("I was just about to")
    await page.reload()
    await expect(page.get_by_role("dialog")).to_be_visible()
    await expect(page.get_by_role("textbox")).to_have_value("I was just about to")


async def test_a_rating_given_offline_is_sent_later(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    await answer(page, desk, "Yes.")
    up = page.get_by_role("button", name="Helpful", exact=True)
    await desk.stop()
    await expect(page.locator(".banner")).to_have_text("Reconnecting…")
    await up.click()
    await desk.start()
    assert (await desk.next_frame("rate"))["rating"] == "up"
    await expect(up).to_have_attribute("aria-pressed", "true")


async def test_two_tabs_show_the_same_conversation(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    other = await page.context.new_page()
    await visit(other, desk)
    await desk.joined(2)
    run = await ask(page, desk, "Tell me")
    question = desk.talk.messages[0]
    await desk.talk.tell({"type": "message_created", "message": question})
    await run.emit("start")
    await run.write("One")
    await run.finish("One.")
    await expect(messages(page)).to_have_text(["Tell me", "One."])
    await expect(messages(other)).to_have_text(["Tell me", "One."])


async def test_a_refused_visitor_is_told_and_the_socket_left_alone(page: Page, desk: Desk) -> None:
    desk.close_code = 4403
    await visit(page, desk)
    await expect(page.locator(".banner")).to_have_text("This chat is not available on this page.")
    await expect(page.get_by_role("textbox")).to_be_disabled()
    await page.evaluate("dispatchEvent(new Event('online'))")
    assert len(desk.connections) == 1


async def test_too_many_waits_longer_than_a_lost_network(page: Page, desk: Desk) -> None:
    await page.clock.install(time=0)
    await page.clock.pause_at(1000)
    desk.close_code = 4029
    await visit(page, desk)
    await expect(page.locator(".banner")).to_have_text("Reconnecting…")
    await page.evaluate("dispatchEvent(new Event('online'))")
    await page.clock.run_for(14_000)
    assert len(desk.connections) == 1
    desk.close_code = None
    await page.clock.run_for(4_000)
    await expect(page.locator(".banner")).to_be_hidden()
    assert len(desk.connections) == 2


async def test_a_socket_that_died_asleep_is_noticed(page: Page, desk: Desk) -> None:
    await page.clock.install()
    await visit(page, desk)
    await page.clock.run_for(100)
    await expect(page.get_by_role("textbox")).to_be_focused()
    run = await ask(page, desk)
    await run.emit("start")
    await expect(page.locator(".streaming")).to_be_visible()
    desk.silent = True
    await page.clock.run_for(36_000)
    desk.silent = False
    await page.clock.run_for(2_000)
    await expect(page.locator(".banner")).to_be_hidden()
    await run.finish("Awake.")
    await expect(messages(page)).to_have_text(["Are you open on Sunday?", "Awake."])
    assert len(desk.connections) == 2


async def test_the_back_off_ends_when_the_network_is_back(page: Page, desk: Desk) -> None:
    await page.clock.install()
    await visit(page, desk)
    await page.clock.run_for(100)
    await answer(page, desk, "Yes.")
    await desk.stop()
    await expect(page.locator(".banner")).to_have_text("Reconnecting…")
    await desk.start()
    await page.evaluate("dispatchEvent(new Event('online'))")
    await expect(page.locator(".banner")).to_be_hidden()
