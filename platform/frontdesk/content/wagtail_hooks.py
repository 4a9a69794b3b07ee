"""What of Wagtail's menu leads somewhere here."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from wagtail import hooks
from wagtail.admin.views.pages import listing

SHOWN = {"explorer", "images", "documents"}


@hooks.register("construct_main_menu")
def only_pages_and_files(request: HttpRequest, items: list[Any]) -> None:
    """The rest of Wagtail's admin does not exist here (`cms`)."""
    items[:] = [item for item in items if item.name in SHOWN]


@hooks.register("construct_homepage_panels")
def no_panels(request: HttpRequest, panels: list[Any]) -> None:
    """Workflows and reports have no place here."""
    panels.clear()


# These filters of the list of pages offer every person and every site of the installation: other tenants' names.
for filters in (listing.PageFilterSet, listing.GenericPageFilterSet):
    for name in ("owner", "edited_by", "site"):
        filters.base_filters.pop(name, None)
