"""What every part rests on: databases, kept objects, and the rules of each root."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lsfs.core.config import Config
from lsfs.core.faults import Reach
from lsfs.core.ignore import IgnoreRules
from lsfs.core.locations import Paths, make_private_folder
from lsfs.core.paths import relative
from lsfs.core.policy import InForce, in_force, read_policy
from lsfs.core.posix import Mount, mountinfo, statx_btime
from lsfs.core.records import signed_ino
from lsfs.core.volumes import away
from lsfs.engine.changes import Changes
from lsfs.ingest.capture import Capturer
from lsfs.ingest.mirror import Reflector
from lsfs.ingest.opening import Opener
from lsfs.ingest.reconcile import Reconciler
from lsfs.objects.packs import Packs
from lsfs.objects.piece import Codec
from lsfs.plan.trash_spec import home_trash
from lsfs.store.index import Index
from lsfs.store.vault import Root, Vault
from lsfs.versions.contents import ContentStore
from lsfs.versions.lineage import Inode
from lsfs.versions.room import Room, default_budget
from lsfs.watch.mounts import with_stored
from lsfs.watch.own_writes import OwnWrites
from lsfs.watch.records import ScanBatch
from lsfs.watch.scan import Scanner

MIB = 1 << 20


@dataclasses.dataclass(frozen=True)
class Base:
    """What every part rests on."""

    paths: Paths
    config: Config
    vault: Vault
    index: Index
    opener: Opener
    changes: Changes
    paused: threading.Event
    contents: ContentStore
    room: Room
    own: OwnWrites
    reach: Reach
    wanted: list[Callable[[], bool]] = dataclasses.field(default_factory=list)
    """What the backlog makes way for; filled while the parts are wired."""

    @property
    def trash(self) -> bytes:
        """The home Trash, made or not."""
        return home_trash(os.fsencode(os.path.dirname(self.paths.vault_dir)))

    @property
    def own_folders(self) -> tuple[bytes, ...]:
        """Our own folders, which are never watched."""
        paths = self.paths
        folders = (paths.vault_dir, paths.index_dir, paths.state_dir, paths.models)
        return tuple(os.fsencode(folder) for folder in folders)

    @property
    def never_changed(self) -> tuple[bytes, ...]:
        """Our own folders and the settings, ``tools.d`` among them: no plan changes them, nor is anything mounted
        there."""
        settings = os.fsencode(self.paths.config_file)
        folder = os.path.dirname(settings)
        return (*self.own_folders, folder, settings, os.path.join(folder, b"tools.d"))

    @property
    def free_floor(self) -> int:
        """Bytes of free disk below which nothing is kept and no vectors are made."""
        return self.config.free_space_floor_mb * MIB

    @property
    def budget(self) -> int:
        """Bytes that kept contents may take."""
        return self.config.versions_budget_mb * MIB or default_budget(Path(self.paths.vault_dir))

    def root_paths(self) -> Mapping[int, bytes]:
        """The absolute paths of the watched roots."""
        return {root.id: root.path for root in self.vault.roots.all()}

    def beside_embedding(self, busy: Callable[[], bool]) -> None:
        """Has the backlog's vectors wait while `busy` says that the processors are wanted for something asked for."""
        self.wanted.append(busy)

    def no_vectors_because(self) -> str | None:
        """Why vectors must not be made now; None if they may.

        '' where something that was asked for needs the processors.
        """
        if any(busy() for busy in self.wanted):
            return ""
        if self.paused.is_set() or shutil.disk_usage(self.paths.index_dir).free <= self.free_floor:
            return "they are made once the work goes on and the disk has room"
        return None

    def rules(self, root: Root) -> IgnoreRules:
        """The rules of a root, as they stand above it."""
        ours = (*self.own_folders, self.trash)
        never = frozenset(path for folder in ours if (path := relative(root.path, os.path.realpath(folder))))
        return IgnoreRules(never=never, extra=self.config.ignore, policy=self.in_force(root))

    def mounts(self) -> list[Mount]:
        """What is mounted where, our own mount points among it: they are left out before anything is mounted there."""
        return with_stored(mountinfo(), (mount.path for mount in self.vault.mounts.all()))

    def in_force(self, root: Root) -> InForce:
        """What a root's settings come to on the volume that it is on."""
        return in_force(read_policy(root.policy), self._away(root))

    def _away(self, root: Root) -> str:
        try:
            return away(root.path, os.fsencode(self.paths.vault_dir), mountinfo())
        except OSError:
            return ""  # it went away: what is looked for there next says so

    def scanner(self, root: Root) -> Scanner:
        """A scanner of a root that watches nothing."""
        return Scanner(root.path, self.rules(root), mountinfo=self.mounts, clock=time.monotonic)

    def reconciler(self) -> Reconciler:
        """What brings entries to what was seen."""

        def look(root: Root, paths: Sequence[bytes]) -> ScanBatch:
            return self.scanner(root).look(paths)

        return Reconciler(self.vault, time.time_ns, _inode_at, self.own, look)

    def capturer(self) -> Capturer:
        """What records readings."""
        return Capturer(self.vault, self.contents, self.room.refusal, time.time_ns)

    def reflector(self) -> Reflector:
        """What writes tags to files."""
        return Reflector(self.vault, self.opener)


def open_base(paths: Paths, config: Config, opened: contextlib.ExitStack, reach: Reach) -> Base:
    """Opens the databases; `opened` closes them."""
    for folder in (paths.vault_dir, paths.index_dir, paths.state_dir):
        make_private_folder(folder)
    vault = opened.enter_context(contextlib.closing(Vault(Path(paths.vault_dir, "vault.db"))))
    index = opened.enter_context(contextlib.closing(Index(Path(paths.index_dir, "index.db"))))
    opener = opened.enter_context(contextlib.closing(Opener(lambda root_id: _root_path(vault, root_id))))
    packs = opened.enter_context(contextlib.closing(Packs(Path(paths.vault_dir, "objects"), reach)))
    return Base(
        paths=paths,
        config=config,
        vault=vault,
        index=index,
        opener=opener,
        changes=Changes(),
        paused=threading.Event(),
        contents=ContentStore(vault, packs, Codec()),
        room=Room(Path(paths.vault_dir), config.free_space_floor_mb * MIB),
        own=OwnWrites(),
        reach=reach,
    )


def _root_path(vault: Vault, root_id: int) -> bytes | None:
    return next((root.path for root in vault.roots.all() if root.id == root_id and root.online), None)


def _inode_at(path: bytes) -> Inode | None:
    try:
        return signed_ino(os.lstat(path).st_ino), statx_btime(None, path)
    except OSError:
        return None
