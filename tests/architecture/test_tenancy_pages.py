"""Two tenants walk every page with an id in its address: what is Charlie's is 404 to Alice."""

import pytest
from django.urls import URLPattern, get_resolver

from tests.ground.foreign_rows import IN_STUDIO

# Parts of the site that this walk leaves to others, with the reason.
ELSEWHERE = {
    "api": "tests/architecture/test_tenancy_api.py",
    "ops": "operators see all workspaces",
    "wagtail": "tests/content walks Wagtail's admin, which has its own permissions",
    "site": "public pages: a public key is the credential",
}
# Addresses whose parameter names no row of a workspace, with the reason. May only shrink.
NOT_ROWS = {"studio/join/<str:token>/": "the token is the credential"}


def patterns(resolver, prefix="", namespaces=()):
    for entry in resolver.url_patterns:
        address = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield address, namespaces, entry
        else:
            yield from patterns(entry, address, (*namespaces, entry.namespace) if entry.namespace else namespaces)


def studio_pages():
    """(address, its parameters) of the Studio's own pages."""
    for address, namespaces, entry in patterns(get_resolver()):
        names = list(entry.pattern.converters)
        if "studio" in namespaces and names and address not in NOT_ROWS:
            yield address, names


def folder_of(address):
    return address.split("/")[1]


def test_every_part_of_the_site_is_walked():
    known = {"studio", *ELSEWHERE}
    parts = {namespaces[0] for _address, namespaces, entry in patterns(get_resolver()) if namespaces and entry.pattern.converters}
    unknown = {part for part in parts if not part.startswith(tuple(known))}
    assert not unknown, "walk it here, or say in ELSEWHERE who does"


def test_every_id_in_an_address_is_known():
    unknown = {(folder_of(address), name) for address, names in studio_pages() for name in names} - set(IN_STUDIO)
    assert not unknown, "register how to make such a row in tests/ground/foreign_rows.py"
    assert set(NOT_ROWS) <= {address for address, _namespaces, _entry in patterns(get_resolver())}


@pytest.mark.django_db(transaction=True)
def test_charlies_pages_are_not_found(client, alice, workspace, other_workspace):
    client.force_login(alice, "frontdesk.workspaces.login.EmailOrUsernameBackend")
    wrong = []
    for address, names in studio_pages():
        path = "/" + address
        for name in names:
            value = IN_STUDIO[(folder_of(address), name)](other_workspace)
            for kind in ("uuid", "int", "str", "slug"):
                path = path.replace(f"<{kind}:{name}>", value)
        response = client.get(path)
        if response.status_code == 405:
            response = client.post(path)
        if response.status_code != 404:
            wrong.append(f"{address} answers {response.status_code}")
    assert not wrong, "\n".join(wrong)
