"""A worker that a hostile file has taken over costs that file its text, whatever it answers."""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec
import pytest
from blake3 import blake3

from lsfs.core.records import StatKey
from lsfs.objects.cut import MOST_PIECE_BYTES
from lsfs.objects.piece import Codec, RecordKind
from lsfs.workers.checking import flaw, flaw_of_records
from lsfs.workers.lane import Lane
from lsfs.workers.messages import Outcome, ReadResult
from lsfs.workers.pool import ExtractPool

LYING = (sys.executable, str(Path(__file__).with_name("lying_worker.py")))
PIECE = Codec().piece(b"a piece", blake3(b"a piece").digest())
KEY = StatKey(1, 5, 1, 1, 0o100644)
LIES = ("hash", "table", "place", "heading", "bigrams", "length", "huge", "bytes", "passages", "nothing")
LIES_ABOUT_BYTES = ("other piece", "both", "fewer bytes", "short hash")


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


def test_a_lie_about_the_bytes_that_are_kept_is_one_about_the_file(liars, files):
    results = files.read(liars, {**{f"{lie}.txt": lie for lie in LIES_ABOUT_BYTES}, "fine.txt": "fine"})
    assert results["fine.txt"].outcome is Outcome.TEXT
    assert {results[f"{lie}.txt"].outcome for lie in LIES_ABOUT_BYTES} == {Outcome.FAILED}


@pytest.mark.parametrize(
    "record",
    [
        msgspec.structs.replace(PIECE, hash=b"short"),
        msgspec.structs.replace(PIECE, kind=RecordKind.MANIFEST),
        msgspec.structs.replace(PIECE, codec=9),
        msgspec.structs.replace(PIECE, size=-1),
        msgspec.structs.replace(PIECE, size=MOST_PIECE_BYTES + 1),
        msgspec.structs.replace(PIECE, payload=b"more than the piece itself", size=1),
    ],
)
def test_a_piece_that_cannot_be_one_is_not_taken(record):
    assert flaw_of_records([PIECE]) == ""
    assert flaw_of_records([PIECE, record])


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
