"""A real engine over a folder: real databases, inotify, and worker processes."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from blake3 import blake3

from lsfs.compose import open_engine
from lsfs.core.api import ProgressRequest, UpRequest
from lsfs.core.config import Config
from lsfs.core.faults import Reach, unreached
from lsfs.core.locations import Paths
from lsfs.core.wirepath import to_wire
from lsfs.engine import Engine
from lsfs.objects.piece import ObjectDamaged


class Lsfs:
    """An engine in a home of its own that watches `root`."""

    def __init__(self, home: Path, root: Path, config: Config, reach: Reach = unreached) -> None:
        self.home = home
        self.root = root
        self.config = config
        self._reach = reach
        self.paths = Paths.from_env({"HOME": str(home)})
        self.engine = self._start()

    def _start(self) -> Engine:
        engine = open_engine(self.paths, self.config, self._reach)
        engine.start()
        return engine

    def restart(self) -> None:
        """Ends the engine and starts another over the same databases."""
        self.engine.close()
        self.engine = self._start()

    @property
    def vault(self):
        return self.engine._parts.vault

    @property
    def index(self):
        return self.engine._parts.index

    @property
    def contents(self):
        return self.engine._parts.contents

    def up(self, *folders: Path) -> None:
        self.engine.up(UpRequest(paths=tuple(to_wire(os.fsencode(folder)) for folder in folders or (self.root,))))
        self.settled()

    def settled(self) -> None:
        """Returns when everything that is known to be due is recorded."""
        for event in self.engine.progress(ProgressRequest(until="words")):
            if event.finished:
                return

    def rescanned(self) -> None:
        """Scans everything and returns when it is recorded; the scan is what must find every change."""
        for root in self.vault.roots.all():
            self.engine._parts.keeper.scan(root.id)
        self.settled()

    def entry(self, name: bytes | str):
        root = self.vault.roots.all()[0]
        path = os.fsencode(name)
        return self.vault.entries.at(root.id, [path]).get(path)

    def lineage(self, name: bytes | str) -> int:
        entry = self.entry(name)
        assert entry is not None and not entry.gone, name
        return entry.lineage

    def versions(self, name: bytes | str):
        entry = self.entry(name)
        assert entry is not None, name
        return self.vault.versions.of(entry.lineage)

    def differences(self) -> list[str]:
        """Where vault and index differ from the disk; empty when they agree."""
        root = self.vault.roots.all()[0]
        disk = dict(_walk(os.fsencode(self.root)))
        known = {entry.path: entry for entry in self.vault.entries.below(root.id, b"")}
        known.pop(b"", None)
        found = [f"not in the vault: {path!r}" for path in disk.keys() - known.keys()]
        found += [f"in the vault only: {path!r}" for path in known.keys() - disk.keys()]
        for path in disk.keys() & known.keys():
            kind, digest = disk[path]
            entry = known[path]
            row = self.index.files.at(root.id, path)
            if entry.kind != kind:
                found.append(f"{path!r} is a {kind}, known as {entry.kind}")
            elif entry.unindexed:
                if row is not None:
                    found.append(f"in the index though it is not searched: {path!r}")
                elif kind == "file" and entry.content != digest:
                    found.append(f"another content: {path!r}")
            elif row is None:
                found.append(f"not in the index: {path!r}")
            elif kind == "file" and entry.content != digest:
                found.append(f"another content: {path!r}")
            elif kind == "file" and (row.hash != digest or not row.content or row.state != "done"):
                found.append(f"not indexed: {path!r} {row.state} {row.reason}")
            elif kind == "symlink" and entry.target != digest:
                found.append(f"another target: {path!r}")
            if kind == "file" and not entry.unversioned and entry.content == digest:
                found += self.unkept(path, digest)
        return found

    def unkept(self, path: bytes, content: bytes) -> list[str]:
        """What is wrong with the kept bytes of a content."""
        try:
            kept = b"".join(self.contents.read(content))
        except ObjectDamaged as error:
            return [f"not kept: {path!r}: {error.message}"]
        return [] if blake3(kept).digest() == content else [f"other bytes are kept: {path!r}"]

    def disagreement(self) -> list[str]:
        """`differences` after waiting for events to be taken in; what a lost event would leave."""
        until = time.monotonic() + 15
        while (found := self.differences()) and time.monotonic() < until:
            time.sleep(0.05)
        return found


def _walk(root: bytes) -> Iterator[tuple[bytes, tuple[str, bytes | None]]]:
    waiting = [b""]
    while waiting:
        folder = waiting.pop()
        for item in os.scandir(os.path.join(root, folder)):
            path = os.path.join(folder, item.name)
            mode = item.stat(follow_symlinks=False).st_mode
            if stat.S_ISLNK(mode):
                yield path, ("symlink", os.readlink(item.path))
            elif stat.S_ISDIR(mode):
                yield path, ("dir", None)
                waiting.append(path)
            elif stat.S_ISREG(mode):
                yield path, ("file", blake3(Path(os.fsdecode(item.path)).read_bytes()).digest())
            else:
                yield path, ("other", None)


@contextmanager
def engine_at(folder: Path, reach: Reach = unreached, **settings) -> Iterator[Lsfs]:
    """An engine whose home and root are made below `folder`; `reach` is told of every boundary."""
    home, root = folder / "home", folder / "root"
    home.mkdir(exist_ok=True)
    root.mkdir(exist_ok=True)
    lsfs = Lsfs(home, root, Config(**({"embedder": "off"} | settings)), reach)
    try:
        yield lsfs
    finally:
        lsfs.engine.close()
