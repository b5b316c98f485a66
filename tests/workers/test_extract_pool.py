"""What the pool makes of files, with real processes and an extractor that does what the file says."""

from __future__ import annotations

import os
import signal
import threading

import msgspec
import pytest
import zstandard
from blake3 import blake3

from lsfs.core import chunktable
from lsfs.workers.messages import Outcome
from lsfs.workers.pool import ExtractPool, PoolSettings, ReadJob, ReadResult
from tests.workers.conftest import Files, pids


def test_a_text_file_comes_back_hashed_chunked_and_as_its_own_text(pool: ExtractPool, files: Files) -> None:
    text = "one two\nthree\nfour\n"
    (result,) = files.read(pool, {"a.txt": text}).values()
    seen = os.stat(files.folder / "a.txt")
    assert result.outcome is Outcome.TEXT
    assert result.content == blake3(text.encode()).digest()
    assert result.key is not None
    assert (result.key.ino, result.key.size, result.key.ctime_ns) == (seen.st_ino, len(text), seen.st_ctime_ns)
    assert result.chunks == ("one two\n", "three\n", "four\n")
    assert result.own_text
    assert result.text_zstd == b""
    assert result.headings == ("odd", "even")
    rows = chunktable.unpack(result.chunk_table)
    assert [(row.start, row.line, row.heading) for row in rows] == [(0, 1, 0), (8, 2, 1), (14, 3, 0)]
    assert result.extractor == "stub-1"


def test_offsets_are_bytes_and_cjk_runs_are_bigrams(pool: ExtractPool, files: Files) -> None:
    text = "héé\n東京都 x\nlast\n"
    (result,) = files.read(pool, {"a.txt": text}).values()
    encoded = text.encode()
    starts = [row.start for row in chunktable.unpack(result.chunk_table)]
    assert [encoded[start:].decode().split("\n")[0] for start in starts] == ["héé", "東京都 x", "last"]
    assert result.cjk == ("", "東京 京都", "")
    assert result.own_text
    assert result.text_bytes == len(encoded)


def test_text_that_is_not_utf8_is_kept_compressed(pool: ExtractPool, files: Files) -> None:
    (result,) = files.read(pool, {"a.txt": b"caf\xe9 au lait"}).values()
    assert not result.own_text
    assert zstandard.decompress(result.text_zstd).decode() == "caf? au lait"


def test_only_wanted_contents_are_extracted(pool: ExtractPool, files: Files) -> None:
    asked: list[bytes] = []

    def wanted(contents: list[bytes]) -> list[bool]:
        asked.extend(contents)
        return [content == blake3(b"new").digest() for content in contents]

    results = files.read(pool, {"a.txt": "old", "b.txt": "new"}, wanted)
    assert asked == [blake3(b"old").digest(), blake3(b"new").digest()]
    assert results["a.txt"].outcome is Outcome.KNOWN
    assert results["a.txt"].content == asked[0]
    assert results["a.txt"].key is not None
    assert results["b.txt"].chunks == ("new",)


def test_documents_go_on_to_the_document_worker_and_names_to_nobody(pool: ExtractPool, files: Files) -> None:
    results = files.read(pool, {"a.doc": "pid", "b.txt": "pid", "c.bin": "pid"}, lambda hashes: [True] * len(hashes))
    assert results["c.bin"].outcome is Outcome.NO_TEXT
    by_tier = {report.tier: report.pid for report in pool.report() if report.pid and not report.urgent}
    assert results["a.doc"].chunks == (str(by_tier["document"]),)
    assert results["b.txt"].chunks == (str(by_tier["text"]),)


@pytest.mark.parametrize("action", ["exit", "abort", "allocate", "panic", "damaged"])
def test_a_file_that_breaks_its_worker_costs_itself_only(pool: ExtractPool, files: Files, action: str) -> None:
    contents: dict[str, bytes | str] = {f"{number}.txt": f"text {number}" for number in range(20)}
    results = files.read(pool, contents | {"7.txt": action})
    reasons = {"exit": "crash: exit status 3", "abort": "crash: SIGABRT", "allocate": "memory"}
    reasons |= {"panic": "crash: StubPanic: index out of bounds", "damaged": "damaged: no end of central directory"}
    bad = results.pop("7.txt")
    assert (bad.outcome, bad.reason) == (Outcome.FAILED, reasons[action])
    assert bad.content == blake3(action.encode()).digest(), "a failure is kept for the content that causes it"
    assert {name: result.chunks for name, result in results.items()} == {
        name: (text,) for name, text in contents.items() if name != "7.txt"
    }


@pytest.mark.parametrize("action", ["passwd", "socket", "exec", "fork", "kill", "write", "touch"])
def test_the_sandbox_refuses(pool: ExtractPool, files: Files, action: str) -> None:
    results = files.read(pool, {"bad.txt": action, "good.txt": "fine", "bad.doc": action})
    for name in ("bad.txt", "bad.doc"):
        assert results[name].outcome is Outcome.FAILED
        assert results[name].reason.startswith("crash: PermissionError"), results[name].reason
    assert results["good.txt"].chunks == ("fine",)
    active = {part for report in pool.report() if report.sandbox for part in report.sandbox.active}
    assert {"memory", "no-writing", "no-new-privs", "seccomp"} <= active


@pytest.mark.parametrize("action", ["loop", "hang"])
def test_a_file_that_takes_too_long_fails_and_the_others_do_not(
    stub_settings: PoolSettings, files: Files, action: str
) -> None:
    pool = ExtractPool(msgspec.structs.replace(stub_settings, deadline_s=0.7))
    try:
        results = files.read(pool, {"a.txt": "first", "b.txt": action, "c.txt": "last"})
    finally:
        pool.close()
    assert (results["b.txt"].outcome, results["b.txt"].reason) == (Outcome.FAILED, "timeout")
    assert results["b.txt"].content == blake3(action.encode()).digest()
    assert (results["a.txt"].chunks, results["c.txt"].chunks) == (("first",), ("last",))


def test_a_worker_killed_from_outside_costs_no_file(pool: ExtractPool, files: Files) -> None:
    asked = threading.Event()
    killed = threading.Event()

    def wanted(contents: list[bytes]) -> list[bool]:
        asked.set()
        killed.wait(20)
        return [True] * len(contents)

    def kill() -> None:
        asked.wait(20)
        os.kill(pids(pool)[0], signal.SIGKILL)
        killed.set()

    thread = threading.Thread(target=kill)
    thread.start()
    results = files.read(pool, {f"{number}.txt": f"text {number}" for number in range(10)}, wanted)
    thread.join()
    assert [result.chunks for result in results.values()] == [(f"text {number}",) for number in range(10)]


def test_what_is_no_regular_file_fails_with_a_reason(pool: ExtractPool, files: Files) -> None:
    results: list[ReadResult] = []
    fd = os.open(files.folder, os.O_RDONLY)
    pool.submit([ReadJob(5, b"folder", fd)], None, results.extend).result(40)
    assert [(result.job, result.outcome, result.reason) for result in results] == [(5, Outcome.FAILED, "not-a-file")]
