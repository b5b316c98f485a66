"""One daemon per user: a lock on the vault's folder, and a socket that only the lock's holder makes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
from collections.abc import Iterator

from lsfs.core.errors import ConflictError, PermissionRefused
from lsfs.core.locations import Paths, make_private_folder
from lsfs.rpc.launch import wait_until

BACKLOG = 128
PATIENCE_SECONDS = 1.0
"""Whoever asks whether a daemon runs (`lsfs.rpc.launch.is_locked`) holds the lock for an instant."""


@contextlib.contextmanager
def vault_lock(path: str, patience: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Holds the lock at `path` meanwhile; raises `ConflictError` that names who still has it after `patience` seconds.

    flock(2), so it ends with the process however that ends, and the file may stay.
    """
    make_private_folder(os.path.dirname(path))
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise PermissionRefused(f"the lock cannot be made: {error.strerror}", path=path) from error
    try:
        if not wait_until(lambda: _locked(descriptor), patience):
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise ConflictError(
                f"another lsfs daemon has this vault (process {holder})", path=path, hint="end it with: lsfs down"
            )
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def listening_socket(paths: Paths) -> Iterator[socket.socket]:
    """A socket at ``paths.socket`` (0600, in a 0700 folder), removed afterwards; to be called under the lock.

    What a killed daemon left there is removed.  Raises `ConflictError` where something listens: a daemon of another
    vault that shares the runtime folder.
    """
    paths.check_socket()
    make_private_folder(os.path.dirname(paths.socket))
    _remove_stale(paths.socket)
    listener = socket.socket(socket.AF_UNIX)
    try:
        try:
            # The mode of a socket is what the umask leaves of 0777; it is 0600 from its first moment on.
            before = os.umask(0o177)
            try:
                listener.bind(paths.socket)
            finally:
                os.umask(before)
        except OSError as error:
            raise PermissionRefused(f"the socket cannot be made: {error.strerror}", path=paths.socket) from error
        listener.listen(BACKLOG)
        inode = os.stat(paths.socket).st_ino
        try:
            yield listener
        finally:
            with contextlib.suppress(OSError):
                if os.stat(paths.socket).st_ino == inode:
                    os.unlink(paths.socket)
    finally:
        listener.close()


def _remove_stale(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except FileNotFoundError:
            return
        except OSError:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
            return
    raise ConflictError(
        "another lsfs daemon, of another data folder, listens here",
        path=path,
        hint="set XDG_RUNTIME_DIR for one of them",
    )
