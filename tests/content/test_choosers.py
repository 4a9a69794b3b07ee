"""Putting a picture or a document into a text: one's own, of an allowed kind and size, and nobody else's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file_jpeg

from frontdesk.content.models import ArticlePage

from .test_tenancy import garage, page, signed_in  # noqa: F401  (fixtures)

pytestmark = pytest.mark.django_db


def cake() -> SimpleUploadedFile:
    picture = get_test_image_file_jpeg()
    picture.seek(0)
    return SimpleUploadedFile("cake.jpg", picture.read(), "image/jpeg")


def upload(client: Client, file: SimpleUploadedFile, kind: str = "image") -> Any:
    """Through the chooser, as its "Upload" tab does; gives the JSON that the editor gets."""
    prefix, space = (f"{kind}-chooser-upload", f"{kind}s")
    fields = {f"{prefix}-title": "Cake", f"{prefix}-file": file}
    return client.post(f"/cms/{space}/chooser/create/", fields)


def body(**embed: Any) -> str:
    """A text with one picture, as the editor sends it."""
    entity = {"type": "IMAGE", "mutability": "IMMUTABLE", "data": {"format": "fullwidth", "alt": "A cake", **embed}}
    ranges = [{"offset": 0, "length": 1, "key": 0}]
    blocks = [{"key": "a", "text": " ", "type": "atomic", "depth": 0, "inlineStyleRanges": [], "entityRanges": ranges}]
    return json.dumps({"blocks": blocks, "entityMap": {"0": entity}})


def write(client: Client, page: Any, text: str) -> Any:  # noqa: F811
    fields = {"title": "Our cakes", "slug": "cakes", "body": text, "action-publish": "1", "comments-TOTAL_FORMS": "0"}
    fields |= {"comments-INITIAL_FORMS": "0"}
    return client.post(f"/cms/pages/add/content/articlepage/{page.pk}/", fields)


def test_an_article_with_an_uploaded_picture_is_shown_to_everybody(page, alice, settings, tmp_path) -> None:  # noqa: F811
    settings.MEDIA_ROOT = tmp_path
    browser = signed_in(alice)
    assert upload(browser, cake()).json()["step"] == "chosen"
    picture = get_image_model().objects.get()
    assert picture.title in browser.get("/cms/images/chooser/").json()["html"]
    assert write(browser, page, body(id=picture.pk)).status_code == 302
    article = ArticlePage.objects.get(slug="cakes")
    shown = Client().get(f"/{page.slug}/{article.slug}/").content.decode()
    assert 'alt="A cake"' in shown
    rendition = picture.renditions.get(filter_spec="width-800")
    assert rendition.url in shown
    assert Path(tmp_path / rendition.file.name).exists()


def test_charlies_picture_is_not_offered_chosen_or_put_into_a_text(page, garage, alice) -> None:  # noqa: F811
    browser = signed_in(alice)
    assert "SecretPicture" not in json.dumps(browser.get("/cms/images/chooser/").json())
    for path in ("chosen/{}/", "{}/select_format/"):
        assert browser.get(f"/cms/images/chooser/{path.format(garage.picture.pk)}").status_code == 404
    answer = write(browser, page, body(id=garage.picture.pk))
    assert "is gone. Choose another" in answer.content.decode()
    assert not ArticlePage.objects.filter(slug="cakes").exists()


def test_charlies_document_is_not_offered_chosen_or_linked(page, garage, alice) -> None:  # noqa: F811
    browser = signed_in(alice)
    assert "SecretFile" not in json.dumps(browser.get("/cms/documents/chooser/").json())
    assert browser.get(f"/cms/documents/chooser/chosen/{garage.document.pk}/").status_code == 404
    entity = {"type": "DOCUMENT", "mutability": "MUTABLE", "data": {"id": garage.document.pk, "url": "/"}}
    ranges = [{"offset": 0, "length": 4, "key": 0}]
    blocks = [{"key": "a", "text": "List", "type": "unstyled", "depth": 0, "inlineStyleRanges": [], "entityRanges": ranges}]
    answer = write(browser, page, json.dumps({"blocks": blocks, "entityMap": {"0": entity}}))
    assert "is gone. Choose another" in answer.content.decode()


def test_uploads_go_into_ones_own_collection_also_when_another_is_named(page, garage, alice, settings, tmp_path) -> None:  # noqa: F811
    settings.MEDIA_ROOT = tmp_path
    prefix = "image-chooser-upload"
    fields = {f"{prefix}-title": "Cake", f"{prefix}-file": cake(), f"{prefix}-collection": garage.picture.collection_id}
    signed_in(alice).post("/cms/images/chooser/create/", fields)
    assert not get_image_model().objects.filter(title="Cake", collection=garage.picture.collection).exists()


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("virus.exe", b"MZ\x90", "image"),
        ("cake.png", b"this is no picture", "image"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "image"),
        ("page.html", b"<script>alert(1)</script>", "document"),
    ],
)
def test_other_kinds_of_files_are_refused(page, alice, name, content, kind) -> None:  # noqa: F811
    answer = upload(signed_in(alice), SimpleUploadedFile(name, content), kind).json()
    assert answer["step"] == "reshow_creation_form"
    assert not get_image_model().objects.exists()
    assert not get_document_model().objects.exists()


def test_large_documents_are_refused(page, alice) -> None:  # noqa: F811
    large = SimpleUploadedFile("list.txt", b"x" * (20 * 2**20 + 1))
    answer = upload(signed_in(alice), large, "document").json()
    assert "too big" in answer["htmlFragment"]


@pytest.mark.parametrize("path", ["images/chooser/chosen-multiple/?id=1", "tag-autocomplete/", "images/multiple/uploads/"])
def test_what_is_not_needed_does_not_exist(page, alice, path) -> None:  # noqa: F811
    assert signed_in(alice).get(f"/cms/{path}").status_code == 404
