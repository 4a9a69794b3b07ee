"""Public pages of a workspace, edited in Wagtail."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page

from frontdesk.workspaces.models import Workspace

from .forms import OwnFilesForm

FEATURES = ["h2", "h3", "bold", "italic", "ul", "ol", "link", "document-link", "image", "hr"]


class FrontPage(Page):
    """What the bare address shows: the only business that has a page here, else the way to the Studio."""

    max_count = 1
    parent_page_types: ClassVar[list[str]] = ["wagtailcore.Page"]
    subpage_types: ClassVar[list[str]] = ["content.BusinessPage"]

    def serve(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        pages = list(self.get_children().live()[:2])
        return redirect(pages[0].get_url(request) if len(pages) == 1 else "/studio/")


class BusinessPage(Page):
    """A workspace's page for its customers, with the chat on it."""

    workspace = models.OneToOneField(Workspace, on_delete=models.PROTECT, related_name="+")
    channel = models.ForeignKey("frontdesk_channels.Channel", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    # Where the articles below are learned; made with the first of them.
    knowledge = models.ForeignKey("knowledge.KnowledgeBase", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    headline = models.CharField(_("headline"), max_length=200, blank=True)
    lead = models.TextField(_("first words"), blank=True)
    body = RichTextField(_("text"), features=FEATURES, blank=True)
    footer = models.CharField(_("last line"), max_length=200, blank=True)

    parent_page_types: ClassVar[list[str]] = ["content.FrontPage"]
    subpage_types: ClassVar[list[str]] = ["content.ArticlePage"]
    base_form_class = OwnFilesForm
    content_panels: ClassVar[list[Any]] = [
        *Page.content_panels,
        *(FieldPanel(name) for name in ("headline", "lead", "body", "footer")),
    ]
    template = "content/business_page.html"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context(request, *args, **kwargs), **chat_of(self)}


class ArticlePage(Page):
    """A page under a business's page."""

    body = RichTextField(_("text"), features=FEATURES, blank=True)

    parent_page_types: ClassVar[list[str]] = ["content.BusinessPage"]
    subpage_types: ClassVar[list[str]] = []
    base_form_class = OwnFilesForm
    content_panels: ClassVar[list[Any]] = [*Page.content_panels, FieldPanel("body")]
    template = "content/article_page.html"

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        business = BusinessPage.objects.select_related("workspace", "channel").get(pk=self.get_parent().pk)
        return {**super().get_context(request, *args, **kwargs), **chat_of(business), "business": business}


def chat_of(page: BusinessPage) -> dict[str, Any]:
    """The look of a business's pages, and the key of its chat while the chat is on."""
    channel = page.channel if page.channel_id else None
    key = channel.public_key if channel is not None and channel.enabled else None
    return {"workspace": page.workspace, "language": page.workspace.language, "public_key": key}
