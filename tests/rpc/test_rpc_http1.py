"""The small HTTP client: every framing of RFC 9112 that a server may choose, and every way to break off."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsfs.rpc.http1 import BrokenAnswer, Response, send


class _Pieces:
    """A binary stream that gives what it has in pieces of one size, as a socket may."""

    def __init__(self, data: bytes, size: int = 7) -> None:
        self._data, self._size = data, size

    def readline(self, limit: int) -> bytes:
        line, end, _ = self._data.partition(b"\n")
        return self.take(min(limit, len(line + end)))

    def read(self, count: int) -> bytes:
        return self.take(count)

    def read1(self, count: int) -> bytes:
        return self.take(min(count, self._size))

    def take(self, count: int) -> bytes:
        taken, self._data = self._data[:count], self._data[count:]
        return taken


def response(data: bytes, size: int = 7) -> Response:
    return Response(_Pieces(data, size))  # type: ignore[arg-type]


def chunked(pieces: list[bytes]) -> bytes:
    body = b"".join(b"%x;note=1\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n\r\n"


@given(st.binary(), st.integers(1, 9))
def test_a_body_of_known_length_is_read_whole(body, size):
    found = response(b"HTTP/1.1 404 Not Found\r\nContent-Length: %d\r\n\r\n%sMORE" % (len(body), body), size)
    assert (found.status, found.read()) == (404, body)


@given(st.lists(st.binary()))
def test_chunks_are_put_together(pieces):
    assert response(chunked(pieces)).read() == b"".join(pieces)


@given(st.lists(st.text("ab\n").map(str.encode)))
def test_lines_are_the_same_however_they_are_cut_into_chunks(pieces):
    body = b"".join(pieces)
    lines = body.split(b"\n")
    assert list(response(chunked(pieces)).lines()) == (lines if lines[-1] else lines[:-1])


@given(st.binary(), st.integers(1, 9))
def test_a_body_may_end_with_the_connection(body, size):
    assert response(b"HTTP/1.0 200 OK\r\n\r\n" + body, size).read() == body


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 " + b"x" * 70_000,
    ],
)
def test_what_breaks_off_or_is_not_http_is_said_so(data):
    with pytest.raises(BrokenAnswer):
        response(data).read()


@pytest.fixture
def answering() -> Iterator[Callable[[bytes], tuple[socket.socket, list[bytes]]]]:
    """Connections to something that records a request and gives a fixed answer."""
    opened: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def make(answer: bytes) -> tuple[socket.socket, list[bytes]]:
        here, there = socket.socketpair(socket.AF_UNIX)
        opened.extend((here, there))
        asked: list[bytes] = []

        def serve() -> None:
            asked.append(there.recv(65536))
            there.sendall(answer)
            there.shutdown(socket.SHUT_RDWR)

        threads.append(threading.Thread(target=serve))
        threads[-1].start()
        return here, asked

    yield make
    for thread in threads:
        thread.join()
    for each in opened:
        each.close()


def test_a_request_says_whose_it_is_and_how_long(answering):
    connection, asked = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    answer = send(connection, "POST", "/v1/find", {"Lsfs-Build": "1/2/3"}, b'{"words": "x"}')
    assert answer.read() == b"{}"
    answer.close()
    head, _, body = asked[0].partition(b"\r\n\r\n")
    assert head.split(b"\r\n") == [
        b"POST /v1/find HTTP/1.1",
        b"Host: lsfs",
        b"Connection: close",
        b"Lsfs-Build: 1/2/3",
        b"Content-Type: application/json",
        b"Content-Length: 14",
    ]
    assert body == b'{"words": "x"}'


def test_without_a_body_none_is_announced(answering):
    connection, asked = answering(b"HTTP/1.1 200 OK\r\n\r\n{}")
    send(connection, "GET", "/v1/status", {}).close()
    assert b"Content" not in asked[0]
