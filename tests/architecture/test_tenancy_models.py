"""Every business row belongs to a workspace, is invisible from another one, and is out of reach without one."""

import pytest
from django.apps import apps

from frontdesk.core.models import WorkspaceModel
from frontdesk.core.scoping import ScopeError, scope
from tests.ground.rows import make_row

# Models without a workspace of their own, with the reason. May only shrink.
UNSCOPED = {
    "core.Job": "the worker and the sweeper look across workspaces; arguments are ids that are looked up in scope",
    "core.StoredReply": "found by the credential that asked first",
    "core.Periodic": "when a job of the whole house was due last",
    "workspaces.User": "a person may belong to several workspaces",
    "workspaces.Workspace": "the tenant itself",
    "runs.JournalSegment": "reached through its run",
    "knowledge.ChunkVector": "an index of chunks, joined by the ids of bases that were found in scope",
    "knowledge.StagedVector": "vectors on their way into the index, by source",
    "knowledge.Posting": "an index of chunks, joined by the ids of bases that were found in scope",
    "content.FrontPage": "the operator's own front page",
    "content.BusinessPage": "Wagtail's page tree; a page root for each workspace",
    "content.ArticlePage": "Wagtail's page tree; below the page of its workspace",
}
OURS = [model for model in apps.get_models() if model.__module__.startswith("frontdesk.")]
SCOPED = [model for model in OURS if issubclass(model, WorkspaceModel)]


def label(model) -> str:
    return model._meta.label


def test_every_model_is_scoped_or_says_why_not() -> None:
    unscoped = {label(model) for model in OURS} - {label(model) for model in SCOPED}
    assert unscoped <= set(UNSCOPED), "make it a WorkspaceModel, or give the reason in UNSCOPED"
    assert set(UNSCOPED) <= unscoped, "remove what is no longer needed from UNSCOPED"


@pytest.mark.parametrize("model", SCOPED, ids=label)
def test_no_query_without_a_workspace(model) -> None:
    with pytest.raises(ScopeError):
        model._default_manager.count()
    with pytest.raises(ScopeError):
        model.objects.first()


@pytest.mark.parametrize("model", SCOPED, ids=label)
def test_a_row_of_charlies_does_not_exist_for_alice(model, workspace, other_workspace) -> None:
    with scope(workspace=other_workspace):
        row = make_row(model, other_workspace)
        assert model.objects.filter(pk=row.pk).exists()
    with scope(workspace=workspace):
        assert not model.objects.filter(pk=row.pk).exists()
        assert model.objects.filter(pk=row.pk).update(updated_at=row.created_at) == 0
        assert model.objects.filter(pk=row.pk).delete()[0] == 0
