"""Which folders are watched, whether they are there, and what may become one."""

from __future__ import annotations

import os
import pwd
import stat
from collections.abc import Callable, Sequence

import msgspec

from lsfs.core.errors import ConflictError, PermissionRefused, RefusedError, UsageError
from lsfs.core.paths import display, is_within, relative
from lsfs.core.policy import Policy, policy_text
from lsfs.core.posix import Mount, fs_uuid, mountinfo
from lsfs.core.records import signed_ino
from lsfs.store.database import Transaction
from lsfs.store.vault import Root, Vault
from lsfs.store.vault.ops import Rebased
from lsfs.watch.mounts import fuse_around, refusal, resolved, with_stored

_KERNEL = frozenset((b"proc", b"sys", b"dev", b"run"))
_USERS_OWN = (b"/dev/shm", b"/run/media", b"/run/user")
"""Below the kernel's folders, but people's files all the same."""


class Added(msgspec.Struct, frozen=True):
    """A folder that is watched now, with the roots below it that it took over."""

    root: Root
    absorbed: tuple[Root, ...] = ()
    new: bool = True
    """False where it was watched already."""


class RootBook:
    """The watched folders in the vault; `own_folders` are ours and are never watched.

    `on_offline` is told of each root that went away, so that nothing keeps its disk from being unmounted.
    """

    def __init__(
        self,
        vault: Vault,
        own_folders: Sequence[bytes],
        now_ns: Callable[[], int],
        on_offline: Callable[[int], None],
        rebased: Rebased,
    ) -> None:
        """`rebased` has a step of an op name what it changes by another root."""
        self._vault = vault
        self._own = tuple(os.path.realpath(folder) for folder in own_folders)
        self._now_ns = now_ns
        self._on_offline = on_offline
        self._rebased = rebased

    def add(self, path: bytes) -> Added:
        """Begins to watch a folder; raises the refusals of :meth:`check`, and ConflictError inside another root, or
        above one in which an op is not over."""
        path = self.check(path)
        roots = self._vault.roots.all()
        for root in roots:
            if root.path == path:
                return Added(root, new=False)
            if is_within(path, root.path):
                raise ConflictError(
                    f"it lies inside the watched folder {display(root.path)}, which covers it already",
                    path=display(path),
                    hint=f"lsfs roots remove {display(root.path)} first, to watch only this one",
                )
        below = [root for root in roots if is_within(root.path, path)]
        identity = (fs_uuid(path), signed_ino(os.stat(path).st_ino))
        removed = self._vault.roots.removed(path)
        with self._vault.write() as tx:
            for child in below:
                self._refuse_unfinished(tx, child)
            if removed is not None:
                root = self._vault.roots.revive(tx, removed.id, *identity)
            else:
                root = self._vault.roots.add(tx, path, *identity, self._now_ns())
            for child in below:
                prefix = child.path[len(path) + 1 :] + b"/"
                self._vault.roots.absorb(tx, child.id, root.id, prefix)
                self._vault.ops.rebase(tx, child.id, root.id, prefix, self._rebased)
            entries = self._vault.entries.ids(tx, root.id)
            self._vault.entries.renumber(tx, entries, self._vault.next_seq(tx, len(entries)))
        return Added(root, tuple(below))

    def _refuse_unfinished(self, tx: Transaction, root: Root) -> None:
        op = self._vault.ops.unfinished_in(tx, root.id)
        if op is not None:
            raise ConflictError(
                f"op {op} is not over in the watched folder {display(root.path)}",
                path=display(root.path),
                hint="lsfs log --running",
            )

    def change_policy(self, root: Root, policy: Policy) -> Root:
        """Stores what is kept and searched of a root."""
        text = policy_text(policy)
        with self._vault.write() as tx:
            self._vault.roots.set_policy(tx, root.id, text)
        return msgspec.structs.replace(root, policy=text)

    def check(self, path: bytes) -> bytes:
        """The real path of a folder that may be watched; UsageError, RefusedError or PermissionRefused if not."""
        shown = display(path)
        mounts = self.mounts()
        try:
            path = resolved(path, mounts)
            if fuse_around(path, mounts) is not None:
                self._refuse_place(path, mounts, shown)
            status = os.stat(path)
        except FileNotFoundError:
            raise UsageError("there is no such folder", path=shown) from None
        except PermissionError:
            raise PermissionRefused("the folder cannot be reached: permission denied", path=shown) from None
        except OSError as error:
            raise UsageError(f"the folder cannot be reached: {error.strerror}", path=shown) from None
        if not stat.S_ISDIR(status.st_mode):
            raise UsageError("it is not a folder", path=shown)
        if path == b"/":
            raise RefusedError(
                "the whole system is not watched", path=shown, hint="name the folders that hold your files"
            )
        if path.split(b"/")[1] in _KERNEL and not any(is_within(path, folder) for folder in _USERS_OWN):
            raise RefusedError("it holds no files of yours but the kernel's", path=shown)
        if not os.access(path, os.R_OK | os.X_OK):
            raise PermissionRefused("the folder cannot be read: permission denied", path=shown)
        self._refuse_foreign_home(path, shown)
        for own in self._own:
            if is_within(path, own):
                raise RefusedError("it is a folder of lsfs itself", path=shown)
        self._refuse_place(path, mounts, shown)
        return path

    def mounts(self) -> list[Mount]:
        """What is mounted where, our own mount points among it whether they are mounted now or not."""
        return with_stored(mountinfo(), (mount.path for mount in self._vault.mounts.all()))

    @staticmethod
    def _refuse_place(path: bytes, mounts: Sequence[Mount], shown: str) -> None:
        if reason := _unwatchable(path, mounts):
            raise RefusedError(f"{reason}, whose changes cannot be watched", path=shown)

    @staticmethod
    def _refuse_foreign_home(path: bytes, shown: str) -> None:
        """Refuses another user's home folder, and what holds every user's."""
        own = os.fsencode(os.path.expanduser("~"))
        for user in pwd.getpwall():
            home = os.fsencode(user.pw_dir)
            # System accounts have homes such as / or /usr/sbin that say nothing about whose files are there.
            if user.pw_uid == os.getuid() or user.pw_uid < 1000 or user.pw_uid >= 65534 or home in (b"/", own):
                continue
            if is_within(path, home):
                raise RefusedError(f"it belongs to the home folder of {user.pw_name}", path=shown)
            if is_within(home, path):
                raise RefusedError(f"it holds the home folder of {user.pw_name}", path=shown)

    def presence(self, root: Root) -> str:
        """Empty where the root's own folder stands at its path, else what stands in its stead.

        As in :meth:`check`, the mount that it lies on decides. In one of FUSE nothing is looked at: that may hang.
        """
        if reason := _unwatchable(root.path, self.mounts()):
            return reason
        try:
            status = os.stat(root.path)
        except FileNotFoundError:
            return "the folder is not there: unplugged, unmounted, moved or deleted"
        except OSError as error:
            return f"the folder cannot be reached: {error.strerror}"
        if not stat.S_ISDIR(status.st_mode):
            return "something that is no folder stands at its path"
        if signed_ino(status.st_ino) != root.ino or _differ(root.fs_uuid, fs_uuid(root.path)):
            return "another folder stands at its path: perhaps its disk is not mounted"
        return ""

    def mark(self, root: Root, reason: str) -> Root:
        """Records a root as offline for a reason, or online where it is empty."""
        state = "offline" if reason else "online"
        if (root.state, root.reason) != (state, reason):
            with self._vault.write() as tx:
                self._vault.roots.set_state(tx, root.id, state, reason)
        if reason:
            self._on_offline(root.id)
        return msgspec.structs.replace(root, state=state, reason=reason)


def _unwatchable(path: bytes, mounts: Sequence[Mount]) -> str | None:
    """The `refusal` of `path`, or that of a FUSE mount which hides what it lies on; None where there is neither."""
    covering = [mount for mount in mounts if relative(mount.mount_point, path) is not None]
    innermost = max(range(len(covering)), key=lambda at: (len(covering[at].mount_point), at), default=0)
    # What was mounted later, above it, covers it.
    hiding = fuse_around(path, covering[innermost + 1 :])
    return refusal(path, mounts) or (refusal(path, [hiding]) if hiding is not None else None)


def _differ(one: str, other: str) -> bool:
    """Whether two names are of different file systems; a name of one kind says nothing of one of another kind."""
    return one != other and one.partition(":")[0] == other.partition(":")[0]
