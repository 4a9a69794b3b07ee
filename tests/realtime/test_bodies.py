"""A request body has an end, also for who never sends one."""

from __future__ import annotations

import socket
from contextlib import suppress

import pytest
from django.conf import settings

from frontdesk.surfaces.ops.management.web import CUT_OFF_BYTES
from tests.ground.live import Web

pytestmark = pytest.mark.django_db
HEAD = b"POST /api/token HTTP/1.1\r\nHost: desk.example\r\nContent-Type: application/json\r\n"


def heard(connection: socket.socket) -> bytes:
    """All that the server says before it closes."""
    said = b""
    with suppress(ConnectionError):
        while piece := connection.recv(65536):
            said += piece
    return said


def test_a_body_that_is_announced_as_endless_is_cut_off_at_once(live_web: Web) -> None:
    with socket.create_connection(("127.0.0.1", live_web.port), timeout=20) as connection:
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n{" % (CUT_OFF_BYTES + 1))
        assert heard(connection).startswith(b"HTTP/1.1 413 ")
    assert live_web.answers()


def test_a_body_without_an_end_is_cut_off(live_web: Web) -> None:
    piece = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", live_web.port), timeout=20) as connection:
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        with pytest.raises(ConnectionError):
            for _megabyte in range(2 * CUT_OFF_BYTES // 2**20):
                connection.sendall(piece)
    assert live_web.answers()


def test_a_body_that_is_only_too_large_is_told_so(live_web: Web) -> None:
    body = b" " * (settings.UPLOAD_MAX_BYTES + 2**20 + 1)
    with socket.create_connection(("127.0.0.1", live_web.port), timeout=20) as connection:
        connection.sendall(HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        said = heard(connection)
    assert said.startswith(b"HTTP/1.1 413 ") and b'"code": "TOO_LARGE"' in said


def test_an_odd_form_gets_the_api_s_own_answer(live_web: Web) -> None:
    """Twisted would answer this one with an empty 400."""
    body = b"--x--\r\n"
    head = b"POST /api/v1/knowledge/ingest HTTP/1.1\r\nHost: desk.example\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    with socket.create_connection(("127.0.0.1", live_web.port), timeout=20) as connection:
        connection.sendall(head + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        assert b'"code": "' in heard(connection)
