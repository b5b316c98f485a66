"""One tree of errors, each with a stable code.

    LsfsError
    ├── NothingFound          what was asked for is not there                    exit 1
    ├── UsageError            the command or request itself is wrong            exit 2
    ├── RefusedError          not allowed, or needs a confirmation               exit 3
    ├── ConflictError         the world changed, or another owner holds it       exit 4
    ├── UnavailableError      daemon, model or worker cannot be reached          exit 5
    │   ├── DaemonUnavailable
    │   ├── ModelUnavailable
    │   └── WorkerFailed
    ├── RolledBack            it failed part way, and all of it was taken back   exit 6
    ├── CallFailed            a tool that was called failed; what it changed stands   exit 6
    ├── StorageError          disk full, unreadable, no permission               exit 7
    │   ├── PermissionRefused
    │   ├── DiskFull
    │   ├── VaultDamaged
    │   ├── VaultNewer
    │   ├── SchemaNewer       in `lsfs.store`: any database of a newer lsfs
    │   └── Damaged           in `lsfs.store`: any database that fails its checks
    ├── ExtractError          in `lsfs.extract`: why a file gives no text; kept with the file, never an exit code
    └── InternalError         a bug of ours                                      exit 70

Codes are part of the contract of ``--json`` and of the HTTP interface; they never change.
Errno, exit code and HTTP status have one table each, at their edge.
"""

from __future__ import annotations

from typing import ClassVar


class LsfsError(Exception):
    """What failed, on what, and what to do: every error a user can meet carries the three."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, path: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.path = path
        self.hint = hint


class NothingFound(LsfsError):
    """What was asked for is not there; nothing was done."""

    code = "nothing-found"


class UsageError(LsfsError):
    """The command or request itself is wrong; nothing was tried."""

    code = "usage"


class RefusedError(LsfsError):
    """The request is understood but not allowed, or needs a confirmation."""

    code = "refused"


class ConflictError(LsfsError):
    """The world is not as the request supposed, or another process owns it."""

    code = "conflict"


class UnavailableError(LsfsError):
    """A part that the request needs cannot be reached now."""

    code = "unavailable"


class DaemonUnavailable(UnavailableError):
    """The daemon does not run and could not be started, or does not answer."""

    code = "daemon-unavailable"


class ModelUnavailable(UnavailableError):
    """A model is not installed, or its bytes are not what the registry names."""

    code = "model-unavailable"


class WorkerFailed(UnavailableError):
    """A worker process died, hung or ran into its limits; costs only what it was given."""

    code = "worker-failed"


class RolledBack(LsfsError):
    """Changing files failed part way; what had been done was taken back."""

    code = "rolled-back"


class CallFailed(LsfsError):
    """A tool that was called failed; what it changed until then stands, and can be taken back as far as it is seen."""

    code = "call-failed"


class StorageError(LsfsError):
    """Reading or writing the disk failed."""

    code = "storage"


class PermissionRefused(StorageError):
    """The operating system does not let this user read or write the path."""

    code = "permission"


class DiskFull(StorageError):
    """No space is left where something has to be written."""

    code = "disk-full"


class VaultDamaged(StorageError):
    """The vault fails its checks; it is not written any more until it is mended."""

    code = "vault-damaged"


class VaultNewer(StorageError):
    """The vault was written by a newer lsfs; this one only reads it."""

    code = "vault-newer"


class InternalError(LsfsError):
    """A bug of ours."""

    code = "internal"
