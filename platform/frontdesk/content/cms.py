"""Wagtail's admin, limited to what an owner of pages needs: an allow-list of its addresses. The rest does not exist."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from csp.constants import SELF, UNSAFE_INLINE
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import PageQuerySet
from wagtail.permission_policies.pages import PagePermissionPolicy
from wagtail.permissions import policy_registry

from frontdesk.core.middleware import ResponseMiddleware
from frontdesk.workspaces.models import User

PREFIX = "/cms/"
page_permission_policy = PagePermissionPolicy()
NAMESPACES = {
    ("wagtailadmin_pages",),
    ("wagtailimages",),
    ("wagtaildocs",),
    # Says who else has a page open, to those who may edit it.
    ("wagtailadmin_editing_sessions",),
    # Not the images' and documents': they list those of all tenants.
    ("wagtailadmin_api", "pages"),
}
NAMES = {
    "wagtailadmin_home",
    "wagtailadmin_explore_root",
    "wagtailadmin_explore",
    "wagtailadmin_explore_results",
    "wagtailadmin_choose_page",
    "wagtailadmin_choose_page_child",
    "wagtailadmin_choose_page_search",
    "wagtailadmin_choose_page_external_link",
    "wagtailadmin_choose_page_email_link",
    "wagtailadmin_choose_page_phone_link",
    "wagtailadmin_choose_page_anchor_link",
    "wagtailadmin_account",
    "wagtailadmin_dismissibles",
    "wagtailadmin_sprite",
    "wagtailadmin_javascript_catalog",
    "wagtailadmin_logout",
}
# Choosing a picture or a document for a text, and uploading one on the way.
CHOOSERS = {("wagtailimages_chooser",), ("wagtaildocs_chooser",)}
CHOOSER_NAMES = {"choose", "choose_results", "chosen", "create", "select_format"}
# How Wagtail's addresses name a file.
IMAGE_ARGUMENTS = {"wagtailimages_chooser": {"pk", "image_id"}, "wagtailimages": {"image_id"}}
DOCUMENT_ARGUMENTS = {"wagtaildocs_chooser": {"pk"}, "wagtaildocs": {"document_id"}}
# How Wagtail's addresses name a page.
PAGE_ARGUMENTS = {"page_id", "parent_page_id", "parent_id", "page_to_move_id", "page_to_copy_id", "destination_id", "pk"}
# Wagtail writes inline scripts and styles of its own; nothing is loaded from elsewhere.
POLICY = {"script-src": [SELF, UNSAFE_INLINE], "style-src": [SELF, UNSAFE_INLINE], "frame-src": [SELF], "frame-ancestors": [SELF]}


class CmsAllowList(ResponseMiddleware):
    """Middleware: an address of Wagtail's admin that is not on the list is not found."""

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        if not allowed(request.path_info):
            raise Http404
        return super().__call__(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], arguments: list[Any], named: dict[str, Any]
    ) -> HttpResponse | None:
        """A page of somebody else does not exist, wherever in an address it is named. Wagtail itself shows all when choosing."""
        match = request.resolver_match
        if not request.path_info.startswith(PREFIX) or match is None or not request.user.is_authenticated:
            return None
        wanted = {int(value) for name, value in named.items() if name in PAGE_ARGUMENTS}
        about_pages = match.url_name in NAMES or "wagtailadmin_pages" in match.namespaces or "pages" in match.namespaces
        if wanted and about_pages and own_pages(request.user).filter(pk__in=wanted).count() != len(wanted):
            raise Http404
        for arguments, own in ((IMAGE_ARGUMENTS, own_images), (DOCUMENT_ARGUMENTS, own_documents)):
            names = arguments.get(match.namespace, set())
            for value in (str(value) for name, value in named.items() if name in names):
                if not (value.isdecimal() and own(request.user).filter(pk=value).exists()):
                    raise Http404
        return None

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        return with_policy(response)


def allowed(path: str) -> bool:
    """Whether this address of the CMS exists here."""
    try:
        match = resolve(path)
    except Resolver404:
        return False
    space = tuple(match.namespaces)
    return match.url_name in NAMES or space in NAMESPACES or (space in CHOOSERS and match.url_name in CHOOSER_NAMES)


def own_pages(user: User) -> PageQuerySet:
    """The pages that somebody may edit, and those above them."""
    return page_permission_policy.explorable_instances(user)


def own_images(user: User) -> QuerySet[Any]:
    """The pictures that somebody may put into a page."""
    return policy_registry.get_by_type(get_image_model()).instances_user_has_any_permission_for(user, ["choose", "change"])


def own_documents(user: User) -> QuerySet[Any]:
    """The documents that somebody may put into a page."""
    return policy_registry.get_by_type(get_document_model()).instances_user_has_any_permission_for(user, ["choose", "change"])


def with_policy(response: HttpResponse) -> HttpResponse:
    response._csp_replace = POLICY
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response
