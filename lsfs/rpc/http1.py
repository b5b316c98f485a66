"""The part of HTTP/1.1 (RFC 9112) that talking to our own daemon over one connection takes.

``http.client`` does the same, and takes 25 ms to import, most of it for the parsing of mail headers.
One request a connection; bodies framed by Content-Length, by chunks, or by the end of the connection.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Mapping
from typing import BinaryIO

_LINE_LIMIT = 65536
_PIECE = 65536


class BrokenAnswer(ConnectionError):
    """The other side ended early, or does not speak HTTP."""


class Response:
    """The answer to one request; its body can be read once."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        version, _, rest = _line(stream).partition(b" ")
        if not version.startswith(b"HTTP/1.") or not rest[:3].isdigit():
            raise BrokenAnswer("the answer is not HTTP")
        self.status = int(rest[:3])
        self.headers = dict(_headers(stream))

    def close(self) -> None:
        """Gives back the answer's hold on the connection, which must be closed as well."""
        self._stream.close()

    def read(self) -> bytes:
        """The whole body."""
        return b"".join(self._pieces())

    def lines(self) -> Iterator[bytes]:
        """The body's lines as they come, without their ends."""
        rest = b""
        for piece in self._pieces():
            *whole, rest = (rest + piece).split(b"\n")
            yield from whole
        if rest:
            yield rest

    def _pieces(self) -> Iterator[bytes]:
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            return _chunks(self._stream)
        length = self.headers.get("content-length")
        if length is None:
            return iter(lambda: self._stream.read1(_PIECE), b"")  # type: ignore[attr-defined]
        if not length.isdigit():
            raise BrokenAnswer("the answer's length is not a number")
        return _exactly(self._stream, int(length))


def send(
    connection: socket.socket, method: str, target: str, headers: Mapping[str, str], body: bytes | None = None
) -> Response:
    """The answer to one request on a fresh `connection`; raises ``OSError`` where there is none.

    Header values must be Latin-1 without line ends; they are ours, not the user's.
    """
    lines = [f"{method} {target} HTTP/1.1", "Host: lsfs", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    # Who is turned away before the request was read may still be told why.
    with contextlib.suppress(BrokenPipeError):
        connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b""))
    stream = connection.makefile("rb")
    try:
        return Response(stream)
    except BaseException:
        stream.close()
        raise


def _line(stream: BinaryIO) -> bytes:
    line = stream.readline(_LINE_LIMIT)
    if not line.endswith(b"\n"):
        raise BrokenAnswer("the connection ended within the answer")
    return line.rstrip(b"\r\n")


def _headers(stream: BinaryIO) -> Iterator[tuple[str, str]]:
    for _ in range(100):
        line = _line(stream)
        if not line:
            return
        name, _, value = line.decode("latin-1").partition(":")
        yield name.lower(), value.strip()
    raise BrokenAnswer("the answer has too many headers")


def _exactly(stream: BinaryIO, length: int) -> Iterator[bytes]:
    while length:
        piece = stream.read(min(length, _PIECE))
        if not piece:
            raise BrokenAnswer("the connection ended within the answer")
        length -= len(piece)
        yield piece


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while True:
        size = _line(stream).partition(b";")[0]
        try:
            length = int(size, 16)
        except ValueError:
            raise BrokenAnswer("a chunk of the answer has no length") from None
        if length == 0:
            return
        yield b"".join(_exactly(stream, length))
        _line(stream)
