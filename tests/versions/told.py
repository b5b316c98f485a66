"""One watched folder as lsfs is told of it: a vault on disk, looks at files made by hand, a clock in our hands."""

from __future__ import annotations

from pathlib import Path

from blake3 import blake3

from lsfs.core.records import Kind, Seen, StatKey
from lsfs.ingest.capture import Capturer, Reading
from lsfs.ingest.reconcile import Reconciler
from lsfs.objects.packs import Packs
from lsfs.objects.piece import Codec
from lsfs.store.vault import Root, Vault, Version
from lsfs.versions.contents import ContentStore
from lsfs.watch.own_writes import OwnWrites
from lsfs.watch.records import ScanBatch

SECOND = 1_000_000_000
CODEC = Codec()
START = 1_800_000_000 * SECOND


def of(text: bytes) -> bytes:
    return blake3(text).digest()


class Desk:
    """One watched folder as lsfs is told of it; nothing of it is on disk but the vault."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = START
        self.inodes = 100
        self.left: set[bytes] = set()
        """Paths that a file has left without a look at them yet."""
        self.open()
        with self.vault.write() as tx:
            self.root: Root = self.vault.roots.add(tx, b"/watched", "", 1, self.now)

    def open(self) -> None:
        self.vault = Vault(self.folder / "vault.db")
        self.reconciler = Reconciler(self.vault, lambda: self.now, self.inode_at, OwnWrites(), lambda *_: ScanBatch())
        self.packs = Packs(self.folder / "objects")
        contents = ContentStore(self.vault, self.packs, CODEC)
        self.capturer = Capturer(self.vault, contents, lambda _: "", lambda: self.now)

    def close(self) -> None:
        self.packs.close()
        self.vault.close()

    def wait(self, seconds: float) -> None:
        """Time passes, and what falls due meanwhile is done."""
        until = self.now + int(seconds * SECOND)
        while (due := self.capturer.settle()) is not None and due <= until:
            self.now = max(self.now, due)
        self.now = until
        self.capturer.settle()

    def see(self, path: bytes, text: bytes, *, ino: int = 0, mode: int = 0o100644, mtime: int = 0, **batch) -> StatKey:
        """A look finds a file that was changed just now."""
        key = StatKey(ino or self.ino(path), len(text), mtime or self.now, self.now, mode)
        self.tell(ScanBatch(seen=[Seen(path, Kind.FILE, key)], **batch))
        return key

    def save(self, path: bytes, text: bytes, **look) -> None:
        """A file is saved, seen and read."""
        key = self.see(path, text, **look)
        piece = CODEC.piece(text)
        self.capturer.apply([Reading(self.entry(path).id, piece.hash, key, piece=piece)])

    def tell(self, batch: ScanBatch, *, first: bool = False) -> None:
        self.reconciler.apply(self.root, batch, first=first)

    def delete(self, path: bytes) -> None:
        self.tell(ScanBatch(gone=[path]))

    def inode_at(self, path: bytes) -> tuple[int, int] | None:
        """What stands at an absolute path, as far as lsfs was told."""
        entry = self.entry(path.removeprefix(b"/watched/"))
        there = entry is not None and not entry.gone and entry.path not in self.left
        return (entry.ino, entry.btime_ns) if there else None

    def ino(self, path: bytes) -> int:
        entry = self.entry(path)
        if entry is not None:
            return entry.ino
        self.inodes += 1
        return self.inodes

    def entry(self, path: bytes):
        return self.vault.entries.at(self.root.id, [path]).get(path)

    def versions(self, path: bytes) -> list[Version]:
        return self.vault.versions.of(self.entry(path).lineage)

    def history(self, path: bytes) -> list[tuple[int | None, bytes | None]]:
        """Numbers and contents, oldest first."""
        return [(version.number, version.content) for version in self.versions(path)]

    def baseline_done(self) -> None:
        with self.vault.write() as tx:
            self.vault.roots.set_baseline(tx, self.root.id)
