"""Ops: for superusers only, across all workspaces, looking and nothing else but beginning and stopping jobs."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from frontdesk.core import heartbeat, jobs
from frontdesk.core.models import Job
from frontdesk.core.scoping import scope, unscoped
from frontdesk.knowledge import actions as knowledge
from frontdesk.plugins.models import Activation, Incident
from frontdesk.providers import actions as providers
from frontdesk.surfaces.ops.site import site
from frontdesk.workspaces.models import Workspace
from tests.conftest import make_user
from tests.ground.plugins import Entry

BACKEND = "frontdesk.workspaces.login.EmailOrUsernameBackend"
LISTS = sorted(f"{model._meta.app_label}_{model._meta.model_name}" for model in site._registry)


@pytest.fixture
def operator(db: None) -> Any:
    user = make_user("olga@example.org", "Olga")
    user.is_staff = user.is_superuser = True
    user.save()
    return user


@pytest.fixture
def ops(operator: Any) -> Client:
    client = Client()
    client.force_login(operator, BACKEND)
    return client


@pytest.fixture
def two_tenants(owner: Any, stranger: Any) -> None:
    """A job, an account and ledger entries in each of two workspaces."""
    for actor in (owner, stranger):
        with scope(workspace=actor.workspace):
            knowledge.add_text(actor, knowledge.create_base(actor, "Notes"), "Notes", "Open from nine.")
            providers.save_account(actor, "openai", {"api_key": "sk-very-secret"}, name="Ours")


def text_of(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def rows(page: Any) -> int:
    return page.context["cl"].queryset.count()


def test_the_door_is_the_studios(db: None) -> None:
    assert Client().get("/ops/core/job/").url == "/ops/login/?next=/ops/core/job/"
    assert Client().get("/ops/login/", {"next": "/ops/core/job/"}).url == "/studio/sign-in/?next=/ops/core/job/"


def test_an_owner_is_no_operator(alice: Any, workspace: Any) -> None:
    client = Client()
    client.force_login(alice, BACKEND)
    for path in [reverse("ops:health"), reverse("ops:plugins"), *(reverse(f"ops:{name}_changelist") for name in LISTS)]:
        assert client.get(path, follow=True).status_code == 403


@pytest.mark.parametrize("name", LISTS)
def test_every_list_and_row_opens_across_workspaces(
    ops: Client, two_tenants: None, name: str, django_assert_max_num_queries: Any
) -> None:
    ops.get(reverse(f"ops:{name}_changelist"))
    with django_assert_max_num_queries(15):
        page = ops.get(reverse(f"ops:{name}_changelist"))
    assert page.status_code == 200
    assert "sk-very-secret" not in page.content.decode()
    for row in page.context["cl"].result_list:
        shown = ops.get(reverse(f"ops:{name}_change", args=[row.pk]))
        assert shown.status_code == 200
        assert "sk-very-secret" not in shown.content.decode()


def test_both_tenants_are_seen(ops: Client, two_tenants: None) -> None:
    for name in ("workspaces_workspace", "core_job", "providers_provideraccount"):
        assert rows(ops.get(reverse(f"ops:{name}_changelist"))) == 2


@pytest.mark.parametrize("name", LISTS)
def test_nothing_is_written_by_hand(ops: Client, two_tenants: None, name: str) -> None:
    assert ops.get(reverse(f"ops:{name}_add")).status_code == 403
    row = ops.get(reverse(f"ops:{name}_changelist")).context["cl"].queryset.first()
    if row is not None:
        assert ops.post(reverse(f"ops:{name}_change", args=[row.pk]), {"name": "Changed"}).status_code == 403
        assert ops.post(reverse(f"ops:{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403


def run_action(ops: Client, action: str, *chosen: Job) -> Any:
    values = {"action": action, "_selected_action": [row.pk for row in chosen]}
    return ops.post(reverse("ops:core_job_changelist"), values, follow=True)


def test_jobs_are_stopped_and_begun_again(ops: Client, operator: Any, two_tenants: None) -> None:
    first, second = Job.objects.order_by("id")
    assert "1 job is told to stop." in text_of(run_action(ops, "stop", first))
    first.refresh_from_db()
    assert first.state == "cancelled"
    said = text_of(run_action(ops, "retry", first, second))
    assert "1 job begins again." in said
    assert "Only jobs that failed or were stopped can begin again." in said
    first.refresh_from_db()
    assert (first.state, first.attempts, first.cancel_requested) == ("queued", 0, False)
    jobs.run(first.pk)
    first.refresh_from_db()
    assert first.state == "done"
    assert LogEntry.objects.filter(user=operator, object_id=str(first.pk)).count() == 2


def test_a_job_with_an_open_twin_is_not_begun_again(ops: Client, workspace: Any, db: None) -> None:
    jobs.KINDS.setdefault("tests.twin", jobs.Kind("tests.twin", lambda work: None, 30, 1))
    old = jobs.enqueue("tests.twin", workspace=workspace, key="same")
    jobs.cancel(old)
    jobs.enqueue("tests.twin", workspace=workspace, key="same")
    run_action(ops, "retry", old)
    old.refresh_from_db()
    assert old.state == "cancelled"


def test_health_says_what_is_well_and_what_is_not(ops: Client, two_tenants: None) -> None:
    assert ops.get("/ops/").url == reverse("ops:health")
    said = text_of(ops.get(reverse("ops:health")))
    assert "Worker no sign of life" in said
    assert "Jobs waiting 2" in said
    heartbeat.beat()
    said = text_of(ops.get(reverse("ops:health")))
    assert "Worker at work Well" in said
    assert re.search(r"PostgreSQL \d+\.\d+, pgvector \d", said)
    assert re.search(r"Valkey \d", said)


def test_a_job_that_was_given_up_calls_for_a_look(ops: Client, two_tenants: None) -> None:
    from django.utils import timezone

    assert "Jobs given up in 24 hours 0 Well" in text_of(ops.get(reverse("ops:health")))
    Job.objects.filter(pk=Job.objects.first().pk).update(state="failed", attempts=4, max_attempts=4, finished_at=timezone.now())
    assert "Jobs given up in 24 hours 1 Look here" in text_of(ops.get(reverse("ops:health")))


def test_a_broken_plugin_is_shown_with_its_reason(ops: Client, install: Any) -> None:
    def broken() -> Any:
        raise ImportError("No module named 'telepathy'")

    install(Entry("mindreader", broken))
    assert "mindreader No module named &#x27;telepathy&#x27; Broken" in text_of(ops.get(reverse("ops:plugins")))


def test_installed_plugins_are_listed_with_their_versions(ops: Client) -> None:
    assert re.search(r"OpenAI .*? \d+\.\d+\.\d+ \w+ 0 workspaces Works", text_of(ops.get(reverse("ops:plugins"))))


def test_what_plugins_do_in_all_workspaces_is_shown(ops: Client, two_tenants: None, django_assert_max_num_queries: Any) -> None:
    with unscoped():
        for workspace in Workspace.objects.all():
            Activation.objects.create(workspace=workspace, plugin="zoho", enabled=True)
            Incident.objects.create(
                workspace=workspace, plugin="zoho", what="a tool", problem="Zoho CRM is asleep", times=3, last_at=timezone.now()
            )
    with django_assert_max_num_queries(15):
        said = text_of(ops.get(reverse("ops:plugins")))
    with unscoped():
        Activation.objects.create(workspace=Workspace.objects.first(), plugin="kit", enabled=False)
    again = text_of(ops.get(reverse("ops:plugins")))
    count = Workspace.objects.count()
    assert re.search(rf"Tools A calculator.*? {count - 1} workspaces? Works", again)
    assert f"{count} workspaces {3 * count} times Zoho CRM is asleep" in said


def test_scripts_come_from_here_only(ops: Client) -> None:
    policy = ops.get(reverse("ops:health"))["Content-Security-Policy"]
    [scripts] = [part for part in policy.split(";") if part.strip().startswith("script-src ")]
    assert "unsafe-inline" not in scripts
