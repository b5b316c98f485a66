"""Where lsfs may be mounted, and where it is to be: checked, stored, and left out of every watched folder."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lsfs.core.errors import PermissionRefused, RefusedError, UsageError
from lsfs.core.paths import display, is_within, relative
from lsfs.core.posix import Mount, mountinfo
from lsfs.engine.parts import Parts
from lsfs.store.vault import StoredMount
from lsfs.watch.mounts import OURS, fuse_around, resolved

FUSE_CONF = Path("/etc/fuse.conf")
_NOTICED_S = 1.1
"""After which a scan that was under way has read again what is mounted (`lsfs.watch.scan`)."""


class Mounting:
    """The mounts that the user wants; mounting itself is the daemon's.

    Nothing at or below one of them is looked at: where they are is told from mountinfo and from what is stored.
    """

    def __init__(self, parts: Parts, mounts: Callable[[], list[Mount]] = mountinfo) -> None:
        self._parts = parts
        self._mounts = mounts
        self._troubles: Mapping[bytes, str] = {}

    def wanted(self) -> tuple[StoredMount, ...]:
        """The mounts that are to stand, by path."""
        return self._parts.vault.mounts.all()

    def point(self, path: bytes) -> bytes:
        """Absolute `path` as mounts are stored: without links but for the last name's."""
        folder, name = os.path.split(os.path.normpath(path))
        return os.path.join(resolved(folder, self._mounts()), name)

    def check(self, path: bytes, *, allow_other: bool = False) -> StoredMount:
        """What is to be stored for lsfs to be mounted at folder `path`; nothing is changed.

        Raises UsageError, RefusedError or PermissionRefused where that may not be.
        """
        self._parts.vault.require_writable()
        point = self.point(path)
        wanted = StoredMount(path=point, allow_other=allow_other)
        known = {mount.path: mount for mount in self.wanted()}
        if allow_other:
            _check_others_allowed()
        mounts = self._mounts()
        ours = point in known and any(mount.mount_point == point and mount.fs_type == OURS for mount in mounts)
        if not ours:
            self._check_place(point, mounts, known)
            _check_folder(point)
        return wanted

    def store(self, wanted: StoredMount) -> None:
        """Stores what is to be mounted, and leaves it out of the watched folders from now on."""
        with self._parts.vault.write() as tx:
            self._parts.vault.mounts.put(tx, wanted)
        if self._look_again(wanted.path):
            time.sleep(_NOTICED_S)

    def make_ready(self, mount: StoredMount) -> None:
        """Makes the folder of a stored mount if it is missing; nothing of ours may be mounted there.

        Raises as :meth:`check` does: what was there then may be another thing by now.
        """
        self._check_place(mount.path, self._mounts(), {mount.path: mount})
        if not _check_folder(mount.path):
            return
        try:
            os.mkdir(mount.path, 0o700)
        except FileNotFoundError:
            shown = display(mount.path)
            raise UsageError("the folder that it is to be made in does not exist", path=shown) from None
        except OSError as error:
            shown = display(mount.path)
            raise PermissionRefused(f"the folder cannot be made: {error.strerror}", path=shown) from None

    def forget(self, path: bytes) -> None:
        """Wants nothing mounted at `path` any more; the empty folder is one of the user's again."""
        with self._parts.vault.write() as tx:
            self._parts.vault.mounts.remove(tx, path)
        self._look_again(path)

    def report(self, troubles: Mapping[bytes, str]) -> None:
        """Takes note of why what is wanted is not mounted, by path."""
        self._troubles = dict(troubles)

    def notes(self) -> tuple[str, ...]:
        """What the user should know of the mounts."""
        return tuple(f"{display(path)} is not mounted: {why}" for path, why in sorted(self._troubles.items()))

    def _look_again(self, path: bytes) -> bool:
        """Has the watched folder that `path` lies in look there soon; whether a scan of it was under way."""
        under_way = False
        for root in self._parts.vault.roots.all():
            inside = relative(root.path, path)
            if inside:
                under_way |= self._parts.keeper.scanning(root.id)
                self._parts.keeper.scan(root.id, inside)
        return under_way

    def _check_place(self, point: bytes, mounts: Sequence[Mount], known: Mapping[bytes, StoredMount]) -> None:
        shown = display(point)
        around = fuse_around(point, mounts)
        if around is not None and (point not in known or around.fs_type != OURS or around.mount_point != point):
            what = "it is mounted already" if around.mount_point == point else "it lies in what a program has mounted"
            raise RefusedError(f"{what} ({around.fs_type})", path=shown, hint="name another folder")
        for other in known:
            if other != point and (is_within(point, other) or is_within(other, point)):
                raise RefusedError(f"lsfs is mounted at {display(other)} already", path=shown, hint="lsfs umount first")
        for own in self._parts.own_folders:
            own = resolved(own, mounts)
            if is_within(point, own) or is_within(own, point):
                raise RefusedError(
                    f"lsfs keeps its own files in {display(own)}", path=shown, hint="name another folder"
                )
        for root in self._parts.vault.roots.all():
            if is_within(root.path, point):
                what = "it is" if root.path == point else "in it lies"
                raise RefusedError(
                    f"{what} the watched folder {display(root.path)}", path=shown, hint="name an empty folder"
                )


def _check_folder(point: bytes) -> bool:
    """Whether the folder has to be made; raises where something else than an empty folder of the user's is there."""
    shown = display(point)
    try:
        found = os.lstat(point)
        if stat.S_ISLNK(found.st_mode):
            raise UsageError("it is a link", path=shown, hint="name the folder itself, or another")
        if not stat.S_ISDIR(found.st_mode):
            raise UsageError(
                "it is not a folder", path=shown, hint="name an empty folder, or one that is not there yet"
            )
        if found.st_uid != os.geteuid():
            raise PermissionRefused("the folder belongs to another user", path=shown, hint="name another folder")
        with os.scandir(point) as entries:
            if next(entries, None) is not None:
                raise RefusedError(
                    "the folder is not empty, and what is in it would be hidden", path=shown, hint="name another folder"
                )
    except FileNotFoundError:
        return True
    except OSError as error:
        raise PermissionRefused(f"the folder cannot be read: {error.strerror}", path=shown) from None
    return False


def _check_others_allowed() -> None:
    """Raises UsageError where the system does not let this user show a mount to others (fuse.conf, mount.fuse3(8))."""
    if os.geteuid() == 0:
        return
    try:
        lines = FUSE_CONF.read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    if not any(line.strip() == "user_allow_other" for line in lines):
        raise UsageError(
            "the system does not allow a mount that other users see",
            path=str(FUSE_CONF),
            hint=f"have an administrator add the line user_allow_other to {FUSE_CONF}, or leave out --allow-other",
        )
