"""An owner makes a tool, tries it, brings others in from a document, and lets an agent use one."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.ground.live import Web

from .conftest import Open
from .desk import ask, last_answer
from .looks import problems_now
from .product import Product

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]
BOOKING = """openapi: 3.0.3
info: {title: Table booking}
servers: [{url: "https://booking.example.com/v1"}]
components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Api-Key}}}
paths:
  /tables:
    get: {summary: Free tables, parameters: [{name: day, in: query, required: true, schema: {type: string}}]}
    post: {summary: Book a table, requestBody: {content: {application/json: {schema: {type: object}}}}}
  /photos:
    post: {summary: Send a photo, requestBody: {required: true, content: {image/png: {}}}}
"""


async def test_a_tool_from_its_form_to_an_agent(leila: Page, product: Product) -> None:
    found = []
    await leila.goto(f"{product.url}/studio/")
    await leila.get_by_role("link", name="Tools", exact=True).click()
    await expect(leila.get_by_role("heading", name="Ready to use")).to_be_visible()
    found += await problems_now(leila, "studio-tools-before")
    await leila.get_by_role("link", name="Make a tool").click()
    await leila.get_by_label("What is it called?").fill("Find an order")
    await leila.get_by_label("What does it do, and when").fill("Tells where an order is. Ask for its number.")
    await leila.get_by_label("Which address does it call?").fill("http://10.0.0.7/orders/{number}")
    await leila.get_by_label("Name", exact=True).fill("number")
    await leila.get_by_label("What is it?").fill("The number on the receipt")
    await leila.get_by_label("Try it with").fill("77")
    await leila.get_by_label("Keys").fill("X-Key: not-for-everybody")
    await leila.get_by_role("button", name="One more").click()
    await expect(leila.get_by_label("Name", exact=True).nth(1)).to_be_focused()
    await leila.get_by_role("button", name="Try it").click()
    await expect(leila.locator("#tried")).to_contain_text("inside a private network")
    found += await problems_now(leila, "studio-tool-tried")
    await leila.get_by_label("Which address does it call?").fill("https://api.example.com/orders/{number}")
    await leila.get_by_role("button", name="Save").click()
    await expect(leila.get_by_role("link", name="Find an order")).to_be_visible()

    await leila.get_by_role("link", name="From an OpenAPI document").click()
    await leila.get_by_label("or the document itself").fill(BOOKING)
    await leila.get_by_role("button", name="Look into it").click()
    await leila.get_by_role("checkbox", name="Book a table").check()
    await leila.get_by_label("Your key for this service").fill("not-for-everybody")
    found += await problems_now(leila, "studio-tool-import")
    await leila.get_by_role("button", name="Make tools of these").click()
    await expect(leila.get_by_text("1 tool is ready.")).to_be_visible()

    await leila.goto(f"{product.url}/studio/agents/")
    await leila.locator(".s-agent h2 a").first.click()
    await leila.get_by_role("checkbox", name="Find an order Tells where").check()
    await leila.get_by_role("checkbox", name="Ask a person before “Find an order”").check()
    await leila.get_by_role("button", name="Put live").click()
    await expect(leila.get_by_text("Live. Customers get this from now on.")).to_be_visible()
    await leila.get_by_role("region", name="What may it do?").scroll_into_view_if_needed()
    found += await problems_now(leila, "studio-agent-tools")
    await leila.goto(f"{product.url}/studio/tools/")
    await expect(leila.get_by_text("Used by").first).to_be_visible()
    await leila.get_by_role("link", name="Find an order").click()
    await expect(leila.get_by_text("Forget the key in “X-Key”")).to_be_visible()
    assert "not-for-everybody" not in await leila.content()
    found += await problems_now(leila, "studio-tool")
    assert not found, "\n".join(found)


async def test_a_person_is_asked_first(scripted: Web, leila: Page, open_browser: Open) -> None:
    await leila.goto(f"{scripted.url}/studio/agents/")
    await leila.get_by_role("link", name="Mila").click()
    await leila.get_by_text("Fine-tune").click()
    await leila.get_by_label("Which AI answers?").select_option("Scripted, its best model")
    await leila.get_by_role("checkbox", name="Calculator Work out").check()
    await leila.get_by_role("checkbox", name="Ask a person before “Calculator”").check()
    await leila.get_by_role("button", name="Put live").click()
    await expect(leila.get_by_text("Live. Customers get this from now on.")).to_be_visible()
    customer = await open_browser()
    await customer.goto(scripted.url)
    await customer.get_by_role("button", name="Open chat").click()
    await ask(customer, "Please reckon")
    await expect(last_answer(customer)).to_contain_text("I have to ask a colleague about this.")
    await leila.goto(f"{scripted.url}/studio/conversations/")
    await leila.get_by_role("link", name="Visitor").filter(has_text="I have to ask a colleague").click()
    await expect(leila.get_by_text("The agent wants to use “Calculator”. May it?")).to_be_visible()
    found = await problems_now(leila, "studio-conversation-approval")
    await leila.get_by_role("button", name="Do not allow it").click()
    await expect(leila.get_by_text("“Calculator”: Not allowed.")).to_be_visible()
    assert not found, "\n".join(found)
