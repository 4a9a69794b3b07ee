"""A limit on request bodies where they arrive: daphne keeps a whole body on disk before the application sees its first byte."""

from __future__ import annotations

from typing import Any

ANSWER = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def bounded(request_class: type[Any], most: int) -> type[Any]:
    """A subclass of daphne's request class that cuts a sender off who announces or sends more than `most` bytes."""

    class BoundedRequest(request_class):  # type: ignore[misc]
        received = 0

        def gotLength(self, length: int | None) -> None:  # noqa: N802  (Twisted's own name)
            super().gotLength(length)
            self._check(length or 0)

        def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
            self.received += len(data)
            if self._check(self.received):
                super().handleContentChunk(data)

        def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802
            """Without Twisted's own reading of forms, which answers an odd one with an empty 400: the application reads them."""
            self.content.seek(0)
            self.args = {}
            self.method, self.uri, self.clientproto = command, path, version
            self.path = path.partition(b"?")[0]
            self.process()

        def _check(self, size: int) -> bool:
            if size > most and self.channel is not None:
                self.channel.transport.write(ANSWER)
                self.channel.loseConnection()
            return size <= most

    return BoundedRequest
