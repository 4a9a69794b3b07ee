"""The inbox beside a customer's chat: what is said and written is seen at once, and a person can step in at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, Route, expect

from tests.ground.live import Web

from .conftest import Open
from .desk import ask, last_answer, let_the_script_speak
from .looks import problems_now
from .product import LINES, POEM, Product

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]

RECORD = """() => {
    window.drafts = [];
    const note = () => {
        const draft = document.querySelector("#drafts [data-text]")?.textContent;
        if (draft && draft !== window.drafts.at(-1)) window.drafts.push(draft);
    };
    new MutationObserver(note).observe(document.querySelector("#drafts"), {childList: true, subtree: true, characterData: true});
}"""
"""Keeps all that was ever shown of an answer while it was written."""


@pytest.fixture
def second(product: Product) -> Iterator[Web]:
    """One more web process, that a test may restart without stopping whoever answers."""
    web = product.scripted()
    yield web
    web.stop()


async def chat(open_browser: Open, at: str) -> Page:
    """A customer with an open chat."""
    customer = await open_browser()
    await customer.goto(at)
    await customer.get_by_role("button", name="Open chat").click()
    return customer


async def open_newest(operator: Page, at: str) -> None:
    """The conversation that somebody has just begun."""
    await operator.goto(f"{at}/studio/conversations/?status=active")
    await operator.locator("#rows a").first.click()
    await expect(operator.get_by_role("list", name="What was said")).to_be_visible()


def bubbles(operator: Page) -> Locator:
    return operator.get_by_role("list", name="What was said").locator(".s-bubble")


async def test_an_operator_watches_the_answer_and_takes_over(
    scripted: Web, product: Product, leila: Page, open_browser: Open
) -> None:
    """The customer's process and the operator's are not the same."""
    await let_the_script_speak(leila, scripted)
    await leila.goto(f"{product.url}/studio/conversations/")
    newest = leila.locator("#rows > li").first
    before: Any = await newest.get_attribute("id")
    customer = await chat(open_browser, scripted.url)
    await ask(customer, "Thank you")
    await expect(newest).not_to_have_id(before)
    await expect(newest).to_contain_text("You are welcome.")
    await newest.get_by_role("link").click()
    await expect(bubbles(leila)).to_have_text(["Thank you", "You are welcome."])

    writes = customer.get_by_role("textbox").press_sequentially("Please nar", delay=350)
    await asyncio.gather(writes, expect(leila.get_by_text("The customer is writing…")).to_be_visible())
    await ask(customer, "Please narrate")
    await expect(bubbles(leila).last).to_have_text("Please narrate")
    draft = leila.locator("#drafts [data-text]")
    await expect(draft).to_contain_text(LINES[2])
    found = await problems_now(leila, "studio-conversation-draft")
    await leila.set_viewport_size({"width": 1366, "height": 860})
    await leila.locator("#scroll").focus()
    await leila.keyboard.press("n")
    await leila.keyboard.type("A regular of ours.")
    await leila.keyboard.press("Enter")
    await expect(leila.get_by_role("list", name="What was said").get_by_text("A regular of ours.")).to_be_visible()
    await leila.keyboard.press("Escape")
    given_back = leila.get_by_role("button", name="Give back to the AI")

    async def late(route: Route) -> None:
        """The socket tells of it first, so that the button that asked is gone when its answer comes."""
        answer = await route.fetch()
        await expect(given_back).to_be_visible()
        await route.fulfill(response=answer)

    await leila.route("**/who/answers/", late, times=1)
    await leila.keyboard.press("t")
    await expect(given_back).to_be_visible()
    await expect(leila.locator("#drafts")).to_contain_text("You or a colleague took over. This was not sent.")
    await expect(customer.locator("frontdesk-chat .items")).not_to_contain_text(LINES[0])

    await leila.get_by_role("button", name="Go on with these words").click()
    box = leila.get_by_label("Your answer to the customer")
    await expect(box).to_be_focused()
    assert (await box.input_value()).startswith(LINES[0])
    await box.fill("I am Leila. How can I help?")
    await expect(customer.locator("frontdesk-chat .item.person")).to_be_visible()
    await box.press("Enter")
    await expect(bubbles(leila)).to_have_text(["Thank you", "You are welcome.", "Please narrate", "I am Leila. How can I help?"])
    await expect(customer.locator("frontdesk-chat .items")).to_contain_text("I am Leila. How can I help?")
    await box.press("Escape")
    await leila.keyboard.press("g")
    await expect(leila.get_by_role("button", name="Take over")).to_be_visible()
    await ask(customer, "Thank you")
    await expect(bubbles(leila).last).to_have_text("You are welcome.")
    assert not found, "\n".join(found)


async def test_a_restart_in_the_middle_loses_and_doubles_nothing(
    scripted: Web, second: Web, leila: Page, leilas_cookies: Any, open_browser: Open, browser: Browser
) -> None:
    """The web process that the operator's page hangs on is killed and comes back, while another one answers."""
    await let_the_script_speak(leila, scripted)
    customer = await chat(open_browser, scripted.url)
    await ask(customer, "Please crawl")
    await expect(last_answer(customer)).to_contain_text(LINES[0])
    # A context of its own: here the console may say that the server is away.
    operator = await (await browser.new_context(storage_state=leilas_cookies, locale="en-US")).new_page()
    await open_newest(operator, second.url)
    await operator.evaluate(RECORD)
    await expect(operator.locator("#drafts [data-text]")).to_contain_text(LINES[3])
    second.kill()
    await expect(operator.locator("#desk[data-lost]")).to_be_visible()
    second.start()
    await expect(operator.locator("#desk:not([data-lost])")).to_be_visible()
    await expect(bubbles(operator)).to_have_text(["Please crawl", POEM])
    await expect(operator.locator("#drafts > *")).to_have_count(0)
    shown: list[str] = await operator.evaluate("window.drafts")
    await operator.context.close()
    assert shown
    assert [text for text in shown if not POEM.startswith(text)] == []
    assert shown == sorted(shown, key=len)
    await expect(last_answer(customer)).to_contain_text(LINES[-1])


async def test_without_a_socket_the_page_asks_by_itself(scripted: Web, leila: Page, open_browser: Open) -> None:
    await let_the_script_speak(leila, scripted)
    await leila.route_web_socket("**/ws/studio/**", lambda socket: socket.close())
    customer = await chat(open_browser, scripted.url)
    await ask(customer, "Thank you")
    await expect(last_answer(customer)).to_contain_text("You are welcome.")
    await open_newest(leila, scripted.url)
    await ask(customer, "Thank you again")
    await expect(bubbles(leila)).to_have_text(["Thank you", "You are welcome.", "Thank you again", "You are welcome."])
    await leila.get_by_role("button", name="Take over").click()
    await leila.get_by_label("Your answer to the customer").fill("It is me.")
    await leila.keyboard.press("Enter")
    await expect(bubbles(leila).last).to_have_text("It is me.")
    # It has left the list of what the AI answers.
    await expect(leila.locator("#rows a[aria-current]")).to_have_count(0)


async def test_two_operators_see_each_other(product: Product, scripted: Web, leila: Page, open_browser: Open) -> None:
    sara = await colleague(product, leila, open_browser)
    await let_the_script_speak(leila, scripted)
    customer = await chat(open_browser, scripted.url)
    await ask(customer, "Thank you")
    await expect(last_answer(customer)).to_contain_text("You are welcome.")
    for operator in (leila, sara):
        await open_newest(operator, product.url)
    await expect(leila.get_by_text("Sara is looking at this")).to_be_visible()
    await expect(sara.get_by_text("Leila Haddad is looking at this")).to_be_visible()
    writes = sara.get_by_label("Your answer to the customer").press_sequentially("Hello fr")
    await asyncio.gather(writes, expect(leila.get_by_text("Sara is writing")).to_be_visible())
    await sara.get_by_label("Your answer to the customer").press_sequentially("om Sara")
    await sara.keyboard.press("Enter")
    await expect(bubbles(leila).last).to_have_text("Hello from Sara")
    await sara.get_by_text("Note for the team", exact=True).click()
    await sara.get_by_label("A note for the team").fill("She asked for Leila.")
    await sara.keyboard.press("Enter")
    await expect(leila.locator(".i-note")).to_contain_text("She asked for Leila.")
    await expect(customer.locator("frontdesk-chat .items")).not_to_contain_text("She asked for Leila.")
    await leila.get_by_role("button", name="Take over").click()
    await expect(sara.get_by_role("button", name="Give back to the AI")).to_be_visible()
    await sara.goto(f"{product.url}/studio/conversations/")
    await expect(leila.get_by_text("Sara is")).to_have_count(0)


async def colleague(product: Product, leila: Page, open_browser: Open) -> Page:
    """Somebody whom Leila invites, signed in."""
    await leila.goto(f"{product.url}/studio/settings/team/")
    await leila.get_by_label("E-mail").fill("sara@qamar.example")
    await leila.get_by_role("button", name="Invite").click()
    invitation = leila.locator("#invitation")
    await expect(invitation).to_contain_text(product.url)
    link: Any = await invitation.inner_text()
    sara = await open_browser()
    await sara.goto(link)
    await sara.get_by_label("Your name").fill("Sara")
    await sara.get_by_label("E-mail").fill("sara@qamar.example")
    await sara.get_by_label("Password").fill("oat milk and honey 7")
    await sara.locator("main form.s-form button").click()
    await expect(sara.get_by_role("heading", name="Home")).to_be_visible()
    return sara
