"""One walk over a tree, folder by folder, each compared with what is known of it.

Memory follows the largest folder, not the tree; no descriptor stays open on the way down, so depth costs none.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Set
from typing import NamedTuple

from lsfs.core import paths
from lsfs.core.ignore import IGNORE_FILES, IgnoreRules
from lsfs.core.records import StatKey
from lsfs.watch import folders
from lsfs.watch.records import ScanBatch

Known = Callable[[bytes], Mapping[bytes, StatKey]]
"""Gives what is known to stand directly in a folder, by name; an empty mapping for a folder not known."""
OnDir = Callable[[bytes, int], None]
"""Called with a folder's path and an open descriptor of it before the folder is listed: the place to add a watch."""

MOUNTED = "another file system is mounted there"
MISSING = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})
"""Of a look below a folder: the path does not exist, or something else than a folder stands on the way."""
_BATCH = 512
_UNCHANGED = 10_000
"""Unchanged files after which a batch is handed out all the same, so that a scan shows progress."""


def reason(error: OSError) -> str:
    """Why a look failed, for a person."""
    return error.strerror or str(error)


class _Folder(NamedTuple):
    path: bytes
    above: IgnoreRules
    recheck: bool


class Walk:
    """A walk under way: its stack, and the batch being filled."""

    def __init__(
        self, root_fd: int, known: Known, mounted: Callable[[], frozenset[bytes]], on_dir: OnDir | None
    ) -> None:
        self._root_fd = root_fd
        self._known = known
        self._mounted = mounted
        self._on_dir = on_dir
        self._stack: list[_Folder | ScanBatch] = []
        self.batch = ScanBatch()

    def enter(self, path: bytes, above: IgnoreRules, recheck: bool) -> None:
        """Puts a folder on the stack; `above` are the rules that its own name falls under."""
        self._stack.append(_Folder(path, above, recheck))

    def run(self) -> Iterator[ScanBatch]:
        """All batches, the last one even if it is empty.  Raises OSError if the root itself cannot be listed."""
        while self._stack:
            item = self._stack.pop()
            if isinstance(item, ScanBatch):
                self.batch.extend(item)
            else:
                yield from self._folder(item)
            if self._is_full():
                yield self._take()
        yield self._take()

    def forget(self, path: bytes, why: str | None = None) -> None:
        """Tells all that is known beneath `path`: gone, or left out for the reason `why`."""
        pending: list[tuple[bytes, bool]] = [(path, False)]
        while pending:
            at, told = pending.pop()
            if told:
                if why is None:
                    self.batch.gone.append(at)
                else:
                    self.batch.left_out.append((at, why))
                continue
            for name, key in self._known(at).items():
                below = paths.join(at, name)
                pending.append((below, True))
                if stat.S_ISDIR(key.mode):
                    pending.append((below, False))

    def _folder(self, item: _Folder) -> Iterator[ScanBatch]:
        try:
            with folders.folder(self._root_fd, item.path) as fd:
                if self._on_dir is not None:
                    self._on_dir(item.path, fd)
                with os.scandir(fd) as listing:
                    entries = list(listing)
                yield from self._compare(fd, item, entries)
        except OSError as error:
            if not item.path:
                raise
            if error.errno in MISSING:
                # It was there when its parent was listed: moved or replaced since.  What stands at the path now is
                # the next look's business; what was beneath it is not there.
                self.forget(item.path)
            else:
                self.batch.errors.append((item.path, reason(error)))

    def _compare(self, fd: int, item: _Folder, entries: list[os.DirEntry[str]]) -> Iterator[ScanBatch]:
        known = self._known(item.path)
        names = [os.fsencode(entry.name) for entry in entries]
        here = set(names)
        rules = item.above.enter(item.path, here, folders.ignore_reader(fd))
        recheck = item.recheck or _rules_changed(fd, here, known)
        # Told once all beneath the folder is, so that a scan that is broken off finds the change again.
        after = ScanBatch()
        self._stack.append(after)
        prefix = item.path + b"/" if item.path else b""
        for entry, name in zip(entries, names, strict=True):
            path = prefix + name
            old = known.get(name)
            # Asked for each name: looking through a large folder takes long, and a stat of a mount may hang.
            if path in self._mounted():
                self._leave_out(path, old, MOUNTED)
                continue
            try:
                found = entry.stat(follow_symlinks=False)
                key = StatKey.of(found)
                is_dir = stat.S_ISDIR(key.mode)
                if key == old and not is_dir and not recheck:
                    self.batch.unchanged += 1
                    continue
                verdict = rules.verdict(path, is_dir, key.size)
                if verdict.pruned:
                    self._leave_out(path, old, verdict.index or "")
                    continue
                if is_dir:
                    self.enter(path, rules, recheck)
                elif old is not None and stat.S_ISDIR(old.mode):
                    self.forget(path)
                if is_dir and not recheck and _same_folder(key, old):
                    self.batch.unchanged += 1
                else:
                    told = after if name in IGNORE_FILES else self.batch
                    told.add_seen(folders.seen(fd, name, path, found, key), verdict)
            except OSError as error:
                if error.errno in MISSING:
                    here.discard(name)
                else:
                    self.batch.errors.append((path, reason(error)))
            if self._is_full():
                yield self._take()
        if known:
            for name in known.keys() - here:
                self._gone(prefix + name, known[name], after if name in IGNORE_FILES else self.batch)

    def _gone(self, path: bytes, old: StatKey, told: ScanBatch) -> None:
        if stat.S_ISDIR(old.mode):
            self.forget(path)
        told.gone.append(path)

    def _leave_out(self, path: bytes, old: StatKey | None, why: str) -> None:
        if old is None:
            return
        if stat.S_ISDIR(old.mode):
            self.forget(path, why)
        self.batch.left_out.append((path, why))

    def _is_full(self) -> bool:
        return len(self.batch) >= _BATCH or self.batch.unchanged >= _UNCHANGED

    def _take(self) -> ScanBatch:
        full, self.batch = self.batch, ScanBatch()
        return full


def _same_folder(key: StatKey, old: StatKey | None) -> bool:
    """A folder's size and times change with what is in it, which the walk sees for itself."""
    return old is not None and key.ino == old.ino and key.mode == old.mode


def _rules_changed(fd: int, here: Set[bytes], known: Mapping[bytes, StatKey]) -> bool:
    """True if an ignore file among the names `here` of folder `fd` is not the one that is known."""
    for name in IGNORE_FILES:
        if name not in here and name not in known:
            continue
        try:
            now = StatKey.of(os.stat(name, dir_fd=fd, follow_symlinks=False))
        except OSError:
            now = None
        if now != known.get(name):
            return True
    return False
