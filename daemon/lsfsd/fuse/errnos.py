"""Errno for each error: the one table of this edge.  A mount can say no more than a number."""

from __future__ import annotations

import errno

from lsfs.core import errors
from lsfs.objects.piece import ObjectDamaged
from lsfs.versions.contents import NotKept

_ERRNOS: tuple[tuple[type[errors.LsfsError], int], ...] = (
    (errors.NothingFound, errno.ENOENT),
    (errors.UsageError, errno.EINVAL),
    (errors.RefusedError, errno.EPERM),
    (errors.ConflictError, errno.EBUSY),
    (errors.UnavailableError, errno.EAGAIN),
    (errors.RolledBack, errno.EIO),
    (errors.DiskFull, errno.ENOSPC),
    (errors.PermissionRefused, errno.EACCES),
    (errors.VaultNewer, errno.EROFS),
    (NotKept, errno.ENODATA),
    (ObjectDamaged, errno.EIO),
    (errors.StorageError, errno.EIO),
    (errors.InternalError, errno.EIO),
)


def errno_of(error: errors.LsfsError) -> int:
    """The errno that says most nearly what the error says."""
    return next((number for kind, number in _ERRNOS if isinstance(error, kind)), errno.EIO)
