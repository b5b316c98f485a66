"""How bytes go to an MCP server and come back: stdio and streamable HTTP, each within bounds.

The SDK's own stdio transport gathers a line of any length and hands the daemon's environment on; here a message has a
size that it may have, the environment is given, and what the server complains of is kept for the reason.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lsfs.tools.web import PLAIN, encoding_problem

if TYPE_CHECKING:
    import httpx2
    from anyio.abc import Process
    from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
    from mcp.shared.message import SessionMessage

    Streams = tuple[MemoryObjectReceiveStream[SessionMessage | Exception], MemoryObjectSendStream[SessionMessage]]

MOST_MESSAGE = 8 << 20
"""Bytes of one message."""
_COMPLAINT = 2000
"""Bytes of its standard error, the last ones, that are kept."""
_GRACE_S = 1.0
_CONNECT_S = 20.0
_READ_S = 300.0


class Told:
    """What became of a transport: why it ended, and what the server complained of meanwhile."""

    def __init__(self) -> None:
        self.why = ""
        self.complaint = b""

    def last_words(self) -> str:
        """The last line of the complaint."""
        lines = self.complaint.decode("utf-8", "replace").strip().splitlines()
        return lines[-1].strip()[:300] if lines else ""


@contextlib.asynccontextmanager
async def stdio(command: Sequence[str], environ: Mapping[str, str], cwd: str, told: Told) -> AsyncIterator[Streams]:
    """The streams of a server that is started, in a process group of its own, and gone when the block ends.

    Raises OSError where it cannot be started.
    """
    import anyio

    process = await anyio.open_process(list(command), env=dict(environ), cwd=cwd, start_new_session=True)
    try:
        incoming, received = anyio.create_memory_object_stream["SessionMessage | Exception"](0)
        sent, outgoing = anyio.create_memory_object_stream["SessionMessage"](0)
        async with incoming, received, sent, outgoing, anyio.create_task_group() as tasks:
            tasks.start_soon(_read, process, incoming, told)
            tasks.start_soon(_write, process, outgoing)
            tasks.start_soon(_listen, process, told)
            try:
                yield received, sent
            finally:
                with anyio.CancelScope(shield=True):
                    await _end(process)
                tasks.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            await _end(process)
            await process.aclose()


async def _read(process: Process, into: MemoryObjectSendStream[SessionMessage | Exception], told: Told) -> None:
    import anyio
    from mcp.shared.message import SessionMessage
    from mcp_types import jsonrpc_message_adapter

    assert process.stdout is not None
    buffer = bytearray()
    searched = 0
    async with into:
        with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
            async for part in process.stdout:
                buffer += part
                while (end := buffer.find(b"\n", searched)) >= 0:
                    line = bytes(buffer[:end])
                    del buffer[: end + 1]
                    searched = 0
                    if not line.lstrip().startswith(b"{"):
                        continue  # what a server prints beside its messages is its own affair
                    try:
                        # Not validate_json: what is nested too deep for it is left to `mended`.
                        message = jsonrpc_message_adapter.validate_python(json.loads(line), by_name=False)
                    except (ValueError, RecursionError):
                        told.why = "it sent a message that cannot be read"
                        return
                    await into.send(SessionMessage(message))
                searched = len(buffer)
                if len(buffer) > MOST_MESSAGE:
                    told.why = f"it sent a message of more than {MOST_MESSAGE >> 20} MiB"
                    return
        told.why = told.why or "it ended"


async def _write(process: Process, outgoing: MemoryObjectReceiveStream[SessionMessage]) -> None:
    import anyio

    assert process.stdin is not None
    with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
        async for message in outgoing:
            text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
            await process.stdin.send(text.encode() + b"\n")


async def _listen(process: Process, told: Told) -> None:
    import anyio

    assert process.stderr is not None
    with contextlib.suppress(anyio.BrokenResourceError, anyio.ClosedResourceError, OSError):
        async for part in process.stderr:
            told.complaint = (told.complaint + part)[-_COMPLAINT:]


async def _end(process: Process) -> None:
    """Ends a server as the specification of MCP has it: its input closed, then asked, then killed with its group."""
    import anyio

    if process.stdin is not None:
        with contextlib.suppress(OSError, anyio.BrokenResourceError, anyio.ClosedResourceError):
            await process.stdin.aclose()
    for sign in (None, signal.SIGTERM, signal.SIGKILL):
        if sign is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, sign)
        if await _gone(process, _GRACE_S):
            break
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # what it started and left behind


async def _gone(process: Process, seconds: float) -> bool:
    import anyio

    until = anyio.current_time() + seconds
    while process.returncode is None:
        if anyio.current_time() >= until:
            return False
        await anyio.sleep(0.01)
    return True


@contextlib.asynccontextmanager
async def http(url: str, headers: Mapping[str, str], told: Told) -> AsyncIterator[Any]:
    """The streams of a server at a URL; `headers` go to its origin alone."""
    import httpx2
    from mcp.client.streamable_http import streamable_http_client

    bounded = functools.partial(_bounded, told)
    timeout = httpx2.Timeout(_CONNECT_S, read=_READ_S)
    # trust_env: the daemon's proxies and netrc are not the user's wish for this server.
    async with (
        httpx2.AsyncClient(
            headers={**headers, **PLAIN}, timeout=timeout, trust_env=False, event_hooks={"response": [bounded]}
        ) as client,
        streamable_http_client(url, http_client=client, max_sse_event_size=MOST_MESSAGE) as streams,
    ):
        yield streams


async def _bounded(told: Told, response: httpx2.Response) -> None:
    """Has a response that is one message end with an error where it is too long; raises httpx2.ReadError for one that
    is compressed, as the length is that of what comes over the wire."""
    import httpx2

    if why := encoding_problem(response.headers):
        told.why = why
        raise httpx2.ReadError(why)
    if response.headers.get("content-type", "").startswith("text/event-stream"):
        return
    whole = response.stream
    assert isinstance(whole, httpx2.AsyncByteStream)
    inner: httpx2.AsyncByteStream = whole

    class Bounded(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            length = 0
            async for part in inner:
                length += len(part)
                if length > MOST_MESSAGE:
                    told.why = f"it sent a message of more than {MOST_MESSAGE >> 20} MiB"
                    raise httpx2.ReadError(told.why)
                yield part

        async def aclose(self) -> None:
            await inner.aclose()

    response.stream = Bounded()
