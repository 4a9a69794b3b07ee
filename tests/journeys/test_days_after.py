"""What owners do on the days after: take a deletion back, write an article with a picture, watch customers come in."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from PIL import Image
from playwright.async_api import Page, expect

from .conftest import Open
from .desk import ask
from .product import Product

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]


def picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", (640, 400), (196, 132, 60)).save(file, "PNG")
    return file.getvalue()


async def test_what_was_deleted_by_mistake_comes_back(leila: Page, product: Product) -> None:
    await leila.goto(f"{product.url}/studio/knowledge/")
    await leila.get_by_role("link", name="Café knowledge").click()
    row = leila.get_by_role("listitem").filter(has=leila.get_by_role("link", name="guest-guide.docx"))
    await row.get_by_label("More for guest-guide.docx").click()
    await row.get_by_role("button", name="Delete").click()
    await leila.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(row).to_have_count(0)
    await leila.get_by_role("button", name="Undo").click()
    await expect(row).to_contain_text("Ready")

    await leila.get_by_role("link", name="Fine-tune").click()
    await leila.wait_for_url("**/fine-tune/")
    await leila.get_by_role("button", name="Delete").click()
    await leila.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(leila.get_by_role("heading", name="Recently deleted")).to_be_visible()
    await expect(leila.get_by_role("listitem").filter(has_text="Café knowledge")).to_contain_text("Deleted by Leila")
    await leila.get_by_role("button", name="Bring back Café knowledge").click()
    await expect(leila.get_by_role("link", name="guest-guide.docx")).to_be_visible()
    await leila.get_by_role("link", name="Ask it").click()
    await leila.get_by_role("searchbox").fill("Do you deliver?")
    await leila.get_by_role("searchbox").press("Enter")
    await expect(leila.locator(".k-found")).to_contain_text("Delivery costs")


async def test_an_article_with_a_picture(leila: Page, product: Product, open_browser: Open) -> None:
    await leila.goto(f"{product.url}/cms/api/main/pages/?type=content.BusinessPage&format=json")
    pages = (await (await leila.request.get(leila.url)).json())["items"]
    business = next(each for each in pages if each["meta"]["type"] == "content.BusinessPage")
    await leila.goto(f"{product.url}/cms/pages/add/content/articlepage/{business['id']}/")
    await leila.locator("#id_title").fill("Our cakes")
    text = leila.locator(".public-DraftEditor-content").first
    await text.click()
    await leila.keyboard.type("Baked every morning.")
    await leila.keyboard.press("Enter")
    await leila.keyboard.type("/image")
    await expect(leila.get_by_role("option", name="Image")).to_be_visible()
    await leila.keyboard.press("Enter")
    chooser = leila.locator(".modal-content")
    await chooser.get_by_role("tab", name="Upload").click()
    file = {"name": "cake.png", "mimeType": "image/png", "buffer": picture()}
    await chooser.locator("input[type=file]").set_input_files(file)
    await chooser.get_by_label("Title").fill("A cake")
    await chooser.get_by_role("button", name="Upload").click()
    await chooser.get_by_label("Full width").check()
    await chooser.get_by_role("button", name="Insert image").click()
    await expect(chooser).to_be_hidden()
    # The editor writes what it holds into the form a moment later.
    await expect(leila.locator("[name=body]")).to_have_value(re.compile("IMAGE"))
    await leila.get_by_role("button", name="More actions").click()
    await leila.get_by_role("button", name="Publish").click()
    await expect(leila.get_by_text("“Our cakes”").or_(leila.get_by_text("Page 'Our cakes'"))).to_be_visible()

    customer = await open_browser()
    await customer.goto(f"{product.url}/{business['meta']['slug']}/our-cakes/")
    await expect(customer.get_by_role("heading", level=1)).to_have_text("Our cakes")
    shown = customer.get_by_role("img", name="A cake")
    await expect(shown).to_be_visible()
    assert await shown.evaluate("image => image.naturalWidth") == 640


async def test_customers_come_in_without_a_reload(leila: Page, product: Product, open_browser: Open) -> None:
    await leila.goto(f"{product.url}/studio/conversations/")
    newest = leila.locator("#rows > li").first
    before = str(await newest.get_attribute("id"))
    customer = await open_browser()
    await customer.goto(product.url)
    await customer.get_by_role("button", name="Open chat").click()
    await ask(customer, "Is the terrace heated in winter?")
    await expect(newest).not_to_have_id(before)
    await newest.get_by_role("link").click()
    thread = leila.get_by_role("list", name="What was said").locator(".s-bubble")
    await expect(thread).to_have_count(2)
    await ask(customer, "Which cakes are vegan?")
    await expect(thread).to_have_count(4)
    await leila.get_by_label("Your answer to the customer").fill("I bake them myself.")
    await leila.get_by_role("button", name="Send").click()
    await expect(thread).to_have_count(5)
    await expect(customer.locator("frontdesk-chat .items")).to_contain_text("I bake them myself.")
