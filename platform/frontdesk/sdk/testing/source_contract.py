"""What every source loader must do. A plugin's tests subclass it, with a good place for each loader and what it answers:

    class TestContract(SourceLoaderContract):
        module = "frontdesk_feeds.plugin"
        good = {Feed: FeedSettings(address="https://example.com/feed")}

        def web(self, request):
            return httpx.Response(200, content=RECORDED)

Needs pytest and pytest-asyncio in its "auto" mode.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, ClassVar

import httpx
from pydantic import BaseModel

from ..context import Context
from ..errors import LoaderError, NothingNew
from ..loaders import LoadedItem, SourceLoader
from .context import MemoryStorage, Web, context_for

HUGE = 200 * 2**20


class SourceLoaderContract:
    """Ids that stay, texts in a type the host knows, and a sentence for the owner whatever the place answers."""

    module: ClassVar[str]
    """Where the entry point leads: "frontdesk_feeds.plugin"."""
    good: ClassVar[Mapping[type[SourceLoader], BaseModel]]
    """Loader → settings of a place that has items."""

    def web(self, request: httpx.Request) -> httpx.Response:
        """What the good places answer."""
        raise NotImplementedError

    def test_there_is_a_good_place_for_each(self) -> None:
        offered = {item for item in import_module(self.module).register_loaders() if issubclass(item, SourceLoader)}
        assert offered == set(self.good)

    def test_each_says_what_it_is_for(self) -> None:
        for loader in self.good:
            assert loader.label
            assert len(loader.description) >= 20, f"{loader.slug}: an owner chooses by the description"
            bare = [name for name, field in loader.config_model.model_fields.items() if not field.title]
            assert not bare, f"{loader.slug}: give these settings a title: {bare}"

    async def test_items_are_whole(self) -> None:
        for loader in self.good:
            found = await self._listed(loader)
            assert found, f"{loader.slug} finds nothing at its good place"
            assert len({item.id for item in found}) == len(found), "two items have the same id"
            for item in found:
                assert isinstance(item, LoadedItem)
                assert item.id.strip()
                assert item.text.strip()
                assert item.media_type in {"text/plain", "text/html", "text/markdown"}
                assert item.url == "" or item.url.startswith(("http://", "https://"))

    async def test_ids_and_versions_stay(self) -> None:
        for loader in self.good:
            assert await self._listed(loader) == await self._listed(loader)

    async def test_it_looks_again(self) -> None:
        """The same object's storage: either all items again, or NothingNew."""
        for loader in self.good:
            context = self._context(loader, self.web)
            first = await _items(loader, context)
            try:
                assert await _items(loader, context) == first
            except NothingNew:
                assert context.storage.values, "it says that nothing is new, and remembers nothing"  # type: ignore[attr-defined]

    async def test_what_was_not_taken_whole_is_listed_again(self) -> None:
        for loader in self.good:
            context = self._context(loader, self.web)
            stream = loader().items(context)
            assert await anext(stream)
            await stream.aclose()  # type: ignore[attr-defined]
            assert await _items(loader, context), "it says that nothing is new, though nobody took all"

    async def test_a_place_that_fails_is_a_sentence(self) -> None:
        for loader in self.good:
            for name, web in _failures().items():
                with_web = self._context(loader, web)
                try:
                    found = await _items(loader, with_web)
                except LoaderError as error:
                    assert str(error).strip().endswith((".", "!", "?", "…")), f"{loader.slug}, {name}: {error}"
                else:
                    raise AssertionError(f"{loader.slug}: {name} must be a LoaderError, and gave {len(found)} items")

    async def test_a_broken_answer_is_a_sentence_or_items(self) -> None:
        """The good answer, cut and mangled: what cannot be read is told; what is given is whole."""
        for loader in self.good:
            for share in (0.1, 0.5, 0.9):
                context = self._context(loader, self._mangled(share))
                try:
                    found = await _items(loader, context)
                except LoaderError as error:
                    assert str(error).strip()
                else:
                    assert all(item.id for item in found)

    async def _listed(self, loader: type[SourceLoader]) -> list[LoadedItem]:
        return await _items(loader, self._context(loader, self.web))

    def _context(self, loader: type[SourceLoader], web: Web) -> Context:
        manifest = import_module(self.module).manifest()
        made = context_for(manifest, self.good[loader], web=web)
        return dataclasses.replace(made, storage=MemoryStorage(room=max(1, manifest.permissions.storage) * 2**20))

    def _mangled(self, share: float) -> Web:
        def answer(request: httpx.Request) -> httpx.Response:
            whole = self.web(request)
            body = whole.content[: int(len(whole.content) * share)]
            return httpx.Response(
                whole.status_code, headers={"content-type": whole.headers.get("content-type", "")}, content=body
            )

        return answer


async def _items(loader: type[SourceLoader], context: Context) -> list[LoadedItem]:
    return [item async for item in loader().items(context)]


def _failures() -> dict[str, Web]:
    """Webs that answer nothing of use."""

    def status(number: int) -> Web:
        return lambda request: httpx.Response(number, text="Something else.")

    def raising(error: type[Exception]) -> Web:
        def fail(request: httpx.Request) -> httpx.Response:
            raise error("no", request=request)  # type: ignore[call-arg]

        return fail

    def around(request: httpx.Request) -> httpx.Response:
        return httpx.Response(302, headers={"location": str(request.url.copy_add_param("again", "1"))})

    def huge(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=_Endless())

    return {
        "a refused connection": raising(httpx.ConnectError),
        "a time-out": raising(httpx.ReadTimeout),
        "a line that breaks": raising(httpx.RemoteProtocolError),
        "redirects without end": around,
        "an endless answer": huge,
        "an empty answer": lambda request: httpx.Response(200, content=b""),
        "bytes": lambda request: httpx.Response(200, content=bytes(range(256)) * 100),
        "a login page": lambda request: httpx.Response(200, html="<html><body><form>Password</form></body></html>"),
        **{f"status {number}": status(number) for number in (401, 403, 404, 410, 429, 500, 503)},
    }


class _Endless(httpx.AsyncByteStream):
    """More than any place may answer, one MiB after the other; stops so that a test that fails ends."""

    async def __aiter__(self) -> Any:
        for _piece in range(HUGE // 2**20):
            yield b"<x>" + b" " * 2**20


def hostile_xml() -> Iterator[tuple[str, bytes]]:
    """(what it tries, document): for loaders that read XML."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    head = '<?xml version="1.0"?>'
    item = "<item><guid>1</guid><title>x</title><description>{}</description></item>"
    feed = f"<rss version='2.0'><channel><title>t</title>{item}</channel></rss>"
    yield "entities of entities", (f'{head}<!DOCTYPE rss [<!ENTITY l0 "ha">{laughs}]>' + feed.format("&l11;")).encode()
    yield (
        "a file of the server",
        (f'{head}<!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/passwd">]>' + feed.format("&f;")).encode(),
    )
    yield "an address inside", (f'{head}<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/x.dtd">' + feed.format("ok")).encode()
    yield "tags within tags", (head + feed.format("<b>" * 100_000)).encode()
    yield "one long tag", (head + "<rss " + "a='b' " * 200_000 + ">").encode()
