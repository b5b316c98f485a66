"""Messages and descriptors between two processes that do not trust each other."""

from __future__ import annotations

import mmap
import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lsfs.workers import progress
from lsfs.workers.messages import Done, Results, ToExtractWorker, WantedPieces
from lsfs.workers.progress import ProgressPage, ProgressWriter, Stopwatch
from lsfs.workers.protocol import MAX_MESSAGE, Channel, ChannelClosed

Pair = tuple[Channel[ToExtractWorker], Channel[ToExtractWorker], socket.socket]


@pytest.fixture
def pair() -> Iterator[Pair]:
    """A sender, a receiver that expects what workers expect, and the sender's bare socket."""
    left, right = socket.socketpair()
    sender = Channel[ToExtractWorker](left, ToExtractWorker)
    receiver = Channel[ToExtractWorker](right, ToExtractWorker, stall_s=0.3)
    yield sender, receiver, left
    sender.close()
    receiver.close()


@given(lengths=st.lists(st.integers(0, 200_000), min_size=1, max_size=5))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_messages_of_any_size_arrive_in_order(pair: Pair, lengths: list[int]) -> None:
    sender, receiver, _ = pair

    def write() -> None:
        for length in lengths:
            sender.send(WantedPieces([True] * length))

    writer = threading.Thread(target=write)
    writer.start()
    received = [receiver.receive(5)[0] for _ in lengths]
    writer.join()
    assert [len(message.flags) for message in received if isinstance(message, WantedPieces)] == lengths


def test_descriptors_arrive_with_their_message(pair: Pair, tmp_path: Path) -> None:
    sender, receiver, _ = pair
    for number in range(3):
        (tmp_path / str(number)).write_text(f"file {number}")
        fd = os.open(tmp_path / str(number), os.O_RDONLY)
        sender.send(WantedPieces([True] * number), [fd])
        os.close(fd)
    for number in range(3):
        message, (fd,) = receiver.receive(5)
        assert message == WantedPieces([True] * number)
        assert not os.get_inheritable(fd)
        assert os.pread(fd, 100, 0).decode() == f"file {number}"
        os.close(fd)


def test_waiting_has_an_end_and_loses_nothing(pair: Pair) -> None:
    sender, receiver, _ = pair
    with pytest.raises(TimeoutError):
        receiver.receive(0.01)
    sender.send(WantedPieces([]))
    assert receiver.receive(5)[0] == WantedPieces([])


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("<I", MAX_MESSAGE + 1),
        struct.pack("<I", 0xFFFFFFFF),
        struct.pack("<I", 3) + b"\xff\xff\xff",
        struct.pack("<I", 100) + b"cut off",
        b"\x01",
    ],
    ids=["too long", "much too long", "no message", "stalls inside", "stalls in the length"],
)
def test_what_is_no_message_closes_the_channel(pair: Pair, data: bytes) -> None:
    _, receiver, bare = pair
    bare.sendall(data)
    with pytest.raises(ChannelClosed):
        receiver.receive(5)


def test_a_message_of_another_kind_is_refused(pair: Pair) -> None:
    sender, receiver, _ = pair
    for message in (Results([]), Done(True)):
        sender.send(message)
        with pytest.raises(ChannelClosed):
            receiver.receive(5)


def test_descriptors_of_a_bad_message_are_closed(pair: Pair, tmp_path: Path) -> None:
    sender, receiver, _ = pair
    read_end, write_end = os.pipe()
    sender.send(Done(True), [write_end])
    os.close(write_end)
    with pytest.raises(ChannelClosed):
        receiver.receive(5)
    assert os.read(read_end, 1) == b"", "the other end of the pipe is still open somewhere"
    os.close(read_end)


def test_the_end_of_the_other_side_is_noticed(pair: Pair) -> None:
    sender, receiver, _ = pair
    sender.close()
    with pytest.raises(ChannelClosed):
        receiver.receive(5)
    with pytest.raises(ChannelClosed):
        receiver.send(WantedPieces([]))


def test_progress_is_seen_through_the_page_that_nobody_can_shrink() -> None:
    page = ProgressPage()
    with mmap.mmap(page.descriptor, mmap.PAGESIZE) as shared:
        writer = ProgressWriter(shared)
        assert page.read() == (0, 0)
        writer.begin(7)
        writer.begin(9)
        assert page.read() == (2, 9)
    if hasattr(os, "memfd_create"):
        with pytest.raises(PermissionError):
            os.ftruncate(page.descriptor, 0)
    page.close()


def test_a_stopwatch_counts_sleep_and_not_the_wait_for_a_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    waits, clock = iter([1.0, 4.0]), iter([10.0, 15.0])
    monkeypatch.setattr(progress, "waited_for_processor", lambda pid: next(waits))
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    assert Stopwatch(1).elapsed() == 2.0
