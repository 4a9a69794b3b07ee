"""Which past answers a change of the knowledge would alter, before it is made.

The questions that rested on a source are searched again as things are, and once more in a transaction in which the change was
made and which is then rolled back: nobody else ever sees it, and the search is the real one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, Literal

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from frontdesk.agents.models import Agent
from frontdesk.conversations import queries as conversations
from frontdesk.conversations.models import Message
from frontdesk.core.errors import Invalid
from frontdesk.core.jobs import Work, enqueue, job
from frontdesk.core.models import Job
from frontdesk.core.threads import all_in, in_thread
from frontdesk.knowledge import ingest, retrieval
from frontdesk.knowledge import passages as editing
from frontdesk.knowledge import queries as knowledge
from frontdesk.knowledge.models import Chunk, KnowledgeBase, Source
from frontdesk.workspaces.permissions import Actor, require

Do = Literal["delete", "leave_out", "passage", "text"]
CHANGES: tuple[Do, ...] = ("delete", "leave_out", "passage", "text")
# Those that are about single passages.
OF_PASSAGES: tuple[Do, ...] = ("leave_out", "passage")
# Answers looked through, and questions asked again, the newest.
MOST_ANSWERS, MOST_QUESTIONS = 1_000, 200
# The change holds locks on its source while it is tried.
SECONDS = 15.0
LONGEST_TEXT = 200_000
# Below this confidence the answer is hardly there.
FOUND = 0.1
EXCERPT = 240


@dataclass(frozen=True, slots=True)
class Altered:
    """A question whose answer would rest on something else. `after` is empty when nothing would be found."""

    question: str
    conversation: str
    before: str
    before_name: str
    after: str
    after_name: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A customer's question, and the bases in which it is looked for."""

    text: str
    bases: Sequence[KnowledgeBase]


@dataclass(frozen=True, slots=True)
class Top:
    """What a search came to. Without a text nothing fits."""

    text: str = ""
    name: str = ""


def start(actor: Actor, source: Source, do: Do, *, passages: Sequence[int] = (), text: str = "") -> Job:
    """Find out in the background. With "passage", `text` stands in the place of the one passage named. Raises Invalid for a text
    that is too long to try, or that no passage can have.
    """
    require(actor, "edit_knowledge")
    if do == "passage":
        text = editing.checked(text)
    if len(text) > LONGEST_TEXT:
        raise Invalid.field("text", _("This text is too long to be tried out. Save it to see what becomes of it."))
    arguments = {"source_id": source.pk, "do": do, "passages": list(passages), "text": text}
    return enqueue("insights.foresee", workspace=actor.workspace, **arguments)


@job("insights.foresee", lease=60, max_attempts=1)
def foresee(work: Work, *, source_id: int, do: Do, passages: list[int], text: str) -> dict[str, Any] | None:
    """Gives {"used": answers, "asked": questions, "altered": [Altered…], "lost": of these with nothing found}."""
    source = Source.objects.select_related("base", "workspace").filter(pk=source_id, deleted_at=None).first()
    if source is None:
        return None
    answers = [each for each in conversations.answers_resting_on(source_id)[:MOST_ANSWERS] if _rests_on(each, passages)]
    asked = list({_key(each): each for each in reversed(answers) if each.reply_to}.values())[-MOST_QUESTIONS:]
    questions = _questions(source, asked)
    if not questions:
        return {"used": len(answers), "asked": 0, "altered": [], "lost": 0}
    done = 0

    def tell() -> None:
        nonlocal done
        done += 1
        work.progress(done, 2 * len(questions))

    before = asyncio.run(_ask(questions, tell))
    with ThreadPoolExecutor(1) as thread, all_in(thread):
        after = asyncio.run(_ask_as_if(source, do, passages, text, questions[: len(before)]))
    work.progress(2 * len(questions), 2 * len(questions))
    altered = [_altered(*each) for each in zip(asked, before, after, strict=False) if each[1] != each[2]]
    lost = sum(not each.after for each in altered)
    return {"used": len(answers), "asked": len(after), "altered": [asdict(each) for each in altered], "lost": lost}


def _questions(source: Source, asked: Sequence[Message]) -> list[Asked]:
    """Each where its agent would look today, if that is in this base, too."""
    bases: dict[int | None, list[KnowledgeBase]] = {None: [source.base]}
    for agent in Agent.objects.filter(pk__in={each.conversation.agent_id for each in asked}):
        found = knowledge.bases_of(agent.read_content().knowledge, agent_id=agent.pk)
        bases[agent.pk] = found if source.base in found else [source.base]
    return [Asked(each.reply_to.text, bases.get(each.conversation.agent_id, bases[None])) for each in asked if each.reply_to]


def _rests_on(answer: Message, passages: Sequence[int]) -> bool:
    return not passages or any(source.get("passage_id") in passages for source in answer.sources)


def _key(answer: Message) -> str:
    return " ".join(answer.reply_to.text.casefold().split()) if answer.reply_to else ""


def _altered(answer: Message, before: Top, after: Top) -> Altered:
    question = answer.reply_to.text if answer.reply_to else ""
    return Altered(
        question[:EXCERPT], str(answer.conversation.uuid), before.text[:EXCERPT], before.name, after.text[:EXCERPT], after.name
    )


async def _ask(questions: Sequence[Asked], tell: Callable[[], None] | None = None) -> list[Top]:
    """The best passage for each question; fewer when time is up."""
    until = time.monotonic() + SECONDS
    found: list[Top] = []
    for question in questions:
        if time.monotonic() > until:
            break
        result = await retrieval.search(question.bases, question.text)
        sure = result.passages and result.confidence >= FOUND
        found.append(Top(result.passages[0].text, result.passages[0].source_name) if sure else Top())
        if tell is not None:
            await in_thread(tell)
    return found


async def _ask_as_if(source: Source, do: Do, passages: Sequence[int], text: str, questions: Sequence[Asked]) -> list[Top]:
    """With the change made, in the one thread whose transaction is rolled back."""
    trial = _Trial()
    await in_thread(trial.begin, source, do, passages, text)
    try:
        return await _ask(questions)
    finally:
        await in_thread(trial.undo)


class _Trial:
    """A transaction that is never committed, begun and ended by two calls in one thread."""

    def __init__(self) -> None:
        self.atomic = transaction.atomic()

    def begin(self, source: Source, do: Do, passages: Sequence[int], text: str) -> None:
        self.atomic.__enter__()
        try:
            _make(source, do, passages, text)
        except BaseException:
            self.undo()
            raise

    def undo(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)
        connection.close()


def _make(source: Source, do: Do, passages: Sequence[int], text: str) -> None:
    """The change as the search sees it."""
    match do:
        case "delete":
            Source.objects.filter(pk=source.pk).update(deleted_at=timezone.now())
        case "leave_out":
            Chunk.objects.filter(source=source, pk__in=passages).update(excluded=True)
        case "passage":
            for chunk in Chunk.objects.filter(source=source, pk__in=passages):
                editing.put(chunk, text)
            ingest.learn_edits(knowledge.source(source.pk), _Quiet(), trial=True)
        case "text":
            changed = knowledge.source(source.pk)
            changed.body = text.replace("\x00", "")
            ingest.learn(changed, _Quiet(), trial=True)


class _Quiet(Work):
    """Learning that nobody watches."""

    def __init__(self) -> None:
        pass

    def progress(self, done: int, total: int, note: str = "") -> None:
        pass

    def cancelled(self) -> bool:
        return False
