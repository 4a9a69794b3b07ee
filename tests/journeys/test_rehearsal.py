"""Two windows: in one a customer writes on a phone, in the other a person answers; between them the real thing, in processes of
its own with a model that plays a script.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from django.conf import settings
from playwright.async_api import Browser, Locator, Page, expect

from frontdesk.core import engines
from tests.ground.live import Process, Web, environment
from tests.ground.migrated import time_stands_still

from .conftest import PATIENCE, database_beside
from .desk import sign_in
from .product import LINES, SCRIPT
from .test_first_answer import let_the_script_speak

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]


class Theatre:
    """Web and worker on a database of their own, with the demo café. `demo` is what `make demo-info` tells."""

    def __init__(self, folder: Path, database: str) -> None:
        script = folder / "played.json"
        script.write_text(json.dumps(SCRIPT))
        data = folder / "data"
        data.mkdir()
        own = {"DATABASE_URL": database, "REDIS_URL": engines.redis_url(), "FRONTDESK_DATA": str(data)}
        variables = {**environment(folder, **own), "FRONTDESK_SCRIPT": str(script)}
        for command in ("migrate", "load_demo"):
            ran = subprocess.run([sys.executable, "manage.py", command], cwd=settings.ROOT, env=variables, capture_output=True)
            assert ran.returncode == 0, ran.stderr.decode()
        self.demo = json.loads((data / "demo.json").read_text())
        self.worker = Process("worker", folder, variables)
        self.web = Web(folder, variables)
        self.url = self.web.url

    def close(self) -> None:
        self.web.stop()
        self.worker.stop()
        # Shown when the test fails.
        print(self.web.said(), self.worker.said(), sep="\n")


@pytest.fixture
def theatre(engines_up: None, migrated_template: str, tmp_path: Path) -> Iterator[Theatre]:
    with database_beside(f"test_theatre_{os.getpid()}", migrated_template) as database:
        with time_stands_still():
            made = Theatre(tmp_path, database)
        yield made
        made.close()


@pytest_asyncio.fixture(loop_scope="session")
async def windows(browser: Browser, theatre: Theatre) -> AsyncIterator[tuple[Page, Page]]:
    """The customer's and the operator's, both signed in as Leila. While the web is down, their pages may complain."""
    context = await browser.new_context(viewport={"width": 1366, "height": 860}, locale="en-US", reduced_motion="reduce")
    context.set_default_timeout(PATIENCE)
    operator = await context.new_page()
    await sign_in(operator, theatre)  # type: ignore[arg-type]  (a product, as far as signing in goes)
    await let_the_script_speak(operator, theatre.web)
    yield await context.new_page(), operator
    await context.close()


def bubbles(phone: Page, who: str) -> Locator:
    """What stands on the phone, without times and ticks."""
    return phone.get_by_role("article", name=who).locator(".r-text")


async def write(phone: Page, text: str) -> None:
    box = phone.get_by_label("Write as the customer")
    await box.fill(text)
    await box.press("Enter")


async def begin(phone: Page, theatre: Theatre) -> None:
    """Somebody new in the demo's rehearsal."""
    await phone.goto(f"{theatre.url}/studio/channels/")
    await phone.get_by_role("link", name="Telegram (rehearsal)").click()
    await phone.get_by_role("link", name="Go to the rehearsal").click()
    await phone.get_by_label("Somebody else").fill("Karim")
    await phone.get_by_role("button", name="Be them").click()
    await expect(phone.get_by_text("Write the first message, as a customer would.")).to_be_visible()


async def test_a_customer_and_a_person_in_two_windows(windows: tuple[Page, Page], theatre: Theatre) -> None:
    phone, operator = windows
    ours, theirs = bubbles(phone, "The business"), bubbles(phone, "The customer")
    await begin(phone, theatre)

    await write(phone, "Thank you for yesterday")
    await expect(ours).to_have_text(["You are welcome."])
    await expect(phone.get_by_role("img", name="taken")).to_have_count(1)

    where = await phone.get_by_role("link", name="Open this conversation").get_attribute("href")
    await operator.goto(f"{theatre.url}{where}")
    thread = operator.get_by_role("list", name="What was said")
    await expect(thread.get_by_text("Thank you for yesterday")).to_be_visible()

    await write(phone, "Please narrate")
    await expect(operator.get_by_text(LINES[2]).last).to_be_visible()
    await operator.get_by_role("button", name="Take over").click()
    await expect(operator.get_by_text("A person answers").first).to_be_visible()
    await answer(operator, "Leila here. Shall I read it to you?")
    await expect(ours).to_have_text(["You are welcome.", "Leila here. Shall I read it to you?"])

    theatre.web.stop()
    theatre.web.start()
    await write_until_taken(phone, "Yes, please")
    await expect(thread.get_by_text("Yes, please")).to_have_count(1)
    await answer(operator, "Gladly.")
    said = ["You are welcome.", "Leila here. Shall I read it to you?", "Gladly."]
    await expect(ours).to_have_text(said)
    await expect(theirs).to_have_text(["Thank you for yesterday", "Please narrate", "Yes, please"])
    await expect(phone.get_by_role("img", name="taken")).to_have_count(3)

    await phone.reload()
    await expect(ours).to_have_text(said)
    await operator.reload()
    for text in (*said, "Thank you for yesterday", "Please narrate", "Yes, please"):
        await expect(operator.get_by_role("list", name="What was said").get_by_text(text, exact=True)).to_have_count(1)


async def answer(operator: Page, text: str) -> None:
    box = operator.get_by_role("textbox", name="Your answer to the customer")
    await box.fill(text)
    await operator.get_by_role("button", name="Send", exact=True).click()
    await expect(box).to_have_value("")


async def write_until_taken(phone: Page, text: str) -> None:
    """The page goes on by itself after the restart; what it could not send stays in the box."""
    await write(phone, text)
    await expect(phone.get_by_label("Write as the customer")).to_have_value("")
