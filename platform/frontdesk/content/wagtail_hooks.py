"""What of Wagtail's menu leads somewhere here."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from wagtail import hooks
from wagtail.admin import filters
from wagtail.admin.views.pages import listing
from wagtail.documents.models import AbstractDocument
from wagtail.images.views import chooser
from wagtail.models import PageQuerySet

from frontdesk.core.errors import FrontdeskError

from .cms import own_pages

SHOWN = {"explorer", "images", "documents"}


@hooks.register("construct_main_menu")
def only_pages_and_files(request: HttpRequest, items: list[Any]) -> None:
    """The rest of Wagtail's admin does not exist here (`cms`)."""
    items[:] = [item for item in items if item.name in SHOWN]


@hooks.register("construct_homepage_panels")
def no_panels(request: HttpRequest, panels: list[Any]) -> None:
    """Workflows and reports have no place here."""
    panels.clear()


@hooks.register("construct_page_chooser_queryset")
def only_own_pages(pages: PageQuerySet, request: HttpRequest) -> PageQuerySet:
    """A link may lead to any address, but only one's own pages are offered."""
    return pages.filter(pk__in=own_pages(request.user).values("pk"))


@hooks.register("before_serve_document")
def document_that_can_be_read(document: AbstractDocument, request: HttpRequest) -> HttpResponse | None:
    """Where its file is gone the document is, too; where the storage cannot be reached, that is said."""
    try:
        document.file.open()
    except FileNotFoundError as error:
        raise Http404 from error
    except FrontdeskError as error:
        return HttpResponse(error.message, status=error.status, content_type="text/plain; charset=utf-8")
    return None


def no_tags(model: type[Any], count: int = 10) -> list[Any]:
    """Tags are shared by the whole installation: the popular ones are other tenants' words."""
    return []


filters.popular_tags_for_model = chooser.popular_tags_for_model = no_tags

# These filters of the list of pages offer every person and every site of the installation: other tenants' names.
for of_pages in (listing.PageFilterSet, listing.GenericPageFilterSet):
    for name in ("owner", "edited_by", "site"):
        of_pages.base_filters.pop(name, None)
