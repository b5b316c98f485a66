"""Which programs keep a mount from being taken away."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from lsfs.core.paths import is_within

_NAMED = 3


def users_of(point: bytes, proc: Path = Path("/proc")) -> str:
    """Some of the programs that are in the folder `point` or have something of it open; '' where none can be seen.

    Links below /proc are read only: nothing in the mount is looked at.
    """
    found = []
    for process in sorted((each for each in proc.iterdir() if each.name.isdigit()), key=lambda each: int(each.name)):
        if any(is_within(path, point) for path in _open_in(process)):
            with contextlib.suppress(OSError):
                found.append(f"{(process / 'comm').read_text(errors='replace').strip()} (process {process.name})")
    return ", ".join([*found[:_NAMED], *(["…"] if len(found) > _NAMED else [])])


def _open_in(process: Path) -> Iterator[bytes]:
    for name in ("cwd", "root"):
        with contextlib.suppress(OSError):
            yield os.readlink(os.fsencode(process / name))
    with contextlib.suppress(OSError):  # another user's, or ended meanwhile
        for descriptor in os.listdir(os.fsencode(process / "fd")):
            with contextlib.suppress(OSError):
                yield os.readlink(os.path.join(os.fsencode(process / "fd"), descriptor))
