"""Schemathesis over the whole OpenAPI document: data that fits it and data that does not, against a live web process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from frontdesk.conversations import canned, contacts, tagging, views
from frontdesk.conversations.actions import Inbound, receive
from frontdesk.conversations.filtering import Filters
from frontdesk.core import heartbeat
from frontdesk.knowledge import actions as knowledge
from frontdesk.knowledge.connections import actions as connections
from tests.conftest import bearer
from tests.ground.live import Process, Web, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
)
SECONDS = 40
CONFIG = """
[parameters]
kb_uuid = "{base}"
source_id = {source}
connection_id = "{connection}"
conversation_id = "{conversation}"
agent_id = "{agent}"
contact_id = "{contact}"
other_id = "{other}"
tag_id = "{tag}"
reply_id = "{reply}"
view_id = "{view}"

[[operations]]
include-method = "DELETE"

[operations.parameters]
kb_uuid = "{spare_base}"
source_id = {spare_source}
connection_id = "{spare_connection}"
contact_id = "{spare_contact}"
tag_id = "{spare_tag}"
"""


@pytest.fixture
def config(owner: Any, agent: Any, in_workspace: Any, tmp_path: Path) -> Path:
    """Ids of rows that there are, so that not every answer is 404."""
    base, spare = (knowledge.create_base(owner, name) for name in ("Menu", "Old menu"))
    place, spare_place = (connections.connect(owner, base, "feed", {"address": "https://example.com/feed"}) for _n in range(2))
    known = {
        "connection": place.uuid,
        "spare_connection": spare_place.uuid,
        "base": base.uuid,
        "spare_base": spare.uuid,
        "source": knowledge.add_text(owner, base, "Hours", "We are open from nine to six.").pk,
        "spare_source": knowledge.add_text(owner, base, "Old hours", "We were open from ten.").pk,
        "conversation": receive(owner.workspace, agent.pk, Inbound("Hello?", "api", "customer")).conversation.uuid,
        "agent": agent.uuid,
        "contact": contacts.create_contact(owner, name="Ana").uuid,
        "other": contacts.create_contact(owner, name="Ana Lima").uuid,
        "spare_contact": contacts.create_contact(owner, name="Ben").uuid,
        "tag": tagging.create_tag(owner, "Wedding").uuid,
        "spare_tag": tagging.create_tag(owner, "Funeral").uuid,
        "reply": canned.create_reply(owner, "hours", "Nine to six.").uuid,
        "view": views.create_view(owner, "Open", Filters(status="open")).uuid,
    }
    file = tmp_path / "schemathesis.toml"
    file.write_text(CONFIG.format(**known))
    return file


def test_no_request_makes_a_server_error_and_every_answer_is_as_described(
    live_web: Web, live_worker: Process, config: Path, alice: Any, workspace: Any, tmp_path: Path
) -> None:
    wait_for(heartbeat.worker_alive, failure=live_worker.said)
    headers = [f"--header={name}: {value}" for name, value in bearer(alice, workspace).items()]
    command = [
        *(str(Path(sys.executable).parent / "schemathesis"), f"--config-file={config}", "run", f"{live_web.url}/api/schema"),
        *(f"--checks={','.join(CHECKS)}", "--mode=all", "--phases=coverage,fuzzing", "--max-examples=4", f"--max-time={SECONDS}"),
        *("--generation-deterministic", "--no-shrink", "--warnings=off", "--no-color"),
        *("--continue-on-failure", "--suppress-health-check=all", *headers),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=150)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    assert "Traceback" not in live_web.said()
