"""Whichever of two things comes first: an answer or the news of it, an older answer or a newer one, the server or the person."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable

import pytest
from playwright.async_api import Error, Locator, Page, Route, expect

from .product import Product

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]


class Held:
    """Keeps back what the server answers: `await held.come("part")` until an answer has that part, `held.let_go(0)`."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.gates: list[asyncio.Event] = []
        self.news = asyncio.Condition()
        self.over = False

    async def __call__(self, route: Route) -> None:
        try:
            # The server closes a connection that rests, perhaps just when it is used again.
            answer = await route.fetch(max_retries=3)
            said = await answer.text()
            gate = asyncio.Event()
            async with self.news:
                self.said.append(said)
                self.gates.append(gate)
                if self.over:
                    gate.set()
                self.news.notify_all()
            await gate.wait()
            await route.fulfill(response=answer)
        except Error:
            """The page that asked is gone."""

    async def come(self, part: str = "", *, without: str | None = None, after: int = -1) -> int:
        """The number of the first answer, later than another one, with some words and without others."""

        def fits(number: int) -> bool:
            return part in self.said[number] and (without is None or without not in self.said[number])

        def numbers() -> list[int]:
            return [number for number in range(after + 1, len(self.said)) if fits(number)]

        async with asyncio.timeout(60), self.news:
            await self.news.wait_for(numbers)
        return numbers()[0]

    def let_go(self, *which: int) -> None:
        """Without a number all of them, and those that are still to come."""
        self.over = self.over or not which
        for number in which or range(len(self.gates)):
            self.gates[number].set()


async def arrival(page: Page, part: str, act: Callable[[], object]) -> None:
    """What `act` lets go has come to the page."""
    async with page.expect_response(lambda response: part in response.url):
        act()
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


async def open_first(operator: Page, product: Product) -> Locator:
    """The first conversation that the AI answers."""
    await operator.goto(f"{product.url}/studio/conversations/?status=active")
    row = operator.locator("#rows > li").first
    await row.get_by_role("link").click()
    await expect(operator.get_by_role("button", name="Take over")).to_be_visible()
    return row


async def beside(operator: Page, product: Product) -> Page:
    """The same conversation in another tab."""
    tab = await operator.context.new_page()
    await tab.goto(operator.url)
    await expect(tab.locator("#desk:not([data-lost])")).to_be_visible()
    return tab


async def test_the_last_news_count(leila: Page, product: Product) -> None:
    """Somebody else takes over and gives back; what the page asks for at each of the two comes in the wrong order."""
    await open_first(leila, product)
    uuid = await leila.locator("#desk").get_attribute("data-conversation")
    other = await beside(leila, product)
    answers, rows = Held(), Held()
    await leila.route("**/who/", answers)
    await leila.route("**/conversations/?*of=*", rows)
    await other.get_by_role("button", name="Take over").click()
    taken, gone = await answers.come("give-back"), await rows.come(without=f'data-uuid="{uuid}"')
    await other.get_by_role("button", name="Give back to the AI").click()
    given, back = await answers.come("take-over", after=taken), await rows.come(f'data-uuid="{uuid}"', after=gone)
    await arrival(leila, "/who/", lambda: answers.let_go(given))
    await arrival(leila, "of=", lambda: rows.let_go(back))
    await arrival(leila, "/who/", answers.let_go)
    await arrival(leila, "of=", rows.let_go)
    await expect(leila.get_by_role("button", name="Take over")).to_be_visible()
    await expect(leila.locator(f"#rows > [data-uuid='{uuid}']")).to_have_count(1)


async def test_what_is_written_while_a_message_is_on_its_way_stays(leila: Page, product: Product) -> None:
    row = await open_first(leila, product)
    await leila.get_by_text("Note for the team", exact=True).click()
    box = leila.locator("#reply-text")
    sent = Held()
    await leila.route("**/note/", sent)
    await box.fill("Likes the window table.")
    await box.press("Enter")
    first = await sent.come()
    await box.press_sequentially(" And oat milk.")
    await box.press("Escape")
    await arrival(leila, "/note/", lambda: sent.let_go(first))
    await expect(box).to_have_value("And oat milk.")
    await expect(box).not_to_be_focused()
    await box.press("Enter")
    second = await sent.come(after=first)
    # To another conversation before the answer is here, and back: nobody sends it twice.
    await leila.locator("#rows > li:not(:has([aria-current])) a").first.click()
    await expect(row.get_by_role("link")).not_to_have_attribute("aria-current", "true")
    await arrival(leila, "/note/", lambda: sent.let_go(second))
    await row.get_by_role("link").click()
    await expect(row.get_by_role("link")).to_have_attribute("aria-current", "true")
    await expect(leila.locator(".i-note").last).to_contain_text("And oat milk.")
    await expect(box).to_have_value("")


async def test_who_left_a_box_is_not_fetched_back_by_what_was_asked_before(leila: Page, product: Product) -> None:
    """Keys are letters in the box and commands outside of it."""
    await open_first(leila, product)
    waiting, box = Held(), leila.locator("#reply-text")
    await leila.route("**/conversations/waiting/", waiting)
    await box.focus()
    await leila.evaluate("htmx.trigger('#sidebar-waiting', 'studio:look')")
    await waiting.come()
    await box.press("Escape")
    await expect(box).not_to_be_focused()
    await arrival(leila, "/waiting/", waiting.let_go)
    await expect(leila.locator("#sidebar-waiting:not(.htmx-request)")).to_be_attached()
    await expect(box).not_to_be_focused()


async def test_who_leaves_before_a_conversation_is_here_has_left(leila: Page, product: Product) -> None:
    await open_first(leila, product)
    page = Held()
    await leila.route(re.compile(r"/conversations/[0-9a-f-]{36}/\?"), page)
    key = await leila.locator("#rows > li:not(:has([aria-current]))").first.get_attribute("id")
    other = leila.locator(f"#{key} a")
    await other.click()
    first = await page.come()
    words = leila.get_by_label("Search in what was said")
    await words.focus()
    page.let_go(first)
    await expect(other).to_have_attribute("aria-current", "true")
    await expect(words).to_be_focused()
    await leila.locator("#rows > li:not(:has([aria-current])) a").first.click()
    await page.come(after=first)
    await leila.evaluate("history.go(-2)")
    await expect(leila.locator("#desk[data-conversation]")).to_have_count(0)
    await expect(leila.locator("#desk[data-opening]")).to_have_count(0)
    page.let_go()


async def test_a_press_counts_though_news_come_while_it_is_held(leila: Page, product: Product) -> None:
    row = await open_first(leila, product)
    other = await beside(leila, product)
    await leila.goto(f"{product.url}/studio/conversations/?status=active")
    name = row.locator("b")
    await expect(leila.locator("#desk:not([data-lost])")).to_be_visible()
    await name.hover()
    await leila.mouse.down()
    async with leila.expect_response(lambda response: "of=" in response.url):
        await other.get_by_role("button", name="Take over").click()
    await leila.mouse.up()
    await expect(leila.get_by_role("button", name="Give back to the AI")).to_be_visible()
    await other.get_by_role("button", name="Give back to the AI").click()
    await expect(leila.get_by_role("button", name="Take over")).to_be_visible()


async def test_what_an_answer_says_is_heard_though_its_button_is_gone(leila: Page, product: Product) -> None:
    await open_first(leila, product)
    given_back = leila.get_by_role("button", name="Give back to the AI")

    async def late(route: Route) -> None:
        answer = await route.fetch()
        await expect(given_back).to_be_visible()
        told = {"studio:toast": {"text": "You answer now.", "kind": "good"}}
        await route.fulfill(response=answer, headers={**answer.headers, "HX-Trigger": json.dumps(told)})

    await leila.route("**/who/answers/", late, times=1)
    await leila.get_by_role("button", name="Take over").click()
    await expect(leila.get_by_text("You answer now.")).to_be_visible()
    await given_back.click()
    await expect(leila.get_by_role("button", name="Take over")).to_be_visible()


async def test_what_is_on_its_way_does_not_stand_before_a_suggestion(leila: Page, product: Product) -> None:
    await leila.route_web_socket("**/ws/studio/**", lambda socket: socket.close())
    await open_first(leila, product)
    run = "22222222-2222-4222-8222-222222222222"
    written = asyncio.Event()

    async def suggestion(route: Route) -> None:
        await written.wait()
        await route.fulfill(json={"text": "With pleasure.", "problem": ""})

    sent = Held()
    await leila.route("**/note/", sent)
    await leila.route("**/suggest/", lambda route: route.fulfill(json={"run": run}))
    await leila.route(f"**/suggestions/{run}/", suggestion)
    await leila.get_by_text("Note for the team", exact=True).click()
    box = leila.locator("#reply-text")
    await box.fill("Comes with a dog.")
    await box.press("Enter")
    await sent.come()
    await leila.get_by_text("Reply", exact=True).click()
    async with leila.expect_request(f"**/suggestions/{run}/"):
        await leila.locator("#suggest").click()
    await arrival(leila, "/note/", sent.let_go)
    written.set()
    await expect(box).to_have_value("With pleasure.")
    await box.fill("")


async def test_a_suggestion_that_nobody_waits_for_any_more_is_stopped(leila: Page, product: Product) -> None:
    await open_first(leila, product)
    run = "11111111-1111-4111-8111-111111111111"
    asked, stopped = asyncio.Event(), asyncio.Event()

    async def begin(route: Route) -> None:
        assert not asked.is_set()
        asked.set()
        await expect(leila.get_by_role("button", name="Suggest a reply")).to_be_visible()
        await route.fulfill(json={"run": run})

    async def stop(route: Route) -> None:
        stopped.set()
        await route.fulfill(status=204)

    await leila.route("**/suggest/", begin)
    await leila.route(f"**/suggestions/{run}/stop/", stop)
    button = leila.locator("#suggest")
    await button.click()
    await asyncio.wait_for(asked.wait(), 60)
    await button.click()
    await asyncio.wait_for(stopped.wait(), 60)
    await expect(leila.get_by_role("button", name="Send", exact=True)).to_be_enabled()


async def test_enter_in_the_palette_waits_for_what_was_typed(leila: Page, product: Product) -> None:
    await leila.goto(f"{product.url}/studio/")
    await leila.wait_for_load_state()
    await leila.keyboard.press("Control+k")
    await expect(leila.get_by_role("option").first).to_be_visible()
    found = Held()
    await leila.route("**/search/**", found)
    await leila.keyboard.type("Mila")
    await leila.keyboard.press("Enter")
    await found.come()
    found.let_go()
    await expect(leila.get_by_role("heading", name="Mila", level=1)).to_be_visible()


async def test_the_playground_leaves_who_writes_elsewhere_alone(leila: Page, product: Product) -> None:
    await leila.goto(f"{product.url}/studio/agents/")
    await leila.get_by_role("link", name="Mila").click()
    await leila.wait_for_load_state()
    asked = Held()
    await leila.route("**/try/", asked)
    await leila.get_by_label("Ask as a customer").fill(product.demo["sample_question"])
    await leila.keyboard.press("Enter")
    await asked.come()
    greeting = leila.get_by_label("Greeting")
    await greeting.focus()
    asked.let_go()
    answer = leila.locator("#trial .s-message[data-author=ai]").last
    await expect(answer).to_contain_text(product.demo["sample_answer_contains"])
    await expect(leila.get_by_role("button", name="Ask", exact=True)).to_be_visible()
    await expect(greeting).to_be_focused()


async def test_what_asks_for_the_focus_takes_it_from_nobody_who_writes(leila: Page, product: Product) -> None:
    await leila.goto(f"{product.url}/studio/agents/")
    await leila.get_by_role("link", name="Mila").click()
    await leila.get_by_text("Fine-tune").click()
    parts = Held()
    await leila.route("**/agents/part/", parts)
    more = leila.get_by_role("button", name="Add a part of your own")
    await more.click()
    first = await parts.come("data-take-focus")
    greeting = leila.get_by_label("Greeting")
    await greeting.focus()
    await arrival(leila, "/agents/part/", lambda: parts.let_go(first))
    title = leila.get_by_label("Title of this part").last
    await expect(title).to_have_value("")
    await expect(greeting).to_be_focused()
    await more.click()
    await parts.come("data-take-focus", after=first)
    parts.let_go()
    await expect(title).to_be_focused()
    await title.fill("Parking")
    await more.click()
    await expect(title).to_have_value("")
    await expect(title).to_be_focused()


async def test_an_action_during_a_look_is_looked_for(leila: Page, product: Product) -> None:
    await leila.goto(f"{product.url}/studio/knowledge/")
    await leila.get_by_role("link", name="Café knowledge").click()
    await leila.wait_for_load_state()
    looks = Held()
    await leila.route("**/progress/**", looks)
    await leila.evaluate("htmx.trigger(document.body, 'studio:sources')")
    first = await looks.come()
    await leila.evaluate("htmx.trigger(document.body, 'studio:sources')")
    looks.let_go(first)
    await looks.come(after=first)
    looks.let_go()


async def rehearse(operator: Page, product: Product, name: str) -> None:
    """Leila is a customer on the phone."""
    await operator.goto(f"{product.url}/studio/channels/")
    await operator.get_by_role("link", name="Telegram (rehearsal)").click()
    await operator.get_by_role("link", name="Go to the rehearsal").click()
    await operator.get_by_label("Somebody else").fill(name)
    await operator.get_by_role("button", name="Be them").click()
    await operator.wait_for_load_state()


async def test_an_answer_is_shown_though_its_place_was_renewed(leila: Page, product: Product) -> None:
    await rehearse(leila, product, "Omar")
    acts = Held()
    await leila.route("**/act/", acts)
    box = leila.get_by_label("Write as the customer")
    await box.fill("Good morning")
    await box.press("Enter")
    await acts.come("Good morning")
    # As its news do; this copy asks for none, so that only the answer can show it.
    await leila.locator("#phone-screen").evaluate("(screen) => screen.replaceWith(screen.cloneNode(true))")
    acts.let_go()
    await expect(leila.get_by_role("article", name="The customer")).to_contain_text("Good morning")


async def test_switches_stay_as_they_were_set(leila: Page, product: Product) -> None:
    """A second one is turned, and a message begun, before the answers are here."""
    await rehearse(leila, product, "Nadia")
    acts = Held()
    await leila.route("**/act/", acts)
    twice, late = leila.get_by_label("arrives twice"), leila.get_by_label("arrives late")
    await twice.check()
    first = await acts.come()
    await late.check()
    box = leila.get_by_label("Write as the customer")
    await box.fill("Good evening")
    await box.press("Enter")
    written = await acts.come("Good evening")
    await box.press_sequentially(" A table for two?")
    acts.let_go(first)
    second = await acts.come(after=max(first, written))
    # What the message was answered with knows nothing of the second switch.
    await arrival(leila, "/act/", lambda: acts.let_go(second))
    acts.let_go()
    await expect(box).to_have_value("A table for two?")
    await expect(twice).to_be_checked()
    await expect(late).to_be_checked()
    await leila.reload()
    await expect(twice).to_be_checked()
    await expect(late).to_be_checked()


async def test_a_search_goes_on_with_what_is_typed_meanwhile(leila: Page, product: Product) -> None:
    await leila.goto(f"{product.url}/studio/knowledge/")
    await leila.get_by_role("link", name="Café knowledge").click()
    await leila.wait_for_load_state()
    looks = Held()
    await leila.route(re.compile(r"words="), looks)
    words = leila.get_by_label("Find a source")
    await words.press_sequentially("op")
    first = await looks.come()
    await words.press_sequentially("eni")
    looks.let_go(first)
    await looks.come('value="openi"', after=first)
    looks.let_go()
    await expect(words).to_have_value("openi")
    await expect(words).to_be_focused()
