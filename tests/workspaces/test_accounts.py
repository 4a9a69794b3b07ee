"""Registering, signing in, passwords."""

import pytest

from frontdesk.core.errors import Invalid, TooManyRequests
from frontdesk.workspaces import accounts, actions, queries
from frontdesk.workspaces.errors import InvitationGone, NameTaken, RegistrationClosed, WrongPassword
from frontdesk.workspaces.models import User
from tests.conftest import PASSWORD


def test_registering_makes_a_user_with_a_workspace(db) -> None:
    user = accounts.register("dora", PASSWORD, full_name="Dora Doe", workspace_name="Bakery")
    (membership,) = queries.memberships_of(user)
    assert (membership.workspace.name, membership.role, user.get_full_name()) == ("Bakery", "owner", "Dora Doe")
    assert accounts.sign_in("dora", PASSWORD) == user


def test_a_name_with_an_at_sign_is_an_address(db) -> None:
    user = accounts.register("Dora@Example.org", PASSWORD)
    assert (user.username, user.email) == (None, "dora@example.org")
    assert accounts.sign_in("DORA@example.org", PASSWORD) == user


@pytest.mark.parametrize("name", ["alice@example.org", "ALICE@example.org"])
def test_a_taken_name_is_a_conflict(alice, name) -> None:
    with pytest.raises(NameTaken):
        accounts.register(name, PASSWORD)


def test_an_address_cannot_be_taken_beside_a_user_name(alice) -> None:
    with pytest.raises(NameTaken):
        accounts.register("mallory", PASSWORD, email="Alice@Example.org")
    assert not User.objects.filter(username="mallory").exists()


@pytest.mark.parametrize(
    ("name", "password", "field"),
    [
        ("dora", "short", "password"),
        ("dora", "12345678901", "password"),
        ("dora", "password", "password"),
        ("do ra", PASSWORD, "username"),
        ("dora@", PASSWORD, "username"),
        ("", PASSWORD, "username"),
        ("d" * 151, PASSWORD, "username"),
    ],
)
def test_bad_values_name_their_field_and_write_nothing(db, name, password, field) -> None:
    with pytest.raises(Invalid) as refused:
        accounts.register(name, password)
    assert refused.value.errors[0]["field"] == field
    assert not User.objects.exists()


def test_closed_registration_opens_for_the_invited(owner, in_workspace, settings) -> None:
    settings.REGISTRATION_OPEN = False
    with pytest.raises(RegistrationClosed):
        accounts.register("dora", PASSWORD)
    _invitation, link = actions.invite(owner, "dora@example.org", "viewer")
    user = accounts.register("dora@example.org", PASSWORD, invitation=link.split("/")[-2])
    assert [(m.workspace, m.role) for m in queries.memberships_of(user)] == [(in_workspace, "viewer")]


def test_a_wrong_invitation_registers_nobody(db) -> None:
    with pytest.raises(InvitationGone):
        accounts.register("dora", PASSWORD, invitation="inv_wrong")
    assert not User.objects.exists()


@pytest.mark.parametrize(("name", "password"), [("alice@example.org", "wrong"), ("nobody", PASSWORD), ("", "")])
def test_a_wrong_password_says_no_more(alice, name, password) -> None:
    with pytest.raises(WrongPassword):
        accounts.sign_in(name, password)


def test_guessing_is_slowed_down(alice, settings) -> None:
    settings.SIGN_IN_ATTEMPTS_PER_MINUTE = 3
    for _ in range(3):
        with pytest.raises(WrongPassword):
            accounts.sign_in("alice@example.org", "wrong")
    with pytest.raises(TooManyRequests) as refused:
        accounts.sign_in("Alice@example.org", PASSWORD)
    assert 0 < refused.value.retry_after <= 60


def test_a_new_password_needs_the_old_one(alice) -> None:
    with pytest.raises(Invalid):
        accounts.change_password(alice, "wrong", "another good password")
    accounts.change_password(alice, PASSWORD, "another good password")
    assert accounts.sign_in("alice@example.org", "another good password") == alice


def test_guessing_the_old_password_is_slowed_down(alice, settings) -> None:
    settings.SIGN_IN_ATTEMPTS_PER_MINUTE = 3
    for _ in range(3):
        with pytest.raises(Invalid):
            accounts.change_password(alice, "wrong", "another good password")
    with pytest.raises(TooManyRequests):
        accounts.change_password(alice, PASSWORD, "another good password")


@pytest.mark.parametrize("variant", ["al\u0131ce@example.org", "AL\u0131CE@example.org", "Alice@Example.org"])
def test_letters_that_the_database_takes_for_others_give_no_more_guesses(variant, alice, settings) -> None:
    settings.SIGN_IN_ATTEMPTS_PER_MINUTE = 1
    with pytest.raises(WrongPassword):
        accounts.sign_in("alice@example.org", "wrong")
    with pytest.raises(TooManyRequests):
        accounts.sign_in(variant, "wrong")


def test_one_address_registers_so_many_people(db, settings) -> None:
    settings.SIGN_UPS_PER_HOUR = 2
    for name in ("dora", "emil"):
        accounts.register(name, PASSWORD, ip="203.0.113.7")
    with pytest.raises(TooManyRequests):
        accounts.register("fred", PASSWORD, ip="203.0.113.7")
    assert not User.objects.filter(username="fred").exists()
    accounts.register("fred", PASSWORD, ip="203.0.113.8")


def test_one_person_makes_so_many_workspaces(alice, workspace, settings) -> None:
    settings.WORKSPACES_PER_DAY = 2
    accounts.create_workspace(alice, "Second")
    with pytest.raises(TooManyRequests):
        accounts.create_workspace(alice, "Third")
    assert len(queries.memberships_of(alice)) == 2
