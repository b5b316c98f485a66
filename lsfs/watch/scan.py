"""What differs between a root on disk and what is known of it; and what stands at single paths.

Metadata only: no file is opened but ignore files, no link is followed, no other file system is touched.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator

from lsfs.core import paths
from lsfs.core.ignore import IGNORE_FILES, IgnoreRules
from lsfs.core.posix import Mount
from lsfs.core.records import Kind, StatKey
from lsfs.watch import folders, mounts
from lsfs.watch.records import ScanBatch
from lsfs.watch.walk import MISSING, MOUNTED, Known, OnDir, Walk, reason

_MOUNTS_GOOD_FOR = 1.0
"""Seconds; a mount that appears during a long scan is noticed within it."""


class Scanner:
    """Looks at one root.  Each scan or look stands on its own; one object may not be used from two threads at once."""

    def __init__(
        self,
        root: bytes,
        rules: IgnoreRules,
        *,
        mountinfo: Callable[[], list[Mount]],
        clock: Callable[[], float],
        on_dir: OnDir | None = None,
    ) -> None:
        """`root`: absolute, links resolved; `clock`: monotonic seconds; `on_dir`: see `OnDir`."""
        self.root = root
        self._rules = rules
        self._mountinfo = mountinfo
        self._clock = clock
        self._on_dir = on_dir
        self._mounted: frozenset[bytes] = frozenset()
        self._refused: str | None = None
        self._mounts_read_at = float("-inf")

    def scan(self, known: Known, subtree: bytes = b"", *, recheck: bool = False) -> Iterator[ScanBatch]:
        """What differs from `known` at `subtree` and everything beneath it, in batches of a few hundred paths.

        Where an ignore file changed, all beneath it is reported as seen, changed or not, since the lists may name it
        or name it no longer; `recheck` does so for the whole subtree.  A root that cannot be opened gives one error
        for ``b""`` and nothing else.
        """
        try:
            with self._open_root() as root_fd:
                walk = Walk(root_fd, known, self._mounts, self._on_dir)
                if not subtree:
                    walk.enter(b"", self._rules, recheck)
                else:
                    self._begin(root_fd, walk, known, subtree, recheck)
                yield from walk.run()
        except OSError as error:
            yield ScanBatch(errors=[(b"", reason(error))])

    def _begin(self, root_fd: int, walk: Walk, known: Known, subtree: bytes, recheck: bool) -> None:
        """Puts `subtree` on the walk if it is a folder to enter; else tells what became of it and all beneath."""
        at_start = ScanBatch()
        rules = self._look_in(root_fd, paths.split(subtree)[0], [subtree], at_start)
        if rules is not None and at_start.seen and at_start.seen[0].kind is Kind.DIR:
            walk.enter(subtree, rules, recheck)
        elif not at_start.errors:
            walk.forget(subtree, at_start.left_out[0][1] if at_start.left_out else None)
        walk.batch.extend(at_start)
        for folder in paths.ancestors(subtree):
            # What stands in an unknown folder could never be missed when that folder is gone.
            above, name = paths.split(folder)
            if folder and at_start.seen and name not in known(above):
                self._look_in(root_fd, above, [folder], walk.batch)

    def look(self, relpaths: Iterable[bytes]) -> ScanBatch:
        """What stands at each of the paths now (compared with nothing): seen, gone, left out, or an error."""
        batch = ScanBatch()
        by_folder: dict[bytes, list[bytes]] = {}
        for path in relpaths:
            if path:
                by_folder.setdefault(paths.split(path)[0], []).append(path)
        try:
            with self._open_root() as root_fd:
                for folder, here in by_folder.items():
                    self._look_in(root_fd, folder, here, batch)
        except OSError as error:
            batch.errors.append((b"", reason(error)))
        return batch

    def unsearched(self, path: bytes) -> str | None:
        """Why what stands at a path is not searched, or would not be if anything stood there; None where it is."""
        rules = self._rules
        try:
            with self._open_root() as root_fd:
                for folder in paths.ancestors(path):
                    if folder:
                        why = MOUNTED if folder in self._mounted else rules.verdict(folder, True).index
                        if why is not None:
                            return why
                    rules = _entered(rules, root_fd, folder)
        except OSError as error:
            return reason(error)
        return MOUNTED if path in self._mounted else rules.verdict(path, False).index

    def rules_in(self, folder: bytes) -> IgnoreRules:
        """The rules for what lies in a folder, be it there or not; raises OSError where they cannot be read."""
        rules = self._rules
        with self._open_root() as root_fd:
            for above in dict.fromkeys((*paths.ancestors(folder), folder)):
                rules = _entered(rules, root_fd, above)
        return rules

    def _open_root(self) -> folders.Opened:
        self._mounts_read_at = float("-inf")
        self._mounts()
        if self._refused is not None:
            raise OSError(0, self._refused)
        return folders.root_folder(self.root)

    def _mounts(self) -> frozenset[bytes]:
        now = self._clock()
        if now - self._mounts_read_at >= _MOUNTS_GOOD_FOR:
            table = self._mountinfo()
            self._mounted = mounts.below(self.root, table)
            self._refused = mounts.refusal(self.root, table)
            self._mounts_read_at = now
        return self._mounted

    def _look_in(self, root_fd: int, folder: bytes, here: list[bytes], batch: ScanBatch) -> IgnoreRules | None:
        """Looks at names of one folder; its rules, or None if it cannot be reached."""
        opened: list[int] = [root_fd]
        try:
            rules = self._descend(root_fd, folder, opened, here, batch)
            if rules is not None:
                for path in here:
                    self._look_at(opened[0], path, rules, batch)
            return rules
        except OSError as error:
            if error.errno in MISSING:
                batch.gone.extend(here)
            else:
                batch.errors.extend((path, reason(error)) for path in here)
            return None
        finally:
            if opened[0] != root_fd:
                os.close(opened[0])

    def _descend(
        self, root_fd: int, folder: bytes, opened: list[int], here: list[bytes], batch: ScanBatch
    ) -> IgnoreRules | None:
        """The rules for names in `folder`, whose descriptor is then in `opened`; None where it is never entered."""
        rules = self._rules
        for above in [*paths.ancestors(folder), folder]:
            if above:
                verdict = rules.verdict(above, True)
                why = MOUNTED if above in self._mounted else verdict.index if verdict.pruned else None
                if why is not None:
                    batch.left_out.extend((path, why) for path in here)
                    return None
                opened[0] = folders.child(root_fd, opened[0], paths.split(above)[1])
            rules = rules.enter(above, IGNORE_FILES, folders.ignore_reader(opened[0]))
        return rules

    def _look_at(self, fd: int, path: bytes, rules: IgnoreRules, batch: ScanBatch) -> None:
        if path in self._mounted:
            batch.left_out.append((path, MOUNTED))
            return
        name = paths.split(path)[1]
        try:
            found = os.stat(name, dir_fd=fd, follow_symlinks=False)
            verdict = rules.verdict(path, stat.S_ISDIR(found.st_mode), found.st_size)
            if verdict.pruned:
                batch.left_out.append((path, verdict.index or ""))
            else:
                batch.add_seen(folders.seen(fd, name, path, found, StatKey.of(found)), verdict)
        except OSError as error:
            if error.errno in MISSING:
                batch.gone.append(path)
            else:
                batch.errors.append((path, reason(error)))


def _entered(rules: IgnoreRules, root_fd: int, folder: bytes) -> IgnoreRules:
    """The rules for what lies in a folder, if it is there or not; raises OSError where it cannot be read."""
    if not folder:
        return rules.enter(folder, IGNORE_FILES, folders.ignore_reader(root_fd))
    try:
        with folders.folder(root_fd, folder) as fd:
            return rules.enter(folder, IGNORE_FILES, folders.ignore_reader(fd))
    except OSError as error:
        if error.errno not in MISSING:
            raise
        return rules.enter(folder, (), folders.ignore_reader(root_fd))
