"""Fixtures for every test: a home of its own, a short folder for sockets, and a look at what was left behind.

Nothing here touches the home folder of whoever runs the tests.  Each test process (each worker of pytest-xdist) works
in one folder under /tmp, and must leave neither a process, nor a mount, nor a file outside of it.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.running import Lsfs, engine_at

MARKER = "LSFS_TEST_PROCESS"
"""In the environment of everything that a test starts, so that what outlives its test is recognised."""
PATIENCE_S = 5.0
"""How long a process that was told to end may take, on a machine that is busy with other tests."""

# Wall-clock limits of single examples say more about the machine's load than about the code.
settings.register_profile("lsfs", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("lsfs")


def mounts_under(folder: Path) -> list[str]:
    """Mount points below the folder."""
    try:
        lines = Path("/proc/self/mountinfo").read_text(errors="surrogateescape").splitlines()
    except FileNotFoundError:
        return []
    return [point for line in lines if (point := line.split()[4]).startswith(f"{folder}/")]


def is_child(status: str) -> bool:
    """Whether the text of a /proc/PID/status file is that of a running child of this process."""
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    return fields["PPid"] == str(os.getpid()) and not fields["State"].startswith("Z")


def marked_processes(mark: str) -> dict[int, str]:
    """Running children of this process, and others with the mark in their environment, with their command lines."""
    found = {}
    wanted = f"{MARKER}={mark}".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        pid = int(entry.name)
        if pid == os.getpid():
            continue
        try:
            # A child's environment reads as empty for an instant after its start, so children count without it.
            ours = wanted in (entry / "environ").read_bytes().split(b"\0") or is_child((entry / "status").read_text())
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:  # ended while we looked, or another user's
            continue
        # multiprocessing keeps its resource tracker and fork server until the interpreter ends.
        if ours and not any(
            name in command for name in ("multiprocessing.resource_tracker", "multiprocessing.forkserver")
        ):
            found[pid] = command
    return found


def outlived(mark: str, patience_s: float) -> list[str]:
    """Command lines of what still runs after the patience, each ended now."""
    until = time.monotonic() + patience_s
    while (left := marked_processes(mark)) and time.monotonic() < until:
        time.sleep(0.05)
    for pid in left:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    return [f"{pid} {command}" for pid, command in left.items()]


def lsfs_folders(home: Path) -> set[Path]:
    """The folders that lsfs would make in a home where no XDG variable is set."""
    places = (".local/share/lsfs", ".local/state/lsfs", ".cache/lsfs", ".config/lsfs")
    return {home / place for place in places if (home / place).exists()}


def private_environment(home: Path, runtime: Path) -> dict[str, str]:
    """Variables that move everything lsfs writes below `home`, and its socket into `runtime`."""
    return {
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / ".local/share"),
        "XDG_STATE_HOME": str(home / ".local/state"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_RUNTIME_DIR": str(runtime),
    }


@pytest.fixture(scope="session", autouse=True)
def process_folder() -> Iterator[Path]:
    """The folder of this test process; at the end nothing of what the tests made may be left."""
    own_home = Path.home()
    before = lsfs_folders(own_home)
    # Not pytest's own temporary folder: a socket's path has at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="lsfs-", dir="/tmp"))
    home, runtime = folder / "home", folder / "run"
    home.mkdir()
    runtime.mkdir(mode=0o700)
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("LSFS_") and name != "LSFS_MODELS"]:
            patch.delenv(name)
        for name, value in private_environment(home, runtime).items():
            patch.setenv(name, value)
        patch.setenv(MARKER, folder.name)
        yield folder
        left = [f"process {line}" for line in outlived(folder.name, PATIENCE_S)]
    left += [f"mount {point}" for point in mounts_under(folder)]
    left += [f"file in the runtime folder: {path.name}" for path in runtime.iterdir()]
    left += [f"folder in the real home: {path}" for path in sorted(lsfs_folders(own_home) - before)]
    if not mounts_under(folder):
        shutil.rmtree(folder)
    if left:
        pytest.fail("the tests left behind:\n  " + "\n  ".join(left), pytrace=False)


@pytest.fixture
def short_tmp(process_folder: Path) -> Iterator[Path]:
    """An empty folder with a short path, for sockets; taken away after the test."""
    folder = Path(tempfile.mkdtemp(prefix="t", dir=process_folder))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def private_home(short_tmp: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh home for one test: HOME and every XDG folder lie below it, for this process and what it starts."""
    home, runtime = short_tmp / "home", short_tmp / "run"
    home.mkdir()
    runtime.mkdir(mode=0o700)
    for name, value in private_environment(home, runtime).items():
        monkeypatch.setenv(name, value)
    return home


@pytest.fixture(scope="session")
def models_folder() -> Path:
    """The folder with the pulled embedder; `make test` names it in LSFS_MODELS."""
    folder = os.environ.get("LSFS_MODELS")
    if folder is None:
        beside = Path(__file__).parent.parent / ".venv/models"
        if not beside.is_dir():
            pytest.skip("no models here: run the tests with `make test`, which pulls them")
        return beside
    return Path(folder)


@pytest.fixture(scope="session")
def wait_until() -> Callable[..., None]:
    """``wait_until(condition, timeout_s)`` returns once the condition holds, and fails the test when it never does."""

    def wait(condition: Callable[[], object], timeout_s: float = 10.0, every_s: float = 0.02) -> None:
        until = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < until, f"still not so after {timeout_s} s: {condition}"
            time.sleep(every_s)

    return wait


@pytest.fixture
def lsfs(tmp_path: Path) -> Iterator[Lsfs]:
    with engine_at(tmp_path) as running:
        yield running


@pytest.fixture
def start_lsfs() -> Callable[..., object]:
    """`engine_at`, for tests that need several engines or settings of their own."""
    return engine_at
