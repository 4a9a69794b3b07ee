"""An owner connects a blog's feed, watches it being learned, refreshes it, and disconnects it again."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.async_api import Page, expect

from .looks import problems_now
from .product import Product

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]
FEED = "<rss version='2.0'><channel><title>Garage</title>{}</channel></rss>"
ITEM = (
    "<item><guid>{n}</guid><title>{title}</title><link>https://garage.example/{n}</link><description>{text}</description></item>"
)
POSTS = [
    ("Winter tyres", "Winter tyres are changed without an appointment in October, from eight to noon."),
    ("Oil", "A change of oil costs 89 euros."),
    ("Lost keys", "Lost keys are kept at the desk for a year."),
]


class Blog(ThreadingHTTPServer):
    """Serves its posts as a feed."""

    def __init__(self, port: int) -> None:
        self.posts = list(POSTS)
        super().__init__(("127.0.0.1", port), _Answers)


class _Answers(BaseHTTPRequestHandler):
    server: Blog

    def do_GET(self) -> None:
        items = "".join(ITEM.format(n=title.replace(" ", "-"), title=title, text=text) for title, text in self.server.posts)
        body = FEED.format(items).encode()
        self.send_response(200 if self.path == "/feed" else 404)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Not on the test's output."""


@pytest.fixture
def blog(product: Product) -> Iterator[Blog]:
    with Blog(product.neighbour) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


async def test_a_feed_from_its_address_to_an_answer_and_away(leila: Page, product: Product, blog: Blog) -> None:
    found = []
    await leila.goto(f"{product.url}/studio/knowledge/new/")
    await leila.get_by_label("What is it about?").fill("The garage next door")
    await leila.get_by_role("main").get_by_role("button").first.click()
    await leila.get_by_role("link", name="Places", exact=True).click()
    await expect(leila.get_by_role("heading", name="Connect a place")).to_be_visible()
    await leila.wait_for_load_state()
    found += await problems_now(leila, "studio-places-none")
    await leila.get_by_role("link", name="Blog or news feed").click()
    await expect(leila.get_by_label("Address of the feed")).to_be_visible()
    await leila.wait_for_load_state()
    await leila.get_by_label("Address of the feed").fill(f"http://127.0.0.1:{product.neighbour}/nothing")
    await leila.get_by_role("button", name="Test", exact=True).click()
    await expect(leila.locator("#tested")).to_contain_text("There is nothing at this address")
    await leila.get_by_label("Address of the feed").fill(f"http://127.0.0.1:{product.neighbour}/feed")
    await leila.get_by_role("button", name="Test", exact=True).click()
    await expect(leila.locator("#tested")).to_contain_text("Winter tyres")
    found += await problems_now(leila, "studio-place-tested")
    await leila.get_by_label("What do you call it?").fill("The garage’s blog")
    await leila.get_by_role("button", name="Connect", exact=True).click()
    await expect(leila.get_by_text("Up to date")).to_be_visible()
    await expect(leila.get_by_text("3 new, 0 changed, 0 gone")).to_be_visible()
    await expect(leila.get_by_role("link", name="Lost keys")).to_be_visible()
    await leila.wait_for_load_state()
    found += await problems_now(leila, "studio-place")

    blog.posts[1] = ("Oil", "A change of oil costs 95 euros.")
    blog.posts.append(("Brakes", "Brakes are checked in half an hour."))
    await leila.get_by_role("button", name="Refresh now").click()
    await expect(leila.get_by_text("1 new, 1 changed, 0 gone")).to_be_visible()
    await leila.get_by_role("link", name="The garage next door").first.click()
    await expect(leila.get_by_text("4 things learned")).to_be_visible()
    await leila.wait_for_load_state()
    found += await problems_now(leila, "studio-places")
    await leila.get_by_role("link", name="Ask it", exact=True).click()
    await (
        leila.get_by_role("main")
        .get_by_role("searchbox")
        .or_(leila.get_by_role("main").get_by_role("textbox"))
        .first.fill("What does oil cost?")
    )
    await leila.keyboard.press("Enter")
    await expect(leila.get_by_text("95 euros").first).to_be_visible()

    await leila.get_by_role("link", name="Places", exact=True).click()
    await leila.get_by_role("link", name="The garage’s blog").click()
    await leila.locator("summary", has_text="Disconnect").click()
    await leila.get_by_label(re.compile("^Delete it")).check()
    found += await problems_now(leila, "studio-place-disconnect")
    await leila.get_by_role("button", name="Disconnect", exact=True).click()
    await expect(leila.get_by_text("is disconnected. What was learned there is deleted")).to_be_visible()
    assert not found, "\n".join(found)
