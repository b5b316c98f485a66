"""What keeps a step from being taken back: for good, because something else stands there, or for now."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from lsfs.core.errors import ConflictError, DiskFull, LsfsError, PermissionRefused
from lsfs.plan.disk import error_of


class Hindered(Exception):
    """It cannot be taken back now, and may be later: the disk is full, read only, or does not answer."""


@contextlib.contextmanager
def conflicts_in(left: list[str], shown: str) -> Iterator[None]:
    """Adds to `left`, in words, what is in the way for good; raises `Hindered` for what may be better later."""
    try:
        yield
    except LsfsError as error:
        if isinstance(error, DiskFull | PermissionRefused):
            raise Hindered(f"{shown}: {error.message}") from error
        left.append(f"{shown}: {error.message}")
    except OSError as error:
        ours = error_of(error, shown)
        if not isinstance(ours, ConflictError):
            raise Hindered(f"{shown}: {ours.message}") from error
        left.append(f"{shown}: {ours.message}")
