"""``lsfsd fuse``: the process behind one mount, which ends when that is unmounted.  The daemon starts it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NoReturn

import click

from lsfs.core.config import load_config
from lsfs.core.errors import ConflictError, DaemonUnavailable, LsfsError, UnavailableError
from lsfs.core.locations import Paths
from lsfs.core.posix import give_back_memory, mountinfo
from lsfs.rpc.build import build_id
from lsfs.rpc.caller import caller_fields
from lsfs.rpc.client import Client
from lsfsd.limits import allow_descriptors
from lsfsd.logs import logging_to
from lsfsd.mounts.process import BY_SIGNAL, UNMOUNTED, device_at

if TYPE_CHECKING:
    from lsfsd.fuse.live import SocketLive

FS_NAME = "lsfs"
_PROBE_ANSWER_S = 2.0
_TIDY_S = 60.0
_THREADS = 32
"""Of libfuse: searches may wait for the daemon in some, and the rest goes on."""


@click.command()
@click.argument("mount_point")
@click.option("--lock", required=True, help="File that is locked as long as this runs, and says what runs.")
@click.option("--ready-fd", type=int, help="Descriptor to which one line of JSON is written when it is mounted.")
@click.option("--allow-other", is_flag=True, help="Let other users in.")
def fuse(mount_point: str, lock: str, ready_fd: int | None, allow_other: bool) -> None:
    """Serve one mount until it is unmounted."""
    from lsfsd.main import reporting_to

    if ready_fd is not None:
        os.set_inheritable(ready_fd, False)  # fusermount3 lives as long as the mount
    os.umask(0o077)
    os.chdir("/")
    allow_descriptors()
    paths = Paths.from_env(os.environ)
    with (
        reporting_to(ready_fd) as report,
        logging_to(
            os.path.join(paths.state_dir, "mount.log"),
            load_config(paths.config_file).log_level,
            also_stderr=False,
        ),
        _locked(lock) as state,
        contextlib.ExitStack() as closing,
    ):
        _serve(paths, mount_point, allow_other, state, closing, report.ready)


def _serve(
    paths: Paths,
    mount_point: str,
    allow_other: bool,
    state: _State,
    closing: contextlib.ExitStack,
    ready: Callable[[], None],
) -> None:
    from lsfs.compose.viewers import open_views

    try:
        from lsfsd.fuse.session import FuseSession, caller_tid, library_version
    except (ImportError, OSError, AttributeError) as error:
        raise UnavailableError(f"libfuse 3 cannot be loaded: {error}", hint="sudo apt install fuse3") from error
    from lsfsd.fuse.adapter import Adapter
    from lsfsd.fuse.linking import Linking

    caller = caller_fields(os.environ, b"/", "mount")
    views = open_views(
        paths, live_of(paths, caller), caller["zone"], closing, locale=caller["locale"], learn=caller["learn"]
    )
    seen = os.stat(views.vault.path)
    state.write(
        pid=os.getpid(),
        build=build_id(),
        vault_ino=seen.st_ino,
        vault_dev=seen.st_dev,
        mount=mount_point,
        allow_other=allow_other,
    )

    def tidy() -> None:
        views.tidy()
        give_back_memory()

    def mounted() -> None:
        # Not before: to mount, libfuse forks, which a process with threads must not.
        closing.enter_context(_repeated(tidy, _TIDY_S))
        state.write(device=device_at(os.fsencode(mount_point)))
        ready()

    linking = Linking(os.fsencode(mount_point), views.tree, mountinfo)
    opened = views.opened if caller["learn"] else None
    adapter = Adapter(views.tree, linking, opened, caller_tid, mounted)
    options: dict[str, object] = {
        "fsname": FS_NAME,
        "subtype": FS_NAME,
        "auto_unmount": True,
        "default_permissions": True,
        "allow_other": allow_other,
        "nosuid": True,
        "nodev": True,
        "noatime": True,
    }
    # Threads that have served stay: each has connections to the vault.
    options["max_idle_threads"] = _THREADS
    if library_version() >= (3, 12):
        options["max_threads"] = _THREADS
    try:
        FuseSession(adapter, mount_point, **options)
        state.write(ended=UNMOUNTED)
    except RuntimeError as error:
        if adapter.mounted:
            state.write(ended=BY_SIGNAL)  # libfuse calls it a failure
            return
        raise UnavailableError(
            f"it cannot be mounted (libfuse says {error})", path=mount_point, hint="lsfs doctor"
        ) from error


@contextlib.contextmanager
def _repeated(work: Callable[[], None], seconds: float) -> Iterator[None]:
    """Does something again and again meanwhile, in a thread of its own."""
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(seconds):
            work()

    thread = threading.Thread(target=run, name="tidy")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def live_of(paths: Paths, caller: dict[str, object]) -> SocketLive:
    """The daemon behind a deadline; `caller` are the fields of every request."""
    from lsfsd.fuse.live import DEADLINE_S, Breaker, SocketLive

    def client(seconds: float) -> Client:
        # Of a build that no daemon is older than: a mount never has a daemon replaced, nor starts one.
        return Client(paths, caller, launch=_never, on_demand=False, build="0", answer_s=seconds)

    def answers() -> bool:
        try:
            client(_PROBE_ANSWER_S).call("hello")
        except LsfsError as error:
            # None at all is no reason to wait: calls are refused at once then.
            return not isinstance(error.__cause__, TimeoutError)
        return True

    return SocketLive(client(DEADLINE_S), Breaker(answers))


class _State:
    """What the lock's file says."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._said: dict[str, object] = {}

    def write(self, **said: object) -> None:
        """Says who holds it, and what has become of it since (`lsfsd.mounts.process.Claim`)."""
        self._said |= said
        data = json.dumps(self._said).encode() + b"\n"
        # In place, and cut after it: what has its space on the disk already cannot fail for lack of it.
        os.pwrite(self._descriptor, data, 0)
        os.ftruncate(self._descriptor, len(data))


@contextlib.contextmanager
def _locked(path: str) -> Iterator[_State]:
    """Holds the lock of a mount meanwhile; raises `ConflictError` where another process does."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConflictError("another process has this mount", path=path) from None
        yield _State(descriptor)
    finally:
        os.close(descriptor)


def _never() -> NoReturn:
    raise DaemonUnavailable("the daemon does not run")
