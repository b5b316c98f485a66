"""How the pool runs its processes: priorities, idleness, crashes, closing."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec
import pytest
from blake3 import blake3

from lsfs.core.errors import WorkerFailed
from lsfs.workers.messages import Outcome
from lsfs.workers.pool import ExtractPool, PoolSettings, ReadJob, ReadResult
from tests.workers.conftest import Files, alive, linux_only, open_descriptors, pids


def test_the_backlog_runs_at_idle_priority_and_a_saved_file_does_not(pool: ExtractPool, files: Files) -> None:
    assert files.read(pool, {"a.txt": "policy"})["a.txt"].chunks == (str(os.SCHED_IDLE),)
    assert files.read(pool, {"a.txt": "policy"}, urgent=True)["a.txt"].chunks == (str(os.SCHED_OTHER),)


def test_a_saved_file_does_not_wait_for_the_backlog(pool: ExtractPool, files: Files) -> None:
    released = threading.Event()

    def wanted(contents: list[bytes]) -> list[bool]:
        released.wait(30)
        return [True] * len(contents)

    backlog = pool.submit([files.job(1, "slow.txt", "slow")], wanted, lambda results: None)
    assert files.read(pool, {"saved.txt": "saved"}, urgent=True)["saved.txt"].chunks == ("saved",)
    assert not backlog.done()
    released.set()
    backlog.result(30)


def test_a_pause_holds_the_backlog_and_not_saved_files(pool: ExtractPool, files: Files) -> None:
    pool.pause()
    backlog = pool.submit([files.job(1, "later.txt", "later")], None, lambda results: None)
    assert files.read(pool, {"saved.txt": "saved"}, urgent=True)["saved.txt"].outcome is Outcome.TEXT
    assert not backlog.done()
    pool.resume()
    backlog.result(30)


@linux_only
def test_an_idle_worker_ends_and_comes_back(stub_settings: PoolSettings, files: Files) -> None:
    pool = ExtractPool(msgspec.structs.replace(stub_settings, text_idle_s=0.2))
    try:
        first = files.read(pool, {"a.txt": "pid"})["a.txt"].chunks
        deadline = time.monotonic() + 20
        while pids(pool) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not pids(pool)
        assert files.read(pool, {"a.txt": "pid"})["a.txt"].chunks != first
    finally:
        pool.close()


@linux_only
def test_neither_descriptors_nor_children_are_left_after_crashes_and_close(
    stub_settings: PoolSettings, files: Files
) -> None:
    files.read(warm := ExtractPool(stub_settings), {"a.txt": "x"})
    warm.close()
    before = open_descriptors()
    pool = ExtractPool(stub_settings)
    files.read(pool, {"a.txt": "exit", "b.txt": "fine", "c.doc": "exit", "d.doc": "fine"})
    children = pids(pool)
    assert children
    waiting = pool.submit([files.job(1, "e.txt", "hang"), files.job(2, "f.txt", "fine")], None, lambda results: None)
    pool.close()
    assert isinstance(waiting.exception(10), WorkerFailed)
    assert open_descriptors() == before
    assert not any(alive(child) for child in children)


def test_a_closed_pool_takes_nothing_and_closes_what_it_was_given(pool: ExtractPool, files: Files) -> None:
    pool.close()
    job = files.job(1, "a.txt", "x")
    with pytest.raises(WorkerFailed):
        pool.submit([job], None, lambda results: None)
    with pytest.raises(OSError):
        os.fstat(job.fd)


def test_a_worker_that_cannot_start_is_said_and_fails_no_file(stub_settings: PoolSettings, files: Files) -> None:
    pool = ExtractPool(msgspec.structs.replace(stub_settings, command=(sys.executable, "-c", "raise SystemExit(1)")))
    results: list[ReadResult] = []
    try:
        future = pool.submit([files.job(1, "a.txt", "x")], None, results.extend)
        assert isinstance(future.exception(30), WorkerFailed)
    finally:
        pool.close()
    assert results == []


def test_an_error_of_the_callers_function_reaches_the_caller_and_the_pool_goes_on(
    pool: ExtractPool, files: Files
) -> None:
    def wanted(contents: list[bytes]) -> list[bool]:
        raise LookupError("no index")

    future = pool.submit([files.job(1, "a.txt", "x")], wanted, lambda results: None)
    assert isinstance(future.exception(30), LookupError)
    assert files.read(pool, {"b.txt": "fine"})["b.txt"].chunks == ("fine",)


def test_an_error_while_taking_results_reaches_the_caller_after_the_last_file(pool: ExtractPool, files: Files) -> None:
    calls: list[int] = []

    def take(results: list[ReadResult]) -> None:
        calls.extend(result.job for result in results)
        raise OSError("disk full")

    jobs = [files.job(number, f"{number}.txt", "x" * 100_000) for number in range(20)]
    future = pool.submit(jobs, None, take)
    assert isinstance(future.exception(30), OSError)
    assert sorted(calls) == list(range(20))


def test_an_answer_of_the_wrong_length_is_the_callers_error(pool: ExtractPool, files: Files) -> None:
    future = pool.submit([files.job(1, "a.txt", "x")], lambda contents: [], lambda results: None)
    assert isinstance(future.exception(30), ValueError)


def test_a_document_that_changes_between_its_workers_is_unstable(pool: ExtractPool, files: Files) -> None:
    def wanted(contents: list[bytes]) -> list[bool]:
        (files.folder / "a.doc").write_text("after")
        return [True] * len(contents)

    (result,) = files.read(pool, {"a.doc": "before"}, wanted).values()
    assert result.outcome is Outcome.UNSTABLE


def test_too_many_waiting_documents_are_handed_back_with_their_hash(stub_settings: PoolSettings, files: Files) -> None:
    pool = ExtractPool(msgspec.structs.replace(stub_settings, most_documents=0))
    try:
        (result,) = files.read(pool, {"a.doc": "fine"}).values()
        assert (result.outcome, result.content) == (Outcome.ESCALATE, blake3(b"fine").digest())
        results: list[ReadResult] = []
        pool.submit([files.job(3, "a.doc", "fine")], None, results.extend, tier="document").result(30)
        assert [each.chunks for each in results] == [("fine",)]
    finally:
        pool.close()


def test_hashing_a_large_file_may_take_longer_than_the_deadline(stub_settings: PoolSettings, files: Files) -> None:
    pool = ExtractPool(msgspec.structs.replace(stub_settings, deadline_s=0.2))
    size = 1 << 30  # sparse: a second and more of hashing, no space
    path = files.folder / "film.bin"
    with path.open("wb") as film:
        film.truncate(size)
    results: list[ReadResult] = []
    try:
        pool.submit([ReadJob(1, b"film.bin", os.open(path, os.O_RDONLY))], None, results.extend).result(100)
    finally:
        pool.close()
    assert [(each.outcome, len(each.content)) for each in results] == [(Outcome.NO_TEXT, 32)]


def test_many_files_come_back_once_each(pool: ExtractPool, files: Files) -> None:
    contents: dict[str, bytes | str] = {f"{number}.txt": f"text {number}\n" * 50 for number in range(500)}
    results = files.read(pool, contents, lambda hashes: [True] * len(hashes))
    assert all("".join(results[name].chunks) == text for name, text in contents.items())


def test_a_large_file_is_hashed_whole_and_its_beginning_read(stub_settings: PoolSettings, files: Files) -> None:
    pool = ExtractPool(msgspec.structs.replace(stub_settings, max_text_bytes=1 << 21, max_document_bytes=1 << 21))
    data = b"0123456\n" * (3 << 17)
    try:
        results = files.read(pool, {"a.txt": data, "b.doc": data, "c.bin": data})
    finally:
        pool.close()
    assert {result.content for result in results.values()} == {blake3(data).digest()}
    assert not results["a.txt"].own_text
    assert results["a.txt"].text_bytes == 1 << 21
    assert (results["b.doc"].outcome, results["b.doc"].reason) == (Outcome.NO_TEXT, "too-large")
    assert results["c.bin"].outcome is Outcome.NO_TEXT


@linux_only
def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path, stub_settings: PoolSettings) -> None:
    (tmp_path / "a.txt").write_text("hang")
    program = """
import os, sys, time
from pathlib import Path
from lsfs.workers.pool import ExtractPool, PoolSettings, ReadJob
pool = ExtractPool(PoolSettings(scratch=Path(sys.argv[1]), command=tuple(sys.argv[3:])))
pool.submit([ReadJob(1, b"a.txt", os.open(sys.argv[2], os.O_RDONLY))], None, print)
for _ in range(500):
    if any(report.sandbox for report in pool.report()):
        break
    time.sleep(0.02)
print(*[report.pid for report in pool.report() if report.pid], flush=True)
time.sleep(60)
"""
    arguments = [str(stub_settings.scratch), str(tmp_path / "a.txt"), *stub_settings.command]
    with subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        (child,) = map(int, parent.stdout.readline().split())
        parent.kill()
    deadline = time.monotonic() + 10
    while _runs(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(child)


def _runs(pid: int) -> bool:
    """Whether the process still executes; one that nobody reaps (no init in a container) does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
