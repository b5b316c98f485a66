"""The HTTP status of each error; the body says the rest (`lsfs.core.failures.failure_document`)."""

from __future__ import annotations

from lsfs.core.errors import (
    ConflictError,
    DiskFull,
    InternalError,
    LsfsError,
    NothingFound,
    PermissionRefused,
    RefusedError,
    RolledBack,
    StorageError,
    UnavailableError,
    UsageError,
)

_STATUSES: tuple[tuple[type[LsfsError], int], ...] = (
    (NothingFound, 404),
    (UsageError, 400),
    (RefusedError, 403),
    (ConflictError, 409),
    (UnavailableError, 503),
    (RolledBack, 409),
    (DiskFull, 507),
    (PermissionRefused, 403),
    (StorageError, 500),
    (InternalError, 500),
)


def http_status(error: LsfsError) -> int:
    """The status of an answer that failed with `error`."""
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)
