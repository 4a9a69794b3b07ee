"""A published article is knowledge: it feeds the workspace's base of help articles, and leaves it when customers cannot read
it any more."""

from __future__ import annotations

import logging
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import translation
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from wagtail.models import Page, PageViewRestriction
from wagtail.rich_text import expand_db_html
from wagtail.signals import page_published, page_slug_changed, page_unpublished, post_page_move

from frontdesk.core.errors import FrontdeskError
from frontdesk.core.scoping import scope
from frontdesk.knowledge import actions, articles
from frontdesk.knowledge.models import KnowledgeBase
from frontdesk.workspaces.permissions import Actor

from .models import ArticlePage, BusinessPage

logger = logging.getLogger(__name__)


@receiver(page_published, sender=ArticlePage, dispatch_uid="article published")
def published(instance: ArticlePage, **kwargs: Any) -> None:
    follow(instance)


@receiver(page_unpublished, sender=ArticlePage, dispatch_uid="article unpublished")
@receiver(post_delete, sender=ArticlePage, dispatch_uid="article deleted")
def withdrawn(instance: ArticlePage, **kwargs: Any) -> None:
    articles.withdraw(_key(instance))


@receiver(page_slug_changed, dispatch_uid="address of articles changed")
@receiver(post_page_move, dispatch_uid="articles moved")
def moved(instance: Page, **kwargs: Any) -> None:
    _follow_below(instance)


@receiver(post_save, sender=PageViewRestriction, dispatch_uid="articles made private")
@receiver(post_delete, sender=PageViewRestriction, dispatch_uid="articles made public")
def privacy_changed(instance: PageViewRestriction, **kwargs: Any) -> None:
    page = Page.objects.filter(pk=instance.page_id).first()
    if page is not None:
        _follow_below(page)


def _follow_below(page: Page) -> None:
    for article in ArticlePage.objects.descendant_of(page, inclusive=True).live():
        follow(article)


def follow(article: ArticlePage) -> None:
    """Bring knowledge in line with an article as customers see it. A base that is full or was deleted stops nobody from
    publishing."""
    business = BusinessPage.objects.select_related("workspace", "knowledge").filter(pk=article.get_parent().pk).first()
    html = expand_db_html(article.body)
    if business is None or not article.live or article.get_view_restrictions().exists() or not strip_tags(html).strip():
        articles.withdraw(_key(article))
        return
    workspace = business.workspace
    with scope(workspace=workspace), translation.override(workspace.language):
        actor = Actor.system(workspace, _("Help center"))
        try:
            with transaction.atomic():
                base = _base(actor, business)
                articles.withdraw(_key(article), except_for=base)
                articles.publish(actor, base, _key(article), title=article.title, html=html, url=article.full_url or "")
        except FrontdeskError as error:
            logger.warning("article %s is not learned: %s", article.pk, error.message)


def _base(actor: Actor, business: BusinessPage) -> KnowledgeBase:
    if business.knowledge is None:
        business.knowledge = actions.create_base(
            actor, _("Help center"), description=_("What is published on your pages. It is kept up to date by itself.")
        )
        BusinessPage.objects.filter(pk=business.pk).update(knowledge=business.knowledge)
    return business.knowledge


def _key(article: ArticlePage) -> str:
    return f"article:{article.pk}"
