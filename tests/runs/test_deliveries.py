"""The same message delivered many times at once is one message, one run and one hold."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from frontdesk.billing.models import LedgerEntry
from frontdesk.conversations.models import Contact, Conversation, Message
from frontdesk.core.scoping import scope
from frontdesk.runs.actions import Taken
from frontdesk.runs.errors import RunInProgress
from frontdesk.runs.models import Run

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 8


def at_once(workspace: Any, work: Any, times: int) -> list[Any]:
    """What `work(n)` gives or raises in as many threads."""

    def one(number: int) -> Any:
        try:
            with scope(workspace=workspace):
                return work(number)
        except RunInProgress as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(times)))


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Contact, Conversation, Message, Run))


def test_a_first_message(ask, workspace, in_workspace) -> None:
    taken: list[Taken] = at_once(workspace, lambda n: ask("Hello?", external_id="m-1"), 40)
    assert counts() == (1, 1, 1, 1)
    assert LedgerEntry.objects.filter(kind="hold").count() == 1
    assert {each.run.pk for each in taken if each.run} == {Run.objects.get().pk}
    assert sum(each.turn.new for each in taken) == 1


def test_a_message_of_a_conversation_that_there_is(ask, workspace, in_workspace) -> None:
    conversation = ask("Hello?", external_id="m-1").turn.conversation
    Run.objects.update(state=Run.State.FAILED)
    taken = at_once(workspace, lambda n: ask("Still there?", external_id="m-2", conversation=conversation.uuid), 40)
    assert counts() == (1, 1, 2, 2)
    assert sum(each.turn.new for each in taken) == 1


def test_different_messages_of_one_conversation_open_one_run(ask, workspace, in_workspace) -> None:
    conversation = ask("Hello?", external_id="m-1").turn.conversation
    Run.objects.update(state=Run.State.COMPLETED)
    found = at_once(workspace, lambda n: ask(f"{n}?", external_id=f"n-{n}", conversation=conversation.uuid, queue=n % 2 == 0), 20)
    assert Run.objects.filter(state__in=Run.OPEN).count() == 1
    refused = [each for each in found if isinstance(each, RunInProgress)]
    assert Message.objects.count() == 1 + len(found) - len(refused), "what was refused is not kept"


def test_the_same_id_of_two_senders_is_two_messages(ask, in_workspace) -> None:
    first, second = ask("Hello?", external_id="m-1", sender="one"), ask("Hello?", external_id="m-1", sender="two")
    assert first.turn.conversation != second.turn.conversation
    assert counts() == (2, 2, 2, 2)
