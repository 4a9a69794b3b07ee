"""MiniLM on onnxruntime: sentence vectors and token vectors. One model a process, loaded when it is first needed."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

import numpy as np

from frontdesk.sdk.values import Vectors

from .build_model import MODEL, TOKENIZER, prepare

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Encoding, Tokenizer

DIMENSIONS = 384
LONGEST = 256
"""Tokens of a text that are read, as the model was trained; the rest is left out."""
SLAB = 4
"""Texts a thread works on before it looks at what else is waiting."""
REMEMBERED = 512
"""Texts whose token vectors are kept: passages and sentences that customers ask for again and again. At most 100 MB."""

Lane = Literal["query", "document"]
Given = TypeVar("Given")
Made = TypeVar("Made")


def threads_from_environment() -> int:
    """How many threads learn documents. Raises ValueError with a sentence."""
    threads = os.environ.get("FRONTDESK_OFFLINE_THREADS") or "1"
    if not threads.isdecimal() or int(threads) < 1:
        raise ValueError(f"FRONTDESK_OFFLINE_THREADS must be a number from 1 on, not {threads!r}.")
    return int(threads)


class Embedder:
    """Texts in, vectors out. Questions have a thread of their own, so they never wait behind documents being learned.

    Texts are run one at a time: on a CPU that is as fast as a batch, and nothing is spent on padding.
    """

    def __init__(self, folder: Path | None = None, threads: int = 1) -> None:
        self._folder = folder
        self._threads = threads
        self._loading = threading.Lock()
        self._loaded: tuple[Tokenizer, InferenceSession] | None = None
        self._lanes = {
            "query": ThreadPoolExecutor(1, thread_name_prefix="offline-query"),
            "document": ThreadPoolExecutor(threads, thread_name_prefix="offline-document"),
        }
        self.token_vectors = lru_cache(REMEMBERED)(self._token_vectors)

    def load(self) -> tuple[Tokenizer, InferenceSession]:
        """The tokenizer and the model; the first call makes them."""
        with self._loading:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def _load(self) -> tuple[Tokenizer, InferenceSession]:
        from onnxruntime import InferenceSession, SessionOptions
        from tokenizers import Tokenizer

        folder = prepare(self._folder)
        tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        tokenizer.no_padding()
        tokenizer.enable_truncation(LONGEST)
        options = SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = InferenceSession(
            str(folder / MODEL),
            options,
            providers=["CPUExecutionProvider"],
            # Fused, onnxruntime's CPU kernel is so slow that the whole model takes a fifth longer.
            disabled_optimizers=["SkipLayerNormFusion"],
        )
        return tokenizer, session

    def encode(self, text: str) -> Encoding:
        """Token ids. Lone surrogates, which broken files hold, become question marks."""
        return self.load()[0].encode(text.encode("utf-8", "replace").decode("utf-8"))

    def run(self, encoding: Encoding, output: Literal["embedding", "tokens"]) -> np.ndarray:
        """One text through the model: (384,) or (tokens, 384)."""
        feed = {"input_ids": np.array([encoding.ids]), "attention_mask": np.array([encoding.attention_mask])}
        return self.load()[1].run([output], feed)[0][0]

    def _token_vectors(self, text: str) -> np.ndarray:
        """Unit rows of the tokens without the two marks at the ends, in half precision to be kept in memory."""
        rows = self.run(self.encode(text), "tokens")[1:-1]
        return (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)).astype(np.float16)

    def nearness(self, query: str, texts: Sequence[str]) -> list[np.ndarray]:
        """Of each text, the best cosine of one of its tokens to each token of the query: the parts of `rank`.

        Computed in the calling thread; the token vectors are remembered.
        """
        return _nearest(self.token_vectors(query), [self.token_vectors(text) for text in texts])

    async def embed(self, texts: Sequence[str], lane: Lane) -> tuple[Vectors, int]:
        """Unit rows in the order of the texts, and how many tokens were read. Never blocks the event loop."""
        slabs = [texts[start : start + SLAB] for start in range(0, len(texts), SLAB)]
        done = await self._spread(lane, self._slab, slabs)
        rows = np.concatenate([rows for rows, _ in done]) if done else np.empty((0, DIMENSIONS), np.float32)
        return rows, sum(read for _, read in done)

    def _slab(self, texts: Sequence[str]) -> tuple[Vectors, int]:
        encodings = [self.encode(text) for text in texts]
        return np.stack([self.run(encoding, "embedding") for encoding in encodings]), sum(len(item.ids) for item in encodings)

    async def rank(self, query: str, texts: Sequence[str]) -> list[float]:
        """MaxSim of ColBERT (arXiv:2004.12832): the mean, over the query's tokens, of the best cosine to a token of the text.

        Never blocks the event loop, and takes turns with other questions, text by text.
        """
        asked, *rows = await self._spread("query", self.token_vectors, [query, *texts])
        return [float(near.mean()) for near in _nearest(asked, rows)]

    async def _spread(self, lane: Lane, work: Callable[[Given], Made], items: Sequence[Given]) -> list[Made]:
        """Each item on a thread of the lane. Callers take turns, item by item, so a long list does not hold up a short one."""
        loop = asyncio.get_running_loop()
        made: dict[int, Made] = {}
        waiting = iter(enumerate(items))

        async def take() -> None:
            for index, item in waiting:
                made[index] = await loop.run_in_executor(self._lanes[lane], work, item)

        takers = 1 if lane == "query" else self._threads
        await asyncio.gather(*(take() for _ in range(takers)))
        return [made[index] for index in range(len(items))]


def _nearest(query: np.ndarray, texts: Sequence[np.ndarray]) -> list[np.ndarray]:
    """A number for each token of the query, for each text; zeros where one of the two has no tokens."""
    asked, nothing = query.astype(np.float32), np.zeros(max(1, len(query)), np.float32)
    return [(asked @ text.astype(np.float32).T).max(axis=1) if text.size and asked.size else nothing for text in texts]


@lru_cache(1)
def shared_embedder() -> Embedder:
    """The process's one embedder."""
    return Embedder(threads=threads_from_environment())
