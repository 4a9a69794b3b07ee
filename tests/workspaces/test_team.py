"""Invitations, roles, leaving, and keys: every action checks, writes, and leaves a line in the audit."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from frontdesk.core import jobs
from frontdesk.core.errors import Invalid, NotAllowed, NotFound
from frontdesk.core.models import Job
from frontdesk.core.scoping import scope
from frontdesk.workspaces import actions, credentials, queries
from frontdesk.workspaces.errors import AlreadyMember, InvitationGone, LastOwner, Stranger, WorkspaceRequired
from frontdesk.workspaces.models import AuditEntry, Invitation, Membership, User
from tests.conftest import make_user


@pytest.fixture
def dora(db) -> User:
    return make_user("dora@example.org", "Dora")


def token_of(link) -> str:
    return link.rstrip("/").rpartition("/")[2]


def verbs() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("verb", flat=True))


def test_an_invitation_goes_out_by_mail_and_is_accepted(owner, in_workspace, dora) -> None:
    _invitation, link = actions.invite(owner, "Dora@Example.org", "editor")
    job = Job.objects.get(kind="workspaces.send_invitation")
    assert token_of(link) not in str(job.arguments)
    jobs.run(job.pk)
    (message,) = mail.outbox
    assert message.to == ["dora@example.org"] and link in message.body and "Café" in message.subject
    membership = actions.accept_invitation(dora, token_of(link))
    assert (membership.role, membership.workspace) == ("editor", in_workspace)
    assert verbs()[-2:] == ["invitation.sent", "invitation.accepted"]


def test_an_invitation_works_once(owner, in_workspace, dora, charlie) -> None:
    token = token_of(actions.invite(owner, "dora@example.org")[1])
    actions.accept_invitation(dora, token)
    with pytest.raises(InvitationGone):
        actions.accept_invitation(charlie, token)


def test_an_old_or_revoked_invitation_is_gone(owner, in_workspace, dora) -> None:
    invitation, link = actions.invite(owner, "dora@example.org")
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(InvitationGone):
        actions.accept_invitation(dora, token_of(link))
    again, link = actions.invite(owner, "dora@example.org")
    actions.revoke_invitation(owner, again)
    with pytest.raises(InvitationGone):
        actions.accept_invitation(dora, token_of(link))


def test_inviting_again_replaces_the_earlier_one(owner, in_workspace, dora) -> None:
    first = token_of(actions.invite(owner, "dora@example.org")[1])
    actions.invite(owner, "dora@example.org")
    assert queries.open_invitations().count() == 1
    with pytest.raises(InvitationGone):
        actions.accept_invitation(dora, first)


def test_a_member_is_not_invited_again(owner, in_workspace, bob) -> None:
    with pytest.raises(AlreadyMember):
        actions.invite(owner, "BOB@example.org")


def test_accepting_as_a_member_uses_nothing_up(owner, in_workspace, bob, dora) -> None:
    token = token_of(actions.invite(owner, "dora@example.org")[1])
    with pytest.raises(AlreadyMember):
        actions.accept_invitation(bob, token)
    assert actions.accept_invitation(dora, token)


@pytest.mark.parametrize(("email", "role"), [("nonsense", "viewer"), ("dora@example.org", "king")])
def test_bad_invitations_are_invalid(owner, in_workspace, email, role) -> None:
    with pytest.raises(Invalid):
        actions.invite(owner, email, role)


def test_an_editor_manages_no_team_and_no_keys(editor, in_workspace) -> None:
    member = queries.members().get(user=editor.user)
    for attempt in (
        lambda: actions.invite(editor, "x@example.org"),
        lambda: actions.change_role(editor, member, "owner"),
        lambda: actions.remove_member(editor, queries.members().exclude(pk=member.pk).get()),
        lambda: actions.create_api_key(editor, "Mine", []),
        lambda: actions.change_workspace(editor, name="Mine"),
    ):
        with pytest.raises(NotAllowed):
            attempt()


def test_anybody_may_leave(editor, in_workspace) -> None:
    actions.remove_member(editor, queries.members().get(user=editor.user))
    with pytest.raises(Stranger):
        credentials.member(editor.user, str(in_workspace.uuid))


def test_the_last_owner_stays(owner, in_workspace, bob) -> None:
    mine = queries.members().get(user=owner.user)
    with pytest.raises(LastOwner):
        actions.remove_member(owner, mine)
    with pytest.raises(LastOwner):
        actions.change_role(owner, mine, "viewer")
    actions.change_role(owner, queries.members().get(user=bob), "owner")
    actions.remove_member(owner, mine)
    assert [member.user for member in queries.members()] == [bob]


def test_who_is_gone_cannot_be_removed_again(owner, in_workspace, bob) -> None:
    member = queries.members().get(user=bob)
    actions.remove_member(owner, member)
    member.pk = member.id = 10**9
    with pytest.raises(NotFound):
        actions.remove_member(owner, member)


@pytest.mark.django_db(transaction=True)
def test_two_owners_cannot_leave_at_once(owner, bob, workspace) -> None:
    with scope(workspace=workspace):
        Membership.objects.filter(user=bob).update(role="owner")

    def leave(user) -> bool | None:
        with scope(workspace=workspace):
            try:
                actions.remove_member(credentials.member(user), queries.members().get(user=user))
                return True
            except LastOwner:
                return False
            finally:
                connection.close()

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(leave, [owner.user, bob])) == [False, True]


def test_settings_change_and_are_checked(owner, in_workspace) -> None:
    actions.change_workspace(owner, name="New café", default_reply_handler="Manual")
    in_workspace.refresh_from_db()
    assert (in_workspace.name, in_workspace.default_reply_handler) == ("New café", "Manual")
    for bad in ({"website": "javascript:alert(1)"}, {"name": ""}, {"slug": "x"}, {"default_reply_handler": "Nobody"}):
        with pytest.raises(Invalid):
            actions.change_workspace(owner, **bad)


def test_which_workspace(alice, workspace, bob, other_workspace) -> None:
    assert credentials.member(alice).workspace == workspace
    with pytest.raises(Stranger):
        credentials.member(alice, str(other_workspace.uuid))
    with scope(workspace=other_workspace):
        Membership.objects.create(workspace=other_workspace, user=alice)
    with pytest.raises(WorkspaceRequired):
        credentials.member(alice)
    assert credentials.member(alice, str(other_workspace.uuid)).role == "teammate"


def test_no_workspace_at_all_says_so(dora) -> None:
    with pytest.raises(WorkspaceRequired) as refused:
        credentials.member(dora)
    assert "no workspace" in str(refused.value)
