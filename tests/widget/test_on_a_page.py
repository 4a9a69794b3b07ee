"""The chat on somebody's page: its looks, its place, and a page that changes around it."""

from __future__ import annotations

import json
from http import HTTPStatus

import pytest
from playwright.async_api import Page, Route, expect

from .desk import Desk
from .visitor import HOURS, answer, ask, visit

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]


async def test_the_script_tag_sets_the_looks(page: Page, desk: Desk) -> None:
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "/widget/config" in request.url else None)
    await page.goto(desk.shop("options.html"))
    panel = page.get_by_role("dialog", name="Ask the baker")
    await expect(panel).to_be_visible()
    assert "language=de" in asked[0]
    assert "theme=cafe" in asked[0]
    await expect(panel).to_have_css("transform", "none")
    assert (await panel.bounding_box())["x"] < 100
    dark = desk.config["theme"]["dark"]["surface"]
    expected = f"rgb({', '.join(str(int(dark[at : at + 2], 16)) for at in (1, 3, 5))})"
    await expect(panel).to_have_css("background-color", expected)


async def test_right_to_left(page: Page, desk: Desk) -> None:
    desk.config |= {"direction": "rtl", "language": "fa", "strings": {"open": "باز کردن گفتگو", "placeholder": "پیام…"}}
    await page.goto(desk.shop("shop.html"))
    await page.get_by_role("button", name="باز کردن گفتگو").click()
    panel = page.get_by_role("dialog")
    await expect(panel).to_have_css("transform", "none")
    assert (await panel.bounding_box())["x"] < 100
    run = await ask(page, desk, "سلام")
    await run.finish("Hello [1]", [HOURS])
    await expect(page.locator(".agent .body p").last).to_have_css("direction", "ltr")
    await expect(page.locator(".visitor .body p")).to_have_css("direction", "rtl")
    await expect(page.locator(".mark")).to_have_text("۱")


async def test_on_a_phone_it_fills_the_screen_and_keeps_the_focus(page: Page, desk: Desk) -> None:
    await page.set_viewport_size({"width": 390, "height": 700})
    await visit(page, desk)
    panel = page.get_by_role("dialog")
    await expect(panel).to_have_attribute("aria-modal", "true")
    await expect(page.locator(".launcher")).to_be_hidden()
    await expect(panel).to_have_css("transform", "none")
    assert await panel.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 700}
    names = [await focused(page)]
    for _ in range(7):
        await page.keyboard.press("Tab")
        names.append(await focused(page))
    assert names.count(names[0]) == 2
    assert "Close chat" in names
    small = await page.evaluate(
        """() => [...document.querySelector("frontdesk-chat").shadowRoot.querySelectorAll("button")]
             .filter((node) => node.getClientRects().length)
             .filter((node) => node.getBoundingClientRect().height < 44 || node.getBoundingClientRect().width < 44).length"""
    )
    assert small == 0


async def focused(page: Page) -> str:
    script = """() => { const node = document.querySelector("frontdesk-chat").shadowRoot.activeElement;
                        return node?.getAttribute("aria-label") ?? node?.textContent ?? ""; }"""
    return await page.evaluate(script)


async def test_motion_is_reduced_on_request(page: Page, desk: Desk) -> None:
    await page.emulate_media(reduced_motion="reduce")
    await visit(page, desk)
    await expect(page.get_by_role("dialog")).to_have_css("transition-duration", "0.01s")


async def test_the_inline_page_connects_by_itself(page: Page, desk: Desk) -> None:
    await page.goto(desk.shop("chat.html"))
    run = await ask(page, desk)
    await run.finish("Yes.")
    await expect(page.locator(".items .agent")).to_contain_text("Yes.")
    await expect(page.locator(".launcher")).to_have_count(0)
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("region", name="Mila")).to_be_visible()


async def test_a_refused_page_shows_nothing_and_says_why_in_the_console(page: Page, desk: Desk) -> None:
    desk.config_status = HTTPStatus.FORBIDDEN
    async with page.expect_console_message(lambda line: "refused this key" in line.text):
        await page.goto(desk.shop("shop.html"))
    assert await page.evaluate("document.querySelector('frontdesk-chat').shadowRoot.childElementCount") == 0
    assert desk.connections == []


async def test_attributes_can_change_while_it_is_shown(page: Page, desk: Desk) -> None:
    await visit(page, desk)
    await desk.joined()
    element = page.locator("frontdesk-chat")
    await element.evaluate("node => node.setAttribute('heading', 'Front door')")
    await expect(page.get_by_role("heading", name="Front door")).to_be_visible()
    await element.evaluate("node => node.removeAttribute('open')")
    await expect(page.get_by_role("dialog")).to_be_hidden()
    await element.evaluate("node => node.remove()")
    await desk_is_empty(desk)


async def test_a_language_that_changes_while_the_looks_are_on_their_way_counts(page: Page, desk: Desk) -> None:
    asked: list[str] = []
    change = "document.querySelector('frontdesk-chat').setAttribute('language', 'de')"

    async def first(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) == 1:
            await page.evaluate(change)
        await route.continue_()

    await page.route("**/widget/config?*", first)
    await visit(page, desk)
    assert ["language=de" in url for url in asked] == [False, True]


async def test_taken_off_the_page_in_the_middle_of_an_answer(page: Page, desk: Desk) -> None:
    """Words that came are not drawn any more, and break nothing on the owner's page."""
    await visit(page, desk)
    run = await ask(page, desk)
    await run.emit("start")
    await expect(page.locator(".items .agent")).to_have_count(1)
    await page.evaluate("() => { window.later = []; window.requestAnimationFrame = (draw) => later.push(draw) }")
    await run.write("Once upon a time")
    await page.wait_for_function("later.length > 0")
    await page.evaluate("document.querySelector('frontdesk-chat').remove(); later.forEach((draw) => draw())")


async def desk_is_empty(desk: Desk) -> None:
    for socket in list(desk.talk.sockets):
        await socket.wait_closed()


async def test_works_where_storage_is_blocked(page: Page, desk: Desk) -> None:
    getter = "{get() { throw new Error('blocked'); }}"
    block = f"for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, {getter})"
    await page.add_init_script(block)
    await visit(page, desk)
    await answer(page, desk, "From 8 to 14.")
    await expect(page.locator(".items .agent")).to_contain_text("From 8 to 14.")
    await desk.cut()
    await desk.joined()
    await expect(page.locator(".items .item")).to_have_count(2)
    assert len(desk.connections) == 2
    assert len({json.dumps(query["visitor"]) for query in desk.connections}) == 1
