"""The pool with real processes and an extractor that does what the file says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
import zstandard
from blake3 import blake3

import lsfs
from lsfs.core import chunktable
from lsfs.core.errors import WorkerFailed
from lsfs.workers.messages import Outcome
from lsfs.workers.pool import ExtractPool, PoolSettings, ReadJob, ReadResult

STUB = (sys.executable, str(Path(__file__).with_name("stub_worker.py")))


class Files:
    """Makes files, hands them to a pool, and gathers the results by file name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def job(self, number: int, name: str, data: bytes | str) -> ReadJob:
        path = self.folder / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return ReadJob(number, name.encode(), os.open(path, os.O_RDONLY | os.O_CLOEXEC))

    def read(
        self,
        pool: ExtractPool,
        files: dict[str, bytes | str],
        wanted: Callable[[list[bytes]], list[bool]] | None = None,
        *,
        urgent: bool = False,
        timeout: float = 40,
    ) -> dict[str, ReadResult]:
        names = list(files)
        results: dict[str, ReadResult] = {}
        lock = threading.Lock()

        def gather(some: list[ReadResult]) -> None:
            with lock:
                for result in some:
                    assert names[result.job] not in results, "a file got two results"
                    results[names[result.job]] = result

        jobs = [self.job(number, name, files[name]) for number, name in enumerate(names)]
        pool.submit(jobs, wanted, gather, urgent=urgent).result(timeout)
        assert results.keys() == files.keys()
        return results


@pytest.fixture(autouse=True)
def children_find_this_lsfs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(lsfs.__file__).parents[1]), prepend=os.pathsep)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    folder = tmp_path / "files"
    folder.mkdir()
    return Files(folder)


@pytest.fixture
def stub_settings(tmp_path: Path) -> PoolSettings:
    return PoolSettings(scratch=tmp_path / "scratch", command=STUB, deadline_s=30.0)


@pytest.fixture
def pool(stub_settings: PoolSettings) -> Iterator[ExtractPool]:
    pool = ExtractPool(stub_settings)
    yield pool
    pool.close()


linux_only = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def pids(pool: ExtractPool) -> list[int]:
    return [report.pid for report in pool.report() if report.pid is not None]


def open_descriptors() -> set[str]:
    return {f"{fd}:{os.readlink(f'/proc/self/fd/{fd}')}" for fd in os.listdir("/proc/self/fd") if _exists(fd)}


def _exists(fd: str) -> bool:
    return os.path.lexists(f"/proc/self/fd/{fd}")


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
    assert (result.tier, result.extractor) == ("text", "stub-1")


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
    assert results["a.doc"].tier == "document"
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


@linux_only
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
    assert results["a.txt"].truncated
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
