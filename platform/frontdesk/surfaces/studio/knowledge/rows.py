"""Sources as the lists show them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from django.utils.translation import gettext_lazy

from frontdesk.agents import queries as agents
from frontdesk.agents.actions import latest_content
from frontdesk.agents.models import Agent
from frontdesk.core.models import Job
from frontdesk.knowledge import queries
from frontdesk.knowledge.jobs import UNFINISHED
from frontdesk.knowledge.models import KnowledgeBase, Source
from frontdesk.knowledge.queries import Progress
from frontdesk.knowledge.reading import media
from frontdesk.knowledge.reading.errors import explain

TONES = {Source.State.READY: "good", Source.State.FAILED: "bad", Source.State.CANCELLED: "warn"}
ICONS = {
    Source.Kind.LINK: "link",
    Source.Kind.TEXT: "notes",
    Source.Kind.MESSAGE: "chat",
    Source.Kind.ARTICLE: "article",
    Source.Kind.ANSWER: "quiz",
    Source.Kind.EXCEL: "table",
    Source.Kind.DATA_EXCEL: "table",
}
# What files are called, by their ending.
FILE_KINDS = {
    "pdf": "PDF",
    "docx": "Word",
    "xlsx": "Excel",
    "csv": "CSV",
    "pptx": "PowerPoint",
    "html": gettext_lazy("Web page"),
    "htm": gettext_lazy("Web page"),
    "md": "Markdown",
    "txt": gettext_lazy("Text"),
}
# Once it was read the content says what it is, whatever its name says.
ENDINGS = {media.PDF: "pdf", media.DOCX: "docx", media.XLSX: "xlsx", media.PPTX: "pptx", media.HTML: "html", media.CSV: "csv"}
FILE_ICONS = {"pdf": "picture_as_pdf", "xlsx": "table", "csv": "table", "pptx": "slideshow", "html": "code", "htm": "code"}


@dataclass(frozen=True, slots=True)
class Row:
    """`tone` colours the state; `learning` says that it is not finished."""

    source: Source
    kind: str
    icon: str
    tone: str
    progress: Progress
    learning: bool
    warnings: list[str]

    @property
    def paused(self) -> bool:
        return paused(self.source)

    @property
    def seen(self) -> str:
        return seen(self.source)


def row_of(source: Source) -> Row:
    ending = (ENDINGS.get(source.media_type) or PurePosixPath(source.name).suffix[1:].lower()) if source.file else ""
    kind = FILE_KINDS.get(ending) or (ending.upper() if ending else source.get_kind_display())
    icon = FILE_ICONS.get(ending) or ICONS.get(Source.Kind(source.kind), "description")
    learning = source.state in UNFINISHED
    tone = TONES.get(Source.State(source.state), "")
    return Row(source, str(kind), icon, tone, queries.progress(source), learning, [explain(code) for code in source.warnings])


def seen(source: Source) -> str:
    """What the row on the screen remembers of a source, to be asked what changed."""
    marks = [source.state, "paused" if paused(source) else "", "out" if source.excluded else ""]
    return "-".join(filter(None, marks))


def paused(source: Source) -> bool:
    """Whether it waits because its base does."""
    return source.state in UNFINISHED and (source.job is None or source.job.state == Job.State.CANCELLED)


def users_of(base: KnowledgeBase) -> list[Agent]:
    """The agents that know this base, as they were edited last."""
    return [agent for agent in agents.agents().select_related("latest_revision") if base.uuid in latest_content(agent).knowledge]
