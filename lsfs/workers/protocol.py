"""Messages over a Unix stream socket: 4 bytes of length (little-endian), then msgpack; descriptors by SCM_RIGHTS.

Either side may be the untrusted one: lengths are bounded, and messages are decoded into the expected types only.
"""

from __future__ import annotations

import array
import contextlib
import os
import select
import socket
import struct
from collections.abc import Sequence
from types import UnionType
from typing import Generic, TypeVar

import msgspec

MAX_MESSAGE = 256 << 20
MAX_DESCRIPTORS = 253
"""SCM_MAX_FD of Linux."""

_LENGTH = struct.Struct("<I")

M = TypeVar("M")


class ChannelClosed(Exception):
    """The other side is gone, or said something that is not a message."""


class Channel(Generic[M]):
    """One end of the connection of parent and worker; `M` is what the other end sends.

    One thread at a time may send, and one receive.
    """

    def __init__(self, end: socket.socket, expects: type[M] | UnionType, stall_s: float | None = None) -> None:
        """`expects` is the type of `M`.

        `stall_s` bounds the wait inside a message, for the side that cannot trust the other; None waits for ever.
        """
        self._socket = end
        self._socket.settimeout(stall_s)  # once: it needs ioctl, which the sandbox refuses later
        self._poll = select.poll()
        self._poll.register(end, select.POLLIN)
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(expects)

    def send(self, message: msgspec.Struct, descriptors: Sequence[int] = ()) -> None:
        """Sends all of `message`, waiting while the other side is slow; raises `ChannelClosed`."""
        payload = bytearray(4)
        self._encoder.encode_into(message, payload, 4)
        _LENGTH.pack_into(payload, 0, len(payload) - 4)
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
        try:
            sent = self._socket.sendmsg([payload], rights)
            if sent < len(payload):
                self._socket.sendall(memoryview(payload)[sent:])
        except OSError as error:
            raise ChannelClosed(f"sending failed: {error.strerror}") from error

    def receive(self, timeout: float | None = None) -> tuple[M, list[int]]:
        """The next message and the descriptors that came with it, which the caller then owns.

        Raises `TimeoutError` when nothing began to arrive within `timeout` seconds, `ChannelClosed` at the end.
        """
        if timeout is not None and not self._poll.poll(timeout * 1000):
            raise TimeoutError
        descriptors: list[int] = []
        try:
            head = self._receive_head(descriptors)
            (length,) = _LENGTH.unpack(head)
            if length > MAX_MESSAGE:
                raise ChannelClosed(f"a message of {length} bytes was announced")
            return self._decoder.decode(self._receive_exactly(length)), descriptors
        except BaseException as error:
            for descriptor in descriptors:
                with contextlib.suppress(OSError):
                    os.close(descriptor)
            if isinstance(error, OSError | msgspec.DecodeError):
                raise ChannelClosed(f"receiving failed: {error}") from error
            raise

    def _receive_head(self, descriptors: list[int]) -> bytes:
        head = b""
        space = socket.CMSG_SPACE(MAX_DESCRIPTORS * 4)
        while len(head) < 4:
            flags = getattr(socket, "MSG_CMSG_CLOEXEC", 0)
            data, ancillary, message_flags, _ = self._socket.recvmsg(4 - len(head), space, flags)
            for level, kind, packed in ancillary:
                if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                    whole = len(packed) - len(packed) % 4
                    descriptors.extend(array.array("i", packed[:whole]))
            if message_flags & socket.MSG_CTRUNC:
                raise ChannelClosed("descriptors were lost: too many are open")
            if not data:
                raise ChannelClosed("the other side closed the connection")
            head += data
        return head

    def _receive_exactly(self, length: int) -> bytearray:
        data = bytearray(length)
        view = memoryview(data)
        at = 0
        while at < length:
            count = self._socket.recv_into(view[at:])
            if count == 0:
                raise ChannelClosed("the other side closed the connection within a message")
            at += count
        return data

    def close(self) -> None:
        """Closes this end; the other side reads the end of the stream."""
        self._socket.close()
