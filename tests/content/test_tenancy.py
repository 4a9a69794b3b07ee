"""Two tenants in Wagtail's admin: Alice walks every address there is, with Charlie's ids in it, and reads nothing of his."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import get_resolver
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Collection

from frontdesk.content import actions
from frontdesk.content.cms import allowed
from frontdesk.content.models import ArticlePage
from frontdesk.core.scoping import scope
from frontdesk.workspaces import actions as workspaces
from frontdesk.workspaces.models import Membership, Role
from tests.architecture.test_tenancy_pages import patterns

pytestmark = pytest.mark.django_db
SECRETS = ("SecretGarage", "SecretArticle", "SecretFile", "SecretPicture", "SecretTag", "charlie@")


@pytest.fixture
def page(owner: Any, in_workspace: Any) -> Any:
    return actions.open_public_page(owner, title="Café")


@pytest.fixture
def garage(stranger: Any, settings: Any, tmp_path: Any) -> SimpleNamespace:
    """Charlie's page, an article under it, and a file and a picture beside it."""
    settings.MEDIA_ROOT = tmp_path
    with scope(workspace=stranger.workspace):
        home = actions.open_public_page(stranger, title="SecretGarage")
    article = home.add_child(instance=ArticlePage(title="SecretArticle", slug="beans"))
    article.save_revision()
    collection = Collection.objects.get(name__contains=stranger.workspace.uuid.hex[:6])
    file = ContentFile(b"words", name="words.txt")
    document = get_document_model().objects.create(title="SecretFile", collection=collection, file=file)
    picture = get_image_model().objects.create(title="SecretPicture", collection=collection, file=get_test_image_file())
    for tagged in (document, picture):
        tagged.tags.add("SecretTag")
    return SimpleNamespace(home=home, article=article, document=document, picture=picture)


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def addresses(page: Any, garage: SimpleNamespace) -> Iterator[str]:
    """Every address of the admin that exists here; numbers in it are those of Charlie's rows."""
    numbers = {"document_id": garage.document.pk, "parent_page_id": garage.home.pk, "destination_id": page.pk}
    numbers["image_id"] = garage.picture.pk
    words = {"content_type_app_name": "content", "content_type_model_name": "articlepage", "width": "50"}
    for address, _namespaces, _entry in patterns(get_resolver()):
        path = "/" + re.sub(r"[\^$]|\\Z", "", address)
        for name in re.findall(r"<(?:\w+:)?(\w+)>", path):
            if "chooser" in path and name == "pk":
                value = str((garage.picture if "/images/" in path else garage.document).pk)
                path = path.replace("<str:pk>", value)
            value = words.get(name) or numbers.get(
                name, garage.article.latest_revision_id if "revision" in name else garage.article.pk
            )
            path = re.sub(rf"<(?:\w+:)?{name}>", str(value), path)
        path = re.sub(r"\([^)]*\)", "1", path)
        if path.startswith("/cms/") and "logout" not in path and allowed(path):
            yield path


def test_alice_reads_nothing_of_charlies(page, garage, alice) -> None:
    browser = signed_in(alice)
    walked = sorted(set(addresses(page, garage)))
    assert len(walked) > 30, "the walk has lost its way"
    shown = []
    for path in walked:
        text = browser.get(path, {"q": "Secret"}, follow=True).content.decode(errors="replace")
        shown += [f"{path} shows {secret}" for secret in SECRETS if secret in text]
    assert not shown, "\n".join(shown)


@pytest.mark.parametrize("path", ["/cms/pages/{}/edit/", "/cms/choose-page/{}/", "/cms/api/main/pages/{}/"])
def test_what_is_closed_to_alice_is_open_to_charlie(path, page, garage, alice, charlie) -> None:
    address = path.format(garage.home.pk)
    assert signed_in(alice).get(address).status_code == 404
    assert "SecretGarage" in signed_in(charlie).get(address).content.decode()


def test_who_has_a_page_open_is_told_to_its_editors_only(page, garage, alice, charlie) -> None:
    path = f"/cms/editing-sessions/ping/wagtailcore/page/{garage.article.pk}/1/"
    assert signed_in(alice).post(path).status_code == 404
    assert signed_in(charlie).post(path).status_code == 200


def test_files_of_others_are_not_listed(page, garage, charlie) -> None:
    """By Wagtail's own API; its lists of files show those of one's own collection."""
    for kind in ("images", "documents"):
        assert signed_in(charlie).get(f"/cms/api/main/{kind}/").status_code == 404
    assert "SecretFile" in signed_in(charlie).get("/cms/documents/").content.decode()


def test_the_only_door_counts_attempts(page, alice) -> None:
    assert Client().get("/cms/login/").status_code == 404
    assert Client().post("/cms/login/", {"username": "alice@example.org", "password": "guess"}).status_code == 404
    assert Client().get("/cms/")["Location"].startswith("/studio/")


def test_passwords_and_addresses_are_not_changed_here(page, alice) -> None:
    form = signed_in(alice).get("/cms/account/").content.decode()
    assert 'type="password"' not in form and 'type="email"' not in form


def test_who_leaves_the_team_leaves_the_pages(page, owner, bob, in_workspace) -> None:
    actions.let_edit(bob, page)
    edit = f"/cms/pages/{page.pk}/edit/"
    assert signed_in(bob).get(edit).status_code == 200
    workspaces.remove_member(owner, Membership.objects.get(user=bob))
    assert signed_in(bob).get(edit).status_code != 200


@pytest.mark.parametrize(("role", "may"), [(Role.EDITOR, True), (Role.TEAMMATE, False), (Role.VIEWER, False)])
def test_who_may_not_edit_pages_any_more_leaves_them(role, may, page, owner, bob, in_workspace) -> None:
    actions.let_edit(bob, page)
    workspaces.change_role(owner, Membership.objects.get(user=bob), role)
    assert (signed_in(bob).get(f"/cms/pages/{page.pk}/edit/").status_code == 200) is may
