"""The threads in which the engine is called: how many there are, and what they end with."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time

import pytest

from lsfsd.http.lanes import STREAMS, Lanes


@pytest.fixture
def lanes():
    made = Lanes()
    yield made
    made.close()


def test_one_stream_after_another_needs_no_new_thread(lanes):
    seen = set()

    async def follow() -> None:
        def items():
            yield threading.get_ident(), threading.current_thread().name

        for _ in range(3 * STREAMS):
            async with lanes.stream(items) as found:
                seen.update([item async for item in found])
            await asyncio.sleep(0.002)

    asyncio.run(follow())
    assert {name.rpartition("_")[0] for _, name in seen} == {"stream"}
    assert len(seen) < STREAMS / 2


def test_draining_waits_for_what_runs_streams_too(lanes):
    closed = []

    def endless():
        try:
            while True:
                yield 1
                time.sleep(0.3)
        finally:
            closed.append("stream")

    async def serve() -> None:
        async with lanes.stream(endless) as items:
            await anext(items)
            call = asyncio.ensure_future(lanes.call("work", lambda: (time.sleep(0.3), closed.append("call"))))
            await asyncio.sleep(0.1)
            lanes.end_streams()
            lanes.drain(20)
            assert sorted(closed) == ["call", "stream"]
            await call

    asyncio.run(serve())


def test_draining_gives_up_on_a_call_that_cannot_end_yet(lanes):
    released = threading.Event()

    async def serve() -> None:
        call = asyncio.ensure_future(lanes.call("work", lambda: released.wait(30)))
        await asyncio.sleep(0.05)
        began = time.monotonic()
        lanes.drain(0.1)
        assert time.monotonic() - began < 10 and not call.done()
        released.set()
        assert await call

    asyncio.run(serve())


def test_a_stream_that_was_left_before_a_thread_was_free_is_never_made(lanes):
    made = []

    async def serve() -> None:
        busy = threading.Event()
        for _ in range(STREAMS):
            lanes._submit("stream", lambda: busy.wait(30))
        async with lanes.stream(lambda: made.append(1) or iter(())):
            pass
        busy.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.to_thread(lanes.drain, 20)

    asyncio.run(serve())
    assert made == []
