"""A pool of real worker processes whose extractor does what the file says."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import lsfs
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
