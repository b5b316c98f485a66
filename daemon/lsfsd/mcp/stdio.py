"""MCP over stdin and stdout: one message a line, nothing else on stdout, and an end that nothing holds up.

The SDK's own transport reads lines of any length, and cannot be ended while it waits for one; what reads and writes
here is ours, what the lines mean is the SDK's.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import threading
from collections.abc import AsyncIterator
from typing import Any, BinaryIO, cast

import anyio
from anyio import to_thread
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server

from lsfs.core.failures import DONE, INTERRUPTED

MOST_LINE = 16 << 20
"""Bytes of a message."""
_ENDS = 4096
_ID = rb'"id"\s*:\s*("(?:[^"\\]|\\.){0,200}"|\d{1,20})'
_ID_BEFORE = re.compile(rb'^\s*\{(?:\s*"(?:jsonrpc|method)"\s*:\s*"[^"]*"\s*,)*\s*' + _ID)
_ID_LAST = re.compile(_ID + rb'\s*(?:,\s*"(?:jsonrpc|method)"\s*:\s*"[^"]*"\s*)*\}\s*$')


def serve_stdio(server: Server[Any]) -> int:
    """Serves one client until it closes stdin, or a signal; the exit code."""
    stdin, stdout = _taken(0, os.O_RDONLY, "rb"), _taken(1, os.O_WRONLY, "wb")
    return anyio.run(_serve, server, stdin, stdout)


def _taken(descriptor: int, flags: int, mode: str) -> BinaryIO:
    """The stream of a standard descriptor, which from now on is nobody's: what prints there prints to stderr."""
    stream = os.fdopen(os.dup(descriptor), mode)
    if descriptor == 1:
        os.dup2(2, 1)
    else:
        nothing = os.open(os.devnull, flags)
        os.dup2(nothing, descriptor)
        os.close(nothing)
    return cast(BinaryIO, stream)


async def _serve(server: Server[Any], stdin: BinaryIO, stdout: BinaryIO) -> int:
    code = DONE
    output = Output(stdout)
    async with anyio.create_task_group() as tasks:

        async def end_by_signal() -> None:
            nonlocal code
            with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
                async for received in signals:
                    code = INTERRUPTED if received == signal.SIGINT else DONE
                    tasks.cancel_scope.cancel()

        tasks.start_soon(end_by_signal)
        # The SDK uses no more of these than iteration, write and flush.
        lines = cast("anyio.AsyncFile[str]", Lines(stdin, output))
        async with stdio_server(stdin=lines, stdout=cast("anyio.AsyncFile[str]", output)) as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())
        tasks.cancel_scope.cancel()
    return code


class Output:
    """Writes whole lines; one that was begun is ended, whoever waits for it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    async def write(self, text: str) -> None:
        """Returns when the line is handed over; raises ``ClosedResourceError`` where nobody reads any more."""
        try:
            await to_thread.run_sync(self.put, text, abandon_on_cancel=True)
        except OSError as error:
            raise anyio.ClosedResourceError from error

    async def flush(self) -> None:
        """Does nothing: each line is handed over when it is written."""

    def put(self, text: str) -> None:
        """The same, blocking; raises OSError."""
        with self._lock:
            self._stream.write(text.encode())
            self._stream.flush()


class Lines:
    """The lines of a stream as they come, read in a thread that ends with the process; too long ones are refused."""

    def __init__(self, stream: BinaryIO, output: Output) -> None:
        self._stream = stream
        self._output = output
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._room = threading.Semaphore(8)
        threading.Thread(target=self._read, name="mcp-stdin", daemon=True).start()

    async def __aiter__(self) -> AsyncIterator[str]:
        while (line := await self._lines.get()) is not None:
            self._room.release()
            yield line

    def _read(self) -> None:
        with contextlib.suppress(OSError, RuntimeError):  # RuntimeError: the loop has ended
            while line := self._stream.readline(MOST_LINE + 1):
                if len(line) > MOST_LINE:
                    self._refuse(line)
                    continue
                self._room.acquire()
                self._loop.call_soon_threadsafe(self._lines.put_nowait, line.decode("utf-8", "replace"))
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._lines.put_nowait, None)

    def _refuse(self, beginning: bytes) -> None:
        """Answers a message that is too long to be read, once its end was seen."""
        piece = tail = beginning
        while not piece.endswith(b"\n") and (piece := self._stream.readline(1 << 20)):
            tail = tail[-_ENDS:] + piece
        message = f"the message is longer than {MOST_LINE:,} bytes, so it was not read"
        answer = {
            "jsonrpc": "2.0",
            "id": request_id(beginning[:_ENDS], tail[-_ENDS:]),
            "error": {"code": -32600, "message": message},
        }
        self._output.put(json.dumps(answer) + "\n")


def request_id(head: bytes, tail: bytes) -> Any:
    """The id of a request of which only the ends are known; None where it is not among what they say for certain."""
    found = _ID_BEFORE.search(head) or _ID_LAST.search(tail)
    return json.loads(found[1]) if found is not None else None
