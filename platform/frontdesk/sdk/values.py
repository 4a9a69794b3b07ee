"""The data that crosses the border between the host and a plugin: frozen, typed, without behaviour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
else:
    Vectors = Any  # numpy takes a moment and threads to load, and a process that reads a file has neither
"""Embeddings: shape (texts, dimensions), float32, each row of unit length."""

ModelKind = Literal["chat", "embedding", "speech", "transcription", "rerank"]
FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]


# --- models -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """One model of a provider. Capability is data, never an `if` on a name.

    Prices are in US dollars per million tokens; `context` is in tokens; `dimensions` is for embeddings, 0 when only a
    call can tell.
    `scripts` names the Unicode scripts an embedder understands ("LATIN"); empty means every script.
    """

    id: str
    kind: ModelKind
    label: str = ""
    tools: bool = False
    vision: bool = False
    streaming: bool = True
    context: int = 0
    dimensions: int = 0
    input_price: float = 0.0
    output_price: float = 0.0
    scripts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Usage:
    """What one call used. `requests` counts vendor calls; tokens are as the vendor counts them."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    requests: int = 1

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cached_tokens + other.cached_tokens,
            self.requests + other.requests,
        )


# --- chat requests ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TextPart:
    text: str


@dataclass(frozen=True, slots=True)
class ImagePart:
    """An image given to a model that can see. `data` are the raw bytes."""

    data: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model asks for a tool. `arguments` is the JSON text exactly as the model wrote it, perhaps not valid."""

    id: str
    name: str
    arguments: str
    thought_signature: str = ""
    """Opaque text that some vendors want back with the call (Gemini)."""


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One turn. `tool_calls` stand on an assistant message; `tool_call_id` and `name` on a tool message."""

    role: Literal["system", "user", "assistant", "tool"]
    parts: tuple[TextPart | ImagePart, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""
    name: str = ""

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))


def message(role: Literal["system", "user", "assistant", "tool"], text: str) -> ChatMessage:
    """A message of plain text."""
    return ChatMessage(role, (TextPart(text),))


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as a model sees it. `parameters` is a JSON Schema of type object."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of the owner's knowledge that was found for a question.

    `score` is the fused score (higher is better, comparable only within one search); `scores` holds each side's
    share ("words", "ngrams", "meaning"). `place` says where it stands, in the reader's words ("page 3").
    """

    id: int
    text: str
    title: str
    score: float
    source_id: int
    source_name: str
    place: str = ""
    url: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One call of a chat model.

    `passages` are also rendered into the system message; they are here for providers that quote instead of write
    (the offline one). `confidence` is 0…1: how sure retrieval is that the answer is in the passages, None when it was not asked.
    """

    model: str
    messages: Sequence[ChatMessage]
    tools: Sequence[ToolSpec] = ()
    temperature: float | None = None
    max_tokens: int | None = None
    passages: Sequence[Passage] = ()
    confidence: float | None = None
    language: str = ""
    user: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


# --- chat events ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PartDelta:
    """A piece of a part that is being written. `kind` "tool" carries a piece of a tool call's arguments."""

    text: str
    kind: Literal["text", "reasoning", "tool"] = "text"
    index: int = 0


@dataclass(frozen=True, slots=True)
class PartDone:
    """A part is complete: the whole text, or the whole tool call."""

    text: str = ""
    kind: Literal["text", "reasoning", "tool"] = "text"
    index: int = 0
    tool_call: ToolCall | None = None
    cited: tuple[int, ...] = ()
    """Ids of the passages that this part quotes, when the provider knows."""


@dataclass(frozen=True, slots=True)
class UsageReport:
    usage: Usage


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of a chat, exactly once."""

    reason: FinishReason


ChatEvent = PartDelta | PartDone | UsageReport | Finished


# --- speech -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Speech:
    """A piece of audio. `visemes` are rows of (start seconds, viseme id)."""

    audio: bytes
    media_type: str
    visemes: Sequence[Sequence[float]] = ()


@dataclass(frozen=True, slots=True)
class Transcript:
    text: str
    language: str = ""
    seconds: float = 0.0


# --- channels ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message or goes out with one: `url`, `data`, or `reference`, the vendor's own id of it.

    What goes out has its `data`, and a `url` that a vendor may fetch it from for an hour. `size` is in bytes, 0 when the vendor
    does not say.
    """

    media_type: str
    name: str = ""
    url: str = ""
    data: bytes = b""
    reference: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class WebRequest:
    """An HTTP request as a channel plugin sees it. Header names are lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class WebResponse:
    """An HTTP answer that a vendor waits for, when it checks an address."""

    status: int = 200
    body: str = ""
    media_type: str = "text/plain"


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message that came in. `external_id` is the vendor's own id of the message, unique within the channel.

    `reply_to` is that of the message it answers, where the vendor says so; `button` the id of the button that was pressed,
    with its label in `text`. `sent_at` is the vendor's clock, in seconds since 1970, 0 when it does not say. `language` is what
    the sender's device is set to ("pt-BR"), where the vendor tells.
    """

    external_id: str
    sender_id: str
    text: str
    sender_name: str = ""
    thread_id: str = ""
    attachments: tuple[Attachment, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)
    reply_to: str = ""
    button: str = ""
    sent_at: float = 0.0
    language: str = ""


@dataclass(frozen=True, slots=True)
class Edited:
    """A customer changed a message that they had sent before. With `sent_at`, an older change that comes later is passed over."""

    external_id: str
    sender_id: str
    text: str
    thread_id: str = ""
    sent_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Deleted:
    """A customer took back a message that they had sent before."""

    external_id: str
    sender_id: str
    thread_id: str = ""


@dataclass(frozen=True, slots=True)
class Reaction:
    """A customer put an emoji on a message, theirs or ours; "" takes it back. `external_id` is the message's or its receipt's."""

    external_id: str
    sender_id: str
    emoji: str
    thread_id: str = ""
    sent_at: float = 0.0


DeliveryState = Literal["sent", "delivered", "read", "failed"]


@dataclass(frozen=True, slots=True)
class Status:
    """What became of a message that was sent. `external_id` is that of its receipt, or its idempotency key.

    They may come late, twice and in any order.
    """

    external_id: str
    state: DeliveryState
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Watermark:
    """What became of all that a customer was sent up to a moment (seconds since 1970, by the vendor's clock), of vendors that do
    not list the messages.
    """

    recipient_id: str
    state: Literal["delivered", "read"]
    until: float
    thread_id: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """A choice under a message that the customer may press; `id` comes back as `Inbound.button`."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Template:
    """A text that the vendor has approved: the only thing a business may send when a customer has been silent for too long.

    `text` has its blanks as {{1}}, {{2}}…; `values` fills them in when it is sent.
    """

    name: str
    language: str
    text: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outbound:
    """A message to send. `idempotency_key` is stable over retries.

    `text` is plain; `markdown` is the same with its marks, for a channel that can show them, "" when it has none.
    `reply_to` is the vendor's id of the message it answers. With a `template`, that is sent in place of the text. The host sends
    one file at a time, and then the text is empty; it sends none that `capabilities` do not name.
    `by_person` says that somebody of the business wrote it, whom some vendors give more time to answer than a program.
    """

    recipient_id: str
    text: str
    idempotency_key: str
    thread_id: str = ""
    attachments: tuple[Attachment, ...] = ()
    markdown: str = ""
    buttons: tuple[Button, ...] = ()
    reply_to: str = ""
    template: Template | None = None
    by_person: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """The vendor took the message under this id."""

    external_id: str


@dataclass(frozen=True, slots=True)
class Polled:
    """What a channel that is asked, not told, has for us: requests that are then kept and parsed like any other.

    `state` is handed back the next time ("" the first time) and kept together with the requests: nothing is missed.
    """

    requests: Sequence[WebRequest]
    state: str
