"""The main job: an owner drops a document, tries an agent before saving, puts it live, and a customer asks it."""

from __future__ import annotations

import base64
import re
from io import BytesIO
from typing import Any

import pytest
from playwright.async_api import Page, expect
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from tests.ground.live import Web

from .conftest import Open
from .desk import ask, last_answer, let_the_script_speak, sign_in, try_question
from .product import LINES, POEM, Product

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]

FACTS = [
    "Renting the roof terrace",
    "The roof terrace has room for forty guests.",
    "Renting the roof terrace costs 180 euro for an evening.",
]
QUESTION = "What does it cost to rent the roof terrace?"


def pdf(lines: list[str]) -> bytes:
    file = BytesIO()
    canvas = Canvas(file, pagesize=A4)
    for number, line in enumerate(lines):
        canvas.drawString(72, 760 - 24 * number, line)
    canvas.save()
    return file.getvalue()


async def drop(page: Page, name: str, content: bytes) -> None:
    """Let go of a file over the page, as from the desktop."""
    await page.wait_for_load_state()  # no hand is quicker than the page's script
    transfer = await page.evaluate_handle(
        """([name, content]) => {
            const transfer = new DataTransfer();
            const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
            transfer.items.add(new File([bytes], name, { type: "application/pdf" }));
            return transfer;
        }""",
        [name, base64.b64encode(content).decode()],
    )
    for kind in ("dragover", "drop"):
        await page.dispatch_event("main", kind, {"dataTransfer": transfer, "bubbles": True, "cancelable": True})


async def test_from_a_document_to_a_customers_answer(page: Page, product: Product, open_browser: Open) -> None:
    await sign_in(page, product)
    await teach(page)
    await try_before_saving(page)
    await page.get_by_role("button", name="Put live").click()
    await expect(page.get_by_text("Live. Customers get this from now on.")).to_be_visible()

    customer = await open_browser()
    await customer.goto(product.url)
    await expect(customer.get_by_role("heading", level=1)).to_have_text("Coffee at the old lighthouse")
    await customer.get_by_role("button", name="Open chat").click()
    await expect(customer.get_by_role("dialog")).to_contain_text("Hello from the roof!")
    await ask(customer, QUESTION)
    await expect(last_answer(customer)).to_contain_text("180 euro")
    await last_answer(customer).get_by_role("button", name=re.compile("^Sources")).click()
    await expect(last_answer(customer)).to_contain_text("Roof terrace.pdf")


async def teach(page: Page) -> None:
    """A new base learns a dropped PDF."""
    await page.get_by_role("link", name="Knowledge", exact=True).click()
    await page.get_by_role("link", name="New knowledge").click()
    await page.get_by_label("What is it about?").fill("Roof terrace")
    await page.get_by_role("button", name="Go on and add files").click()
    await expect(page.get_by_text("Drop files or folders here")).to_be_visible()
    await drop(page, "Roof terrace.pdf", pdf(FACTS))
    row = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="Roof terrace.pdf"))
    await expect(row.get_by_text(re.compile("^(Learning…|Ready)$"))).to_be_visible()
    await expect(row.get_by_text("Ready", exact=True)).to_be_visible()
    await expect(row).to_contain_text("1 page")


async def try_before_saving(page: Page) -> None:
    """The agent knows the document as soon as it is ticked; what customers get is as it was."""
    await page.get_by_role("link", name="Agents", exact=True).first.click()
    await page.get_by_role("link", name="Mila").click()
    await page.wait_for_url(re.compile(r"/studio/agents/[0-9a-f-]{36}/$"))  # with its scripts
    await page.get_by_label("Greeting").fill("Hello from the roof!")
    await page.get_by_role("checkbox", name="Roof terrace").check()
    await expect(page.get_by_text("Unsaved changes")).to_be_visible()
    await expect(page.locator("#trial [data-welcome]").first).to_have_text("Hello from the roof!")
    answer = await try_question(page, QUESTION)
    await expect(answer).to_contain_text("180 euro")
    await expect(answer.get_by_role("list", name="Where this comes from")).to_contain_text("Roof terrace.pdf")
    await answer.get_by_text("Why this answer?").click()
    await expect(answer.get_by_text("Checks", exact=True)).to_be_visible()
    await expect(answer.get_by_role("link", name="Roof terrace.pdf")).to_be_visible()
    await expect(answer.get_by_text("It cost nothing.")).to_be_visible()
    await expect(page.get_by_text("Unsaved changes")).to_be_visible()


async def test_a_reload_in_the_middle_of_an_answer(scripted: Web, leila: Page, open_browser: Open) -> None:
    await let_the_script_speak(leila, scripted)
    customer = await open_browser()
    await customer.goto(scripted.url)
    await customer.get_by_role("button", name="Open chat").click()
    await ask(customer, "Please recite")
    await expect(last_answer(customer)).to_contain_text(LINES[4])
    await customer.reload()
    await expect(customer.locator("frontdesk-chat .streaming")).to_contain_text(LINES[0])
    said = customer.locator("frontdesk-chat .items .item .body")
    await expect(said).to_have_text(["Please recite", POEM])

    await ask(customer, "Now hold on")
    await expect(last_answer(customer)).to_contain_text("One moment")
    await customer.get_by_role("button", name="Stop").click()
    await expect(last_answer(customer)).to_contain_text("Stopped")

    await ask(customer, "Thank you")
    await expect(last_answer(customer)).to_contain_text("You are welcome.")
    await last_answer(customer).get_by_role("button", name="Helpful", exact=True).click()
    await expect(last_answer(customer).get_by_role("button", name="Helpful", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    await the_owner_reads_it(leila)


async def the_owner_reads_it(page: Page) -> None:
    """What the customer said and saw, and the rating, stand in the Studio."""
    await page.get_by_role("link", name="Conversations").click()
    await page.get_by_role("link", name="Visitor").filter(has_text="You are welcome.").first.click()
    thread: Any = page.get_by_role("list", name="What was said")
    await expect(thread.locator(".s-bubble")).to_have_text(
        ["Please recite", POEM, "Now hold on", "One moment", "Thank you", "You are welcome."]
    )
    await expect(thread.get_by_role("listitem").last).to_contain_text("Helpful")
