"""What customers may read on a workspace's pages is what its agents know."""

from __future__ import annotations

from typing import Any

import pytest
from wagtail.models import PageViewRestriction

from frontdesk.content import actions
from frontdesk.content.models import ArticlePage, BusinessPage
from frontdesk.core import jobs as core_jobs
from frontdesk.knowledge import deletion, queries
from frontdesk.knowledge.models import KnowledgeBase, Source

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(owner: Any, in_workspace: Any) -> BusinessPage:
    return actions.open_public_page(owner, title="Café")


@pytest.fixture
def article(page: BusinessPage) -> ArticlePage:
    body = f'<p>Our beans come from <a linktype="page" id="{page.pk}">Guatemala</a>.</p>'
    made = page.add_child(instance=ArticlePage(title="Our beans", slug="beans", body=body, live=False))
    return publish(made)


def publish(article: ArticlePage, **changes: Any) -> ArticlePage:
    for name, value in changes.items():
        setattr(article, name, value)
    article.save_revision().publish()
    return ArticlePage.objects.get(pk=article.pk)


def known() -> Source:
    return Source.objects.select_related("base").get(kind=Source.Kind.ARTICLE, deleted_at=None)


def test_an_article_is_learned_when_it_is_published(article) -> None:
    source = known()
    core_jobs.run(source.job_id)
    source.refresh_from_db()
    assert (source.state, source.name, source.url) == (Source.State.READY, "Our beans", article.full_url), source.problem
    assert "from Guatemala" in queries.passages(source)[0].text
    assert source.base.name == "Help center"


def test_a_changed_article_is_learned_again_in_its_place(article) -> None:
    before = known()
    publish(article, body="<p>Our beans come from Peru.</p>", title="Beans")
    after = known()
    assert (after.pk, after.name, after.revision > before.revision) == (before.pk, "Beans", True)
    publish(ArticlePage.objects.get(pk=article.pk))
    assert known().revision == after.revision, "published once more as it was"


def test_an_article_is_forgotten_when_it_is_unpublished_and_comes_back_under_its_id(article) -> None:
    before = known()
    article.unpublish()
    assert not Source.objects.filter(deleted_at=None).exists()
    publish(ArticlePage.objects.get(pk=article.pk))
    assert known().pk == before.pk


def test_a_deleted_article_is_forgotten(article, page) -> None:
    article.delete()
    assert not Source.objects.filter(deleted_at=None).exists()


def test_a_draft_an_empty_and_a_private_article_are_not_learned(page, article) -> None:
    page.add_child(instance=ArticlePage(title="Draft", slug="draft", body="<p>Secret</p>", live=False)).save_revision()
    publish(page.add_child(instance=ArticlePage(title="Empty", slug="empty", body="<p> </p>", live=False)))
    assert known().name == "Our beans"
    lock = PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.LOGIN)
    assert not Source.objects.filter(deleted_at=None).exists()
    lock.delete()
    assert known().name == "Our beans"


def test_a_new_address_is_cited_without_learning_again(article, django_capture_on_commit_callbacks) -> None:
    before = known()
    with django_capture_on_commit_callbacks(execute=True):
        article.slug = "coffee-beans"
        article.save()
    after = known()
    assert after.url == before.url.replace("/beans/", "/coffee-beans/") != before.url
    assert (after.pk, after.revision) == (before.pk, before.revision)


def test_a_base_that_the_owner_deleted_is_not_made_again(owner, article, page) -> None:
    deletion.delete_base(owner, known().base)
    publish(article, body="<p>Our beans come from Peru.</p>")
    assert not KnowledgeBase.objects.filter(deleted_at=None).exists()
