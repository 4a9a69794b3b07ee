"""Two tenants walk every page with an id in its address: what is Charlie's is 404 to Alice."""

import re
from collections.abc import Iterator

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, get_resolver

from tests.ground.foreign_rows import IN_STUDIO

# Parts of the site that this walk leaves to others, with the reason.
ELSEWHERE = {
    "api": "tests/architecture/test_tenancy_api.py",
    "ops": "operators see all workspaces",
    "wagtail": "tests/content walks Wagtail's admin, which has its own permissions",
    "site": "public pages: a public key is the credential",
    "hooks": "tests/channels/test_tenancy.py: the token of the address and a signature are the credential",
    "files": "tests/conversations/test_attachments.py: the signed address, which ends, is the credential",
}
# Addresses whose parameter names no row of a workspace, with the reason. May only shrink.
NOT_ROWS = {
    "studio/accent/<slug:slug>.css": "names an installed theme",
    "studio/join/<str:token>/": "the token is the credential",
    "studio/plugins/<slug:slug>/": "names an installed plugin",
    "studio/plugins/<slug:slug>/test/": "names an installed plugin",
    "studio/plugins/<slug:slug>/connect/": "names an installed plugin",
    "studio/plugins/<slug:slug>/turn-on/": "names an installed plugin",
    "studio/plugins/<slug:slug>/turn-off/": "names an installed plugin",
    "studio/plugins/<slug:slug>/change/": "names an installed plugin",
    "studio/tools/connect/<slug:source>/": "names a source of an installed plugin",
    "studio/channels/connect/<slug:kind>/": "names a kind of channel of an installed plugin",
    "studio/channels/rehearse/<slug:kind>/": "names a kind of channel of an installed plugin",
    "studio/settings/providers/new/<slug:slug>/": "names an installed provider",
    "studio/settings/providers/test/<slug:slug>/": "names an installed provider",
}


# Pages that are not there for a row without a file.
FILES = ("/file/",)


def patterns(resolver, prefix="", namespaces=()) -> Iterator[tuple[str, tuple[str, ...], URLPattern]]:
    for entry in resolver.url_patterns:
        address = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield address, namespaces, entry
        else:
            yield from patterns(entry, address, (*namespaces, entry.namespace) if entry.namespace else namespaces)


def studio_pages() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """(address, [(word before the parameter, the parameter as it stands there)]) of the Studio's own pages."""
    for address, namespaces, entry in patterns(get_resolver()):
        if "studio" in namespaces and entry.pattern.converters and address not in NOT_ROWS:
            yield address, re.findall(r"(\w+)/(<[^>]+>)", address)


def test_every_part_of_the_site_is_walked() -> None:
    known = {"studio", *ELSEWHERE}
    parts = {namespaces[0] for _address, namespaces, entry in patterns(get_resolver()) if namespaces and entry.pattern.converters}
    unknown = {part for part in parts if not part.startswith(tuple(known))}
    assert not unknown, "walk it here, or say in ELSEWHERE who does"


def test_every_id_in_an_address_is_known() -> None:
    unknown = {word for _address, parameters in studio_pages() for word, _parameter in parameters} - set(IN_STUDIO)
    assert not unknown, "register how to make such a row in tests/ground/foreign_rows.py"
    assert set(NOT_ROWS) <= {address for address, _namespaces, _entry in patterns(get_resolver())}


@pytest.mark.django_db(transaction=True)
def test_charlies_pages_are_not_found(alice, charlie, workspace, other_workspace) -> None:
    browsers = [Client(), Client()]
    for browser, user in zip(browsers, (alice, charlie), strict=True):
        browser.force_login(user, "frontdesk.workspaces.login.EmailOrUsernameBackend")
    wrong = []
    for address, parameters in studio_pages():
        path = "/" + address
        for word, parameter in parameters:
            path = path.replace(f"{word}/{parameter}", f"{word}/{IN_STUDIO[word](other_workspace)}")
        for_alice, for_charlie = (open_page(browser, path).status_code for browser in browsers)
        if for_alice != 404:
            wrong.append(f"{address} answers {for_alice} to Alice")
        if for_charlie == 404 and len(parameters) == 1 and not address.endswith(FILES):
            wrong.append(f"{address} is 404 to Charlie himself, so this test shows nothing")
    assert not wrong, "\n".join(wrong)


def open_page(browser, path) -> HttpResponse:
    """What only takes forms leads who looks at it elsewhere (303)."""
    response = browser.get(path)
    return browser.post(path) if response.status_code == 303 else response
