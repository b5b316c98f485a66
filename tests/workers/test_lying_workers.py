"""A worker that a hostile file has taken over costs that file its text, whatever it answers."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import pytest
from blake3 import blake3

from lsfs.core.records import StatKey
from lsfs.workers.checking import flaw
from lsfs.workers.lane import Lane
from lsfs.workers.messages import Outcome, ReadResult
from lsfs.workers.pool import ExtractPool

LYING = (sys.executable, str(Path(__file__).with_name("lying_worker.py")))
KEY = StatKey(1, 5, 1, 1, 0o100644)
LIES = ("hash", "table", "place", "heading", "bigrams", "length", "huge", "bytes", "passages", "nothing")


@pytest.fixture
def liars(stub_settings):
    pool = ExtractPool(msgspec.structs.replace(stub_settings, command=LYING))
    yield pool
    pool.close()


def test_every_lie_costs_only_the_file_that_it_is_about(liars, files):
    results = files.read(liars, {**{f"{lie}.txt": lie for lie in LIES}, "fine.txt": "fine"})
    assert results["fine.txt"].chunks == ("fine",)
    lies = {name: result for name, result in results.items() if name != "fine.txt"}
    assert {name: result.outcome for name, result in lies.items()} == dict.fromkeys(lies, Outcome.FAILED)
    assert all(result.content == blake3(name.removesuffix(".txt").encode()).digest() for name, result in lies.items())


def test_a_document_is_not_handed_on_for_ever():
    result = ReadResult(1, Outcome.ESCALATE, b"h" * 32, KEY)
    assert flaw(result, (b"h" * 32, KEY), "text") == ""
    assert flaw(result, (b"h" * 32, KEY), "document")


def test_a_result_without_a_hash_needs_none_said_before():
    assert flaw(ReadResult(1, Outcome.UNSTABLE), None, "text") == ""
    assert flaw(ReadResult(1, Outcome.KNOWN, b"h" * 32, KEY), None, "text")


def test_the_pause_between_starts_has_a_bound_after_any_number_of_failures(liars):
    class Queue:
        waited: float | None = None

        def wait_closed(self, seconds: float) -> bool:
            self.waited = seconds
            return True

    lane = Lane(liars._lanes[0].settings, Queue(), lambda *_: None)
    lane._failures = 5000
    lane._back_off()
    assert 1 < lane._queue.waited <= 5
