"""Changes of knowledge while the worker takes what it has learned: sources are locked before their base, in one order."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from frontdesk.core.scoping import scope
from frontdesk.knowledge import actions, many, queries
from frontdesk.knowledge.models import KnowledgeBase, Source
from tests.ground.database import somebody_waits_for_us
from tests.ground.live import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
Change = Callable[[Any, KnowledgeBase], object]


def everything(base: KnowledgeBase) -> Any:
    return queries.sources(base)


CHANGES: dict[str, Change] = {
    "another size of passages": lambda owner, base: actions.update_base(owner, base, chunk_size=64),
    "pause": lambda owner, base: many.pause(owner, base),
    "leave out": lambda owner, base: many.exclude(owner, base, everything(base), excluded=True),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_worker_takes_what_it_has_learned_meanwhile(owner: Any, base: KnowledgeBase, workspace: Any, change: Change) -> None:
    source = actions.add_text(owner, base, "Notes", "We open at eight.")

    def changed() -> None:
        with scope(workspace=workspace):
            change(owner, base)
        connection.close()

    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            Source.objects.select_for_update().get(pk=source.pk)
            waiting: Future[None] = pool.submit(changed)
            wait_for(lambda: somebody_waits_for_us() or waiting.done(), failure=lambda: "Nobody waits.")
            KnowledgeBase.objects.filter(pk=base.pk).update(passage_total=1)
        waiting.result(30)
    assert KnowledgeBase.objects.get(pk=base.pk).passage_total == 1
