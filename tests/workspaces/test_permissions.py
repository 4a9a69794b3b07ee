"""Roles, and what each may do."""

import pytest

from frontdesk.core.errors import NotAllowed
from frontdesk.workspaces import audit
from frontdesk.workspaces.models import ApiKey, AuditEntry, Role
from frontdesk.workspaces.permissions import PERMISSIONS, Actor, Permission, require


def test_each_role_may_do_all_that_the_one_below_may() -> None:
    ladder = [PERMISSIONS[role] for role in (Role.VIEWER, Role.TEAMMATE, Role.EDITOR, Role.OWNER)]
    assert all(lower < higher for lower, higher in zip(ladder, ladder[1:], strict=False))
    assert ladder[-1] == set(Permission)


def test_every_role_has_a_row() -> None:
    assert set(PERMISSIONS) == set(Role.values)


def test_an_editor_edits_but_does_not_hire(editor) -> None:
    require(editor, "edit_agents")
    with pytest.raises(NotAllowed):
        require(editor, "manage_team")


def test_a_misspelt_permission_is_loud(owner) -> None:
    with pytest.raises(ValueError):
        require(owner, "edit_agent")


@pytest.mark.parametrize("permission", ["manage_team", "manage_keys", "manage_billing", "manage_providers"])
def test_a_key_may_not_manage_what_is_the_owners(workspace, permission) -> None:
    program = Actor.program(ApiKey(pk=7, name="Shop", workspace=workspace))
    require(program, "edit_knowledge")
    with pytest.raises(NotAllowed):
        require(program, permission)


def test_credentials_have_different_names(owner, editor, workspace) -> None:
    key = Actor.program(ApiKey(pk=owner.user.pk, name="Shop", workspace=workspace))
    names = {owner.credential, editor.credential, key.credential, Actor.system(workspace).credential}
    assert len(names) == 4


def test_audit_says_who_did_what_to_what(owner, in_workspace, bob) -> None:
    entry = audit.record(owner, "member.greeted", bob, when=bob.created_at)
    entry.refresh_from_db()
    assert (entry.actor, entry.verb, entry.target) == ("user: Alice", "member.greeted", f"user {bob.pk}: bob@example.org")
    assert entry.data["when"].startswith(str(bob.created_at.year))
    assert AuditEntry.objects.filter(verb="workspace.created").exists()
