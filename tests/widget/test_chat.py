"""A visitor talks: what is shown, said to a screen reader, reached by keyboard, and kept safe."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, Route, expect

from .desk import Desk
from .visitor import HOURS, answer, ask, visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]

DRINKS = {"n": 2, "title": "Menu.xlsx", "place": "row 4", "url": "javascript:alert(1)", "quote": "Oat milk + 0.50"}


async def test_an_answer_streams_in_and_ends_as_it_is_stored(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    run = await ask(page, desk)
    await run.emit("start")
    await expect(page.locator(".item.empty")).to_be_visible()
    await expect(page.get_by_text("Mila is writing").first).to_be_visible()
    await run.emit("hidden")
    await run.write("Yes, from ", "8 to ")
    await expect(page.locator(".agent.streaming .body")).to_have_text("Yes, from 8 to ")
    await run.finish("Yes, from 8 to 14.")
    await expect(page.locator(".items .agent .body")).to_have_text("Yes, from 8 to 14.")
    await expect(page.locator(".streaming")).to_have_count(0)
    await expect(page.get_by_role("button", name="Send")).to_be_visible()


async def test_stop_keeps_what_was_said(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    run = await ask(page, desk)
    await run.emit("start")
    await run.write("Once upon a time")
    await page.get_by_role("button", name="Stop").click()
    assert (await desk.next_frame("stop"))["run"] == run.id
    await run.emit("cancelled")
    await expect(page.locator(".items .agent")).to_contain_text("Once upon a time")
    await expect(page.get_by_text("Stopped", exact=True)).to_be_visible()
    await expect(page.get_by_role("button", name="Send")).to_be_visible()


async def test_who_writes_on_while_the_answer_comes_sends_that_too(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    run = await ask(page, desk)
    await run.emit("start")
    await run.write("From 8")
    box = page.get_by_role("textbox")
    await box.fill("And on Monday?")
    await expect(page.get_by_role("button", name="Send")).to_be_enabled()
    await box.press("Enter")
    more = await desk.next_question()
    assert desk.talk.messages[-1]["text"] == "And on Monday?"
    await expect(box).to_have_value("")
    await box.press("Enter")
    await run.finish("From 8 to 14.")
    await expect(page.get_by_role("button", name="Stop")).to_be_visible()
    await more.finish("From 7.")
    await expect(page.locator(".items .agent .body")).to_have_text(["From 8 to 14.", "From 7."])
    await expect(page.get_by_role("button", name="Send")).to_be_visible()
    assert desk.count("stop") == 0


async def test_the_second_click_of_a_double_click_on_send_does_not_stop_the_answer(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    await page.get_by_role("textbox").fill("Hello")
    await page.get_by_role("button", name="Send").click()
    run = await desk.next_question()
    await page.get_by_role("button", name="Stop").dispatch_event("click", {"detail": 2})
    await run.finish("Hello to you.")
    await page.get_by_role("button", name="Helpful", exact=True).click()
    await desk.next_frame("rate")
    assert desk.count("stop") == 0


async def test_sources_open_from_their_mark_and_their_list(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    await answer(page, desk, "From 8 to 14 [1], with oat milk [2] [7].", [HOURS, DRINKS])
    await expect(page.locator(".items .agent .body")).to_have_text("From 8 to 14 1, with oat milk 2 [7].")
    await page.get_by_role("button", name="Source 1").click()
    await expect(page.get_by_text("Sunday 8 to 14.")).to_be_visible()
    await expect(page.get_by_role("link", name="Open")).to_have_attribute("href", "https://example.com/hours.pdf")
    await page.get_by_text("Menu.xlsx").click()
    await expect(page.get_by_text("Oat milk + 0.50")).to_be_visible()
    await expect(page.get_by_role("link", name="Open")).to_have_count(1)
    button = page.get_by_role("button", name="Sources 2")
    await expect(button).to_have_attribute("aria-expanded", "true")
    await button.click()
    await expect(page.get_by_text("Menu.xlsx")).to_be_hidden()


async def test_rating_is_sent_and_can_be_taken_back(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    await answer(page, desk, "From 8 to 14.")
    up = page.get_by_role("button", name="Helpful", exact=True)
    down = page.get_by_role("button", name="Not helpful")
    await up.click()
    assert (await desk.next_frame("rate"))["rating"] == "up"
    await expect(up).to_have_attribute("aria-pressed", "true")
    await expect(up).to_be_focused()
    await down.click()
    assert (await desk.next_frame("rate"))["rating"] == "down"
    await expect(up).to_have_attribute("aria-pressed", "false")
    await down.click()
    frame = await desk.next_frame("rate")
    assert frame["rating"] == "none"
    assert frame["message_id"] == desk.talk.messages[-1]["id"]


async def test_text_becomes_markup_of_our_own_and_nothing_else(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    text = (
        "# Hours\n**Sun** *only* `x<y`\n\n1. one\n2. two\n   more\n\n- a\n- b\n\n> said\n\n"
        "| Cake | Price |\n|---|---|\n| Plum | 3.20 |\n\n"
        "```\n<b>&\n```\n"
        "<img src=x onerror=alert(1)> [evil](javascript:alert(1)) [ok](https://example.com/a?b=c) https://example.com/d."
    )
    await answer(page, desk, text)
    body = page.locator(".items .agent .body")
    await expect(body.locator("h4")).to_have_text("Hours")
    await expect(body.locator("strong")).to_have_text("Sun")
    await expect(body.locator("em")).to_have_text("only")
    await expect(body.locator("p code")).to_have_text("x<y")
    await expect(body.locator("ol li")).to_have_text(["one", "two more"])
    await expect(body.locator("ul li")).to_have_text(["a", "b"])
    await expect(body.locator("blockquote")).to_have_text("said")
    await expect(body.locator("tr")).to_have_text(["CakePrice", "Plum3.20"])
    await expect(body.locator("pre")).to_have_text("<b>&")
    await expect(body.locator("img")).to_have_count(0)
    await expect(body).to_contain_text("<img src=x onerror=alert(1)> [evil](javascript:alert(1))")
    links = [await link.get_attribute("href") for link in await body.locator("a").all()]
    assert links == ["https://example.com/a?b=c", "https://example.com/d"]
    rel = await body.locator("a").first.get_attribute("rel")
    assert rel and "noopener" in rel


async def test_what_the_visitor_writes_is_shown_as_written(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    await ask(page, desk, "# 5 *big* <b>cakes</b>")
    await expect(page.locator(".visitor .body")).to_have_text("# 5 *big* <b>cakes</b>")


async def test_a_suggestion_is_asked_with_one_click_and_goes_away(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    await page.get_by_role("button", name="Do you have oat milk?").click()
    run = await desk.next_question()
    assert run.talk.messages[0]["text"] == "Do you have oat milk?"
    await expect(page.get_by_role("group", name="Suggested questions")).to_be_hidden()


async def test_keyboard_alone_opens_asks_and_closes(page: Page, desk: Desk) -> None:
    await page.goto(desk.shop("shop.html"))
    launcher = page.get_by_role("button", name="Open chat")
    await launcher.focus()
    await page.keyboard.press("Enter")
    box = page.get_by_role("textbox", name="Write a message")
    await expect(box).to_be_focused()
    await page.keyboard.type("one")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("two")
    await page.keyboard.press("Enter")
    await desk.next_question()
    assert desk.talk.messages[0]["text"] == "one\ntwo"
    await expect(box).to_have_value("")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await expect(launcher).to_be_focused()


async def test_enter_that_ends_a_composition_sends_nothing(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    box = page.get_by_role("textbox")
    await box.fill("にほん")
    await box.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    await box.dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "bubbles": True})
    await expect(box).to_have_value("にほん")
    await expect(page.locator(".visitor")).to_have_count(0)


async def test_too_long_a_message_is_counted_and_held_back(page: Page, desk: Desk) -> None:
    desk.config["max_length"] = 300
    await visit(page, desk)
    box = page.get_by_role("textbox")
    await box.fill("a" * 50)
    await expect(page.locator(".count")).to_have_text("")
    await box.fill("a" * 290)
    await expect(page.locator(".count")).to_have_text("10")
    await box.fill("a" * 301)
    await expect(page.locator(".count")).to_have_text("-1")
    await expect(page.get_by_role("button", name="Send")).to_be_disabled()
    await box.press("Enter")
    await expect(page.locator(".visitor")).to_have_count(0)


async def test_a_screen_reader_hears_sentences_and_the_log_is_silent(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    run = await ask(page, desk)
    await run.emit("start")
    await run.write("We open at eight. We cl")
    heard = page.locator("[aria-live=polite].sr")
    await expect(heard).to_have_text("We open at eight.")
    await run.write("ose at **two**")
    await run.finish("We open at eight. We close at **two**. [1]")
    await expect(heard).to_have_text("We open at eight. We close at two.")
    await expect(page.get_by_role("log", name="Conversation")).to_have_attribute("aria-live", "off")


async def test_a_failed_answer_says_so_and_its_question_can_be_asked_again(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    run = await ask(page, desk)
    await run.emit("start")
    await page.get_by_role("textbox").fill("And on Monday?")
    await page.get_by_role("textbox").press("Enter")
    more = await desk.next_question()
    await run.emit("error", message="I cannot answer right now.", retry=True)
    await expect(page.get_by_text("I cannot answer right now.").first).to_be_visible()
    await more.finish("From 7.")
    await page.get_by_role("button", name="Try again").click()
    again = await desk.next_question()
    assert desk.talk.messages[-1]["text"] == "Are you open on Sunday?"
    await again.finish("Now I can.")
    await expect(page.locator(".items .agent").last).to_contain_text("Now I can.")
    await expect(page.get_by_role("button", name="Try again")).to_have_count(0)


async def test_a_refused_message_keeps_its_words(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    desk.refusal = {"message": "Too many messages. Please wait a moment.", "retry": True}
    await page.get_by_role("textbox").fill("Hello")
    await page.get_by_role("textbox").press("Enter")
    await expect(page.locator(".visitor.failed")).to_contain_text("Too many messages.")
    desk.refusal = None
    await page.get_by_role("button", name="Try again").click()
    run = await desk.next_question()
    await run.finish("Hello!")
    await expect(page.locator(".items .item")).to_have_count(2)


async def test_a_person_takes_over(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    await answer(page, desk, "From 8 to 14.")
    desk.talk.by_person = True
    await desk.talk.tell({"type": "typing", "on": True})
    await expect(page.locator(".person.empty")).to_be_visible()
    await desk.talk.person("Hi, this is Sara.", "Sara")
    await expect(page.locator(".person")).to_have_text("SaraHi, this is Sara.")
    await desk.talk.tell({"type": "notice", "text": "You are now talking to Sara."})
    await expect(page.locator(".notice")).to_contain_text("You are now talking to Sara.")
    await page.get_by_role("textbox").fill("Thanks")
    await page.get_by_role("textbox").press("Enter")
    await desk.next_frame("say")
    await expect(page.locator(".visitor").last).not_to_contain_text("Sending")
    await expect(page.get_by_role("button", name="Send")).to_be_visible()


async def test_files_of_a_teammate_are_shown_and_opened(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    await answer(page, desk, "From 8 to 14.")
    at = f"{desk.origin}/files"
    terrace = {"name": "terrace.jpg", "url": f"{at}/picture", "picture": True, "width": 800, "height": 400}
    menu = {"name": "menu.pdf", "url": f"{at}/menu", "picture": False}
    await desk.talk.person("", "Sara", [terrace, menu, {**menu, "url": "javascript:alert(1)"}])
    shown = page.locator(".person .files")
    picture = shown.get_by_role("img", name="terrace.jpg")
    await expect(picture).to_have_js_property("naturalWidth", 800)
    # As it is laid out: the chat may still be growing to its size.
    await expect(picture).to_have_js_property("offsetWidth", 260)
    await expect(picture).to_have_js_property("offsetHeight", 130)
    await expect(shown.get_by_role("link", name="terrace.jpg")).to_have_js_property("offsetWidth", 262)
    await expect(page.locator(".person .bubble")).to_be_hidden()
    await expect(shown.get_by_role("link")).to_have_count(2)
    link = shown.get_by_role("link", name="menu.pdf")
    assert (await link.get_attribute("href"), await link.get_attribute("target")) == (f"{at}/menu", "_blank")
    await expect(page.locator("[aria-live=polite]", has_text="menu.pdf")).to_be_attached()


async def test_a_visitor_sends_a_picture_and_hears_why_another_file_is_not_taken(page: Page, desk: Desk) -> None:
    desk.config |= {"max_files_mib": 1}
    forms: list[str] = []
    replies = [
        {"status": 200, "json": {"client_id": "c", "message_id": "m-1"}},
        {"status": 422, "json": {"message": "cake.exe: Files of this type are not taken here."}},
    ]

    async def take(route: Route) -> None:
        forms.append((route.request.post_data_buffer or b"").decode(errors="replace"))
        await route.fulfill(headers={"Access-Control-Allow-Origin": "*"}, **replies.pop(0))

    await page.route("**/widget/files", take)
    await visit(page, desk)
    await page.get_by_role("textbox").fill("What is this?")
    async with page.expect_file_chooser() as choosing:
        await page.get_by_role("button", name="Attach files").click()
    await (await choosing.value).set_files({"name": "cake.png", "mimeType": "image/png", "buffer": b"a picture"})
    mine = page.locator(".item.visitor")
    await expect(mine).to_contain_text("What is this?\ncake.png")
    await expect(page.get_by_role("textbox")).to_have_value("")
    await expect(mine).not_to_contain_text("Sending")
    for part in ('name="file"; filename="cake.png"', "a picture", "What is this?", 'name="client_id"'):
        assert part in forms[0]
    picture = {"name": "cake.png", "url": f"{desk.origin}/files/picture", "picture": True, "width": 800, "height": 400}
    stored = desk.talk.store("visitor", "What is this?", id="m-1", files=[picture])
    await desk.talk.tell({"type": "message_created", "message": stored})
    await expect(mine.get_by_role("img", name="cake.png")).to_be_visible()
    await expect(mine.locator(".bubble")).to_have_text("What is this?")
    held = "() => { const held = new DataTransfer(); held.items.add(new File(['x'], 'cake.exe')); return held }"
    dropped = await page.evaluate_handle(held)
    await page.dispatch_event(".panel", "drop", {"dataTransfer": dropped})
    await expect(mine.last).to_contain_text("Files of this type are not taken here.")
    film = {"name": "film.mp4", "mimeType": "video/mp4", "buffer": bytes(2**20 + 1)}
    await page.get_by_role("textbox").fill("From yesterday")
    await page.locator("input[type=file]").set_input_files(film)
    await expect(mine.last).to_contain_text("larger than 1 MiB")
    await expect(page.get_by_role("textbox")).to_have_value("From yesterday")
    assert replies == []


async def test_a_file_that_is_stored_has_not_failed_though_its_answer_is_lost(page: Page, desk: Desk) -> None:
    desk.config |= {"max_files_mib": 1}
    mine = page.locator(".item.visitor")

    async def lost(route: Route) -> None:
        form = (route.request.post_data_buffer or b"").decode(errors="replace")
        client = form.split('name="client_id"', 1)[1].split()[0]
        stored = desk.talk.store("visitor", "What is this?", client_id=client)
        await desk.talk.tell({"type": "message_created", "message": stored})
        await expect(mine.locator(".bubble")).to_have_text("What is this?")
        await route.abort()

    await page.route("**/widget/files", lost)
    await visit(page, desk)
    async with page.expect_event("requestfailed"):
        await page.locator("input[type=file]").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"a picture"})
    await page.evaluate("new Promise((done) => setTimeout(done))")
    await expect(mine).to_have_count(1)
    await expect(mine.get_by_role("button", name="Try again")).to_have_count(0)


async def test_an_answer_that_a_person_takes_over_goes_off_the_screen(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    run = await ask(page, desk)
    await run.emit("start")
    await run.write("Once upon a time")
    await expect(page.locator(".items .agent")).to_contain_text("Once upon a time")
    await run.emit("cancelled", withdrawn=True)
    await expect(page.locator(".items .agent")).to_have_count(0)
    await desk.talk.person("Hi, this is Sara.", "Sara")
    await expect(page.locator(".items .item")).to_have_count(2)
    await expect(page.get_by_role("button", name="Send")).to_be_visible()


async def test_an_answer_that_comes_while_closed_is_counted(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    run = await ask(page, desk)
    await page.keyboard.press("Escape")
    await run.finish("From 8 to 14.")
    await expect(page.locator(".badge")).to_have_text("1")
    await page.get_by_role("button", name="Open chat, New messages: 1").click()
    await expect(page.locator(".badge")).to_be_hidden()
